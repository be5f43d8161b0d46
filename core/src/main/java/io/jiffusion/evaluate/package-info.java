/**
 * Measures of models and images, written as a stranger would: through public methods alone.
 *
 * <p>Pure functions of numbers: the {@linkplain io.jiffusion.evaluate.Frechet Fréchet distance} of
 * features, {@code |μ1 − μ2|² + Tr(Σ1 + Σ2 − 2·(Σ1^½·Σ2·Σ1^½)^½)}, the {@linkplain
 * io.jiffusion.evaluate.NearestNeighbour distance} to the nearest training image, the {@linkplain
 * io.jiffusion.evaluate.Confusion classes} that are seen; and the {@link
 * io.jiffusion.evaluate.Report} that puts them beside each other.
 *
 * <p>Studies of a model: {@link io.jiffusion.evaluate.Comparison} of samplers with the exact flow,
 * {@link io.jiffusion.evaluate.Likelihood} in bits per dimension, {@link
 * io.jiffusion.evaluate.Reconstruction} of encoded images, {@link io.jiffusion.evaluate.Probe} of
 * what a checkpoint's conventions are, {@link io.jiffusion.evaluate.Bench} of this machine.
 */
package io.jiffusion.evaluate;
