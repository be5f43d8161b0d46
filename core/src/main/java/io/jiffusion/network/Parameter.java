package io.jiffusion.network;

/**
 * A parameter that a network asks for.
 *
 * @param name with its scopes, such as {@code down.0.res.1.conv1.weight}
 * @param shape convolutions [out, in, k, k], linear layers [out, in]
 * @param init how it starts
 * @param trained whether training changes it
 */
public record Parameter(String name, Shape shape, Init init, boolean trained) {}
