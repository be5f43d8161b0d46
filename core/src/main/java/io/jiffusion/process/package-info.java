/**
 * From a network to a denoiser: {@code x̂0 = skip·x_t + out·F(in·x_t, label)}.
 *
 * <p>States are {@link io.jiffusion.process.Batch}es, float64 on the heap. {@link
 * io.jiffusion.process.NetworkDenoiser} asks the network. What steers it wraps it, from the inside
 * to the outside: {@link io.jiffusion.process.Guidance} by a weaker model, {@link
 * io.jiffusion.process.Clip} or {@link io.jiffusion.process.Threshold}, then a classifier's {@link
 * io.jiffusion.process.ClassifierGuidance} or {@link io.jiffusion.process.MeanShift}. No sampler
 * knows of them.
 */
package io.jiffusion.process;
