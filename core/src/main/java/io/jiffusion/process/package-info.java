/**
 * From a network to a denoiser: {@code x̂0 = skip·x_t + out·F(in·x_t, label)}.
 *
 * <p>States are {@link io.jiffusion.process.Batch}es, float64 on the heap. {@link
 * io.jiffusion.process.NetworkDenoiser} asks the network; {@link io.jiffusion.process.Guidance} and
 * {@link io.jiffusion.process.Clip} wrap it, in this order.
 */
package io.jiffusion.process;
