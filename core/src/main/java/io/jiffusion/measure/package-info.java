/**
 * How alike two sets of images are, from features alone: one file, one measure, one paper. Pure
 * functions of numbers, in float64; no network, no file. Read {@link io.jiffusion.measure.Frechet}
 * first.
 *
 * <p>Every measure is an {@link io.jiffusion.measure.Estimate}: a number with its standard error.
 * {@link io.jiffusion.measure.Statistics} are sums, of any number of images in the same memory; the
 * measures that compare images one by one ({@code Products}) have all features in memory, never the
 * matrix of all pairs.
 */
package io.jiffusion.measure;
