/**
 * Networks, written once.
 *
 * <p><b>The idea.</b> A {@link io.jiffusion.network.Network} is a method over a small vocabulary,
 * {@link io.jiffusion.network.Ops}: {@code <T> T apply(Ops<T> ops, T x, T label, Condition<T>
 * condition)}. What {@code T} is decides what happens:
 *
 * <table>
 * <caption>What a network's values are</caption>
 * <tr><th>T<th>Ops<th>it gives
 * <tr><td>a shape<td>{@link io.jiffusion.network.Shapes}<td>parameters, costs, errors, without any engine
 * <tr><td>a tensor<td>{@code Eager}<td>results operation by operation, on any device
 * <tr><td>a node<td>{@code Graph}<td>a compiled plan for sampling
 * <tr><td>an entry<td>{@code Tape}<td>gradients for training
 * </table>
 *
 * <p>So a new network or block works in sampling, training and inspection at once. A network knows
 * an input, a label and a condition, and not what noise is.
 *
 * <p><b>Where to begin.</b> {@link io.jiffusion.network.Mlp}, the smallest; {@link
 * io.jiffusion.network.Unet}, DDPM's and all that grew of it; {@link io.jiffusion.network.Dit};
 * {@link io.jiffusion.network.SongUnet} for score SDE and EDM. Each has a record that says all that
 * can be chosen. {@link io.jiffusion.network.Execution} is the door to whoever runs it: floats in,
 * floats out.
 */
package io.jiffusion.network;
