package io.jiffusion.pipeline;

/**
 * Floats with their shape, row-major.
 *
 * @param values all of them
 * @param shape sizes, outermost first
 */
// Numbers that are never compared.
@SuppressWarnings("ArrayRecordComponent")
public record Values(float[] values, long... shape) {}
