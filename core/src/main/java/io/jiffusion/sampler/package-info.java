/**
 * Ways from noise to data: one file, one algorithm, one paper.
 *
 * <p>A {@link io.jiffusion.sampler.Sampler} is a value with one method, which says what a step
 * does; {@link io.jiffusion.sampler.Walk} has the loop over the grid and all that happens between
 * steps. What states must obey is a constraint of the walk, such as {@link
 * io.jiffusion.sampler.Known}; walks made of walks are samplers again: {@link
 * io.jiffusion.sampler.RePaint}, {@link io.jiffusion.sampler.SdEdit}.
 */
package io.jiffusion.sampler;
