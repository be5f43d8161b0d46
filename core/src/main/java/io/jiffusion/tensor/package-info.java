/**
 * Native memory: tensors of libtorch, and how long they live.
 *
 * <p><b>The idea.</b> A {@link Tensor} lives until the innermost {@link Scope} of its thread
 * closes, and cannot be made without one: a leak is an error at once, not a full memory an hour
 * later. What lives on is what {@link Scope#of} returns; what lives long is in {@link Params}, by
 * name, closed by whoever loaded it. No tensor crosses a thread or a door of the library: what
 * leaves is a Java array.
 *
 * <p><b>Where to begin.</b> {@link Scope}, then {@link Tensor}. {@link TensorList} is for work that
 * is the same on hundreds of parameters, {@link Torch} for settings of the engine, {@link
 * Precision} for what a number is.
 */
package io.jiffusion.tensor;
