/**
 * Models on the disk: our run folders, and the checkpoints of other programs.
 *
 * <p><b>The idea.</b> Whatever lies there becomes a {@link StoredModel}: a configuration that tells
 * every convention, and weights under our names, read when they are asked for. A format of another
 * program is two answers, whether a file is its own and what it is ({@code Format}); which of its
 * arrays is which parameter of ours is data, a {@link NameMap}.
 *
 * <p><b>Where to begin.</b> {@link Checkpoints} opens, describes and exports; {@link RunFolder} is
 * our own {@code run.json}. {@link NameMap} shows its language in ten lines. Readers of single
 * files are named after their program; diffusers' folders are read in the parts that they are made
 * of.
 */
package io.jiffusion.checkpoint;
