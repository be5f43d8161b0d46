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
 *
 * <p><b>Results.</b> {@link io.jiffusion.pipeline.Defaults} fills what a request leaves open;
 * {@link io.jiffusion.pipeline.Provenance} tells in a picture how it was made, {@link
 * io.jiffusion.pipeline.ResultFiles} keeps results of two requests apart, {@link
 * io.jiffusion.pipeline.SampleStream} makes any number of images into one file.
 */
package io.jiffusion.pipeline;
