/**
 * Measures of models and images, written as a stranger would: through public methods alone.
 *
 * <p>Quality: a {@link io.jiffusion.evaluate.FeatureExtractor} looks at images once, an {@link
 * io.jiffusion.evaluate.Evaluation} makes all measures of {@link io.jiffusion.measure} of what it
 * saw, and a {@link io.jiffusion.evaluate.QualityReport} puts them beside each other, with their
 * errors, and with those of real images.
 *
 * <p>Studies of a model: {@link io.jiffusion.evaluate.Comparison} of samplers with the exact flow,
 * {@link io.jiffusion.evaluate.Likelihood} in bits per dimension, {@link
 * io.jiffusion.evaluate.Reconstruction} of encoded images, {@link io.jiffusion.evaluate.Probe} of
 * what a checkpoint's conventions are, {@link io.jiffusion.evaluate.Bench} of this machine.
 */
package io.jiffusion.evaluate;
