/**
 * The few small types that everything shares.
 *
 * <p>What runs: {@link JiffusionException} (a user's file, model or engine is wrong: value, rule,
 * remedy), {@link Cancellation} and {@link Progress}, {@link Workers} for threads that must not be
 * stopped half-way. What is written: {@link AtomicFile}, whole or not at all. What is typed: {@link
 * Spec} reads {@code name:option=value}, {@link Suggestion} finds what was meant, {@link Check}
 * says what an argument must be.
 *
 * <p>Nothing here knows what diffusion is.
 */
package io.jiffusion.base;
