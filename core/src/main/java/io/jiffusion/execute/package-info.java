/**
 * Running networks: operation by operation, compiled to a plan, or on a tape for training.
 *
 * <p><b>The idea.</b> A network is written once against {@link io.jiffusion.network.Ops}; who runs
 * it decides what a value is. Here a value is a tensor of libtorch ({@link Eager}), a node of a
 * graph that is compiled, or an entry of a tape ({@link Tape}) that is walked backwards. Beside
 * {@code tensor} this is the only place that knows a native engine.
 *
 * <p><b>Sampling</b> is {@link PlanExecution}. What happens once, before the first image:
 *
 * <pre>
 * network ── Graph.of ──▶ graph of nodes ── Rewrites.all ──▶ fewer nodes, each doing more
 *         ── Buffers ──▶ a place in memory for every value, shared by those that never meet
 *         ── Compiler ──▶ a list of steps: oneDNN primitives, their arguments bound
 * </pre>
 *
 * <p>What happens for a block of images: the given numbers are copied in, the rows of one number or
 * one vector an image (time, class) are computed in plain Java and remembered, the steps run in
 * their order, the result is copied out. Nothing is decided, looked up or allocated on the way. A
 * network with an operation that plans lack ({@link Unplanned}) runs on {@link EagerExecution}; so
 * does a gradient.
 *
 * <p><b>Training</b> is {@link Tape}: convolutions, linear layers, norms and attention are done by
 * oneDNN forward and backward, with filters packed once a step for all threads ({@link
 * PackedFilters}); everything else by libtorch, which differentiates each operation on its own.
 *
 * <p><b>Where to begin.</b> {@link BlockExecution} (why threads get images of their own), {@code
 * Graph}, {@code Rewrites}, {@code Plan}; then {@link Tape}. The picture is in {@code
 * docs/architecture.md}.
 */
package io.jiffusion.execute;
