package io.jiffusion.schedule;

/**
 * The four numbers that turn a network F into a denoiser: {@code x̂0 = skip·x_t + out·F(in·x_t,
 * label)}.
 *
 * <p>F's training target is {@code (x0 − skip·x_t)/out}, so a loss and a sampler that use the same
 * numbers cannot disagree.
 *
 * @param in factor of the state before it enters the network
 * @param skip factor of the state in x̂0
 * @param out factor of the network's output in x̂0
 * @param label what the network is told of the time
 */
public record Scalings(double in, double skip, double out, double label) {}
