/**
 * From a network to a denoiser, and what steers it.
 *
 * <p><b>The idea.</b> A network answers {@code F(in·x_t, label)}. Four numbers of the schedule and
 * of what it was trained to predict make that a guess of the data: {@code x̂0 = skip·x_t +
 * out·F(in·x_t, label)}. A {@link Denoiser} is this guess; no sampler knows of networks.
 *
 * <p><b>Where to begin.</b> {@link Denoiser}, {@link NetworkDenoiser}, {@link Prediction}. States
 * are {@link Batch}es: float64 on the heap, [B, C, H, W], with the few operations that samplers
 * need, first of them {@link Batch#lincomb(double, Batch, double, Batch) lincomb}.
 *
 * <p>What steers a denoiser wraps it, from the inside to the outside:
 *
 * <ol>
 *   <li>{@link Guidance} by a weaker model: {@code x̂0 = x̂0(weak) + w·(x̂0(strong) − x̂0(weak))},
 *       classifier-free guidance and autoguidance,
 *   <li>{@link Clip} or {@link Threshold}, where images have a range,
 *   <li>a classifier's gradient: {@link ClassifierGuidance} for all samplers, {@link MeanShift} for
 *       ancestral sampling.
 * </ol>
 *
 * <p>What a model says of data it has not made: {@link VariationalBound}, in the steps of the
 * reverse process, and {@link ExactLikelihood}, along the {@link ProbabilityFlow}. How much noise
 * an ancestral step adds is a {@link ReverseVariance}: {@link Variance} or, measured, {@link
 * OptimalVariance}. Where noise comes from is {@link Noise}: by the seed of the image, never by who
 * else is in the batch.
 */
package io.jiffusion.process;
