/**
 * Draws from a key, without hidden state.
 *
 * <p><b>The idea.</b> A {@link Key} is a seed, an index and a {@link Purpose}; the same key gives
 * the same numbers on every JVM, in any order, on any thread ({@code Philox}, a generator that
 * counts). So a seed belongs to an image and a training draw to its step: neither batch size,
 * threads nor a restart change a number.
 */
package io.jiffusion.random;
