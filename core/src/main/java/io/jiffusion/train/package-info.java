/**
 * Training: what is minimised, and the loop that does it.
 *
 * <p><b>The idea.</b> An {@link Objective} makes the examples of a step from the number of the step
 * alone, in plain Java on threads of its own: data, times, noise, the network's input and its
 * target {@code (x0 − skip·x_t)/out}. So the loss is a mean of squares whatever the network
 * predicts, and a run that stops at any step goes on to the same bits.
 *
 * <p><b>Where to begin.</b> {@link Simple} is L_simple, eq. 14 of DDPM; {@link CrossEntropy} is for
 * classifiers. {@link Trainer#step} is one step, in the order in which it happens:
 *
 * <pre>
 * Prefetch      examples made ahead, on the data thread
 * DataParallel  the batch in parts, each on a thread with a {@link io.jiffusion.execute.Tape tape}: forward, backward
 * ParameterShard  sums of the parts' gradients, their norm, {@link AdamW}, {@link Ema}, weights packed again
 * </pre>
 *
 * <p>{@link TimeSampler} draws the times, {@link Checkpoint} writes and reads a {@link
 * TrainingState} whole or not at all.
 */
package io.jiffusion.train;
