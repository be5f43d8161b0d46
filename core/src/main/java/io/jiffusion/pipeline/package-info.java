/**
 * The front door: typed configuration, and models that are loaded, sampled and trained.
 *
 * <p>A {@link io.jiffusion.config.RunConfig} tells all about a training run, a {@link
 * io.jiffusion.pipeline.SampleRequest} all about a set of images; both are plain values with a text
 * form.
 */
package io.jiffusion.pipeline;
