package io.jiffusion.measure;

/**
 * A number measured on a finite set of images, and how far to trust it.
 *
 * @param value the number
 * @param error its standard error; NaN where none is known
 * @param by how the error was found, such as {@code jackknife over images}; empty where none is
 *     known
 */
public record Estimate(double value, double error, String by) {}
