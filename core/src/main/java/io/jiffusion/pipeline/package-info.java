/**
 * The front door: models that are loaded, sampled and trained.
 *
 * <p><b>The idea.</b> A {@link io.jiffusion.pipeline.SampleRequest} says all about a set of images
 * and is a plain value with a text form; a {@link io.jiffusion.pipeline.Model} answers it.
 * Everything below can be had by itself, and is put together here.
 *
 * <pre>
 * request ── defaults of the model, names looked up ──▶ schedule, grid, sampler
 * model   ── network, four numbers ──▶ denoiser ── guidance, clipping ──▶ denoiser
 * seeds   ── noise ──▶ sampler.sample(walk, x) ──▶ decoder, if latent ──▶ images
 * </pre>
 *
 * <p><b>Where to begin.</b> {@link io.jiffusion.pipeline.Model}; a sampler, a schedule or a network
 * of your own goes in through its methods. {@link io.jiffusion.pipeline.Training} is the other
 * half, by a {@link io.jiffusion.config.RunConfig}.
 */
package io.jiffusion.pipeline;
