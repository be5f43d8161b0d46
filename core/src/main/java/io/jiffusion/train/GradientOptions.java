package io.jiffusion.train;

import io.jiffusion.tensor.Precision;

/**
 * How the gradient of a step is computed.
 *
 * @param precision of the network
 * @param seed of all draws
 * @param shards parts, each on a thread of its own
 * @param recompute whether the values within the network's blocks are forgotten and computed again
 *     for the gradient: less memory, a third more time, the same numbers
 */
public record GradientOptions(Precision precision, long seed, int shards, boolean recompute) {}
