package io.jiffusion.config;

import io.jiffusion.base.Check;
import io.jiffusion.base.LeftOut;
import java.util.List;

/**
 * How a network is trained.
 *
 * @param seed from which every draw of the run is derived
 * @param steps optimiser steps until the end; 0 for no limit
 * @param minutes until the end, whichever comes first; 0 for no limit
 * @param batch images a step
 * @param lr learning rate
 * @param betas of AdamW, two
 * @param weightDecay of AdamW
 * @param clipNorm the largest norm of the gradient; 0 for no limit
 * @param warmup steps over which the learning rate grows from 0
 * @param ema largest decay of the averaged weights; at step n it is at most (1+n)/(10+n)
 * @param labelDrop share of labels replaced by the null class, for guidance
 * @param times how training times are drawn: uniform, antithetic (t and T−1−t in pairs), or
 *     log-normal (EDM's noise levels)
 * @param gamma weight of the loss at each of the T times of a table; empty for 1 everywhere
 * @param shards parts in which the gradient of a step is computed, each on a thread of its own;
 *     part of the arithmetic, so a run is the same on a machine with fewer cores
 * @param precision fp32, bf16, or auto: bf16 where this machine computes it faster
 * @param recompute true to forget the values within the network's blocks and compute them again for
 *     the gradient: less memory, a third more time, the same numbers; null for false
 * @param previewEvery steps between preview images; 0 for none
 * @param checkpointEvery steps between checkpoints; 0 for none by steps
 * @param checkpointMinutes minutes after which one is written whatever the steps; 0 for none by
 *     time; null for 10
 */
public record TrainConfig(
    long seed,
    long steps,
    double minutes,
    int batch,
    double lr,
    List<Double> betas,
    double weightDecay,
    double clipNorm,
    int warmup,
    double ema,
    double labelDrop,
    String times,
    List<Double> gamma,
    int shards,
    String precision,
    @LeftOut Boolean recompute,
    int previewEvery,
    int checkpointEvery,
    @LeftOut Double checkpointMinutes) {
  private static final double MINUTES = 10;

  private static final int MOST_OF_A_BATCH = 1 << 20;
  private static final int MOST_SHARDS = 1024;

  public TrainConfig {
    Check.that(steps >= 0, "steps", steps, "must be 0 (no limit) or more");
    Check.that(minutes >= 0, "minutes", minutes, "must be 0 (no limit) or more");
    Check.range("batch", batch, 1, MOST_OF_A_BATCH);
    Check.that(lr > 0, "lr", lr, "must be above 0");
    Check.that(
        betas.size() == 2, "betas", betas.size() + " values", "must be two, such as [0.9, 0.999]");
    for (double beta : betas) {
      Check.that(beta >= 0 && beta < 1, "betas", beta, "must be at least 0 and below 1");
    }
    Check.that(weightDecay >= 0, "weightDecay", weightDecay, "must be 0 or more");
    Check.that(clipNorm >= 0, "clipNorm", clipNorm, "must be 0 (no limit) or more");
    Check.that(warmup >= 0, "warmup", warmup, "must be 0 or more");
    Check.that(ema >= 0 && ema < 1, "ema", ema, "must be at least 0 and below 1");
    Check.that(
        labelDrop >= 0 && labelDrop < 1, "labelDrop", labelDrop, "must be at least 0 and below 1");
    Check.oneOf(List.of("uniform", "antithetic", "log-normal"), "times", times);
    for (double weight : gamma) {
      Check.that(weight >= 0, "gamma", weight, "must be 0 or more");
    }
    Check.range("shards", shards, 1, MOST_SHARDS);
    Check.oneOf(List.of("auto", "fp32", "bf16"), "precision", precision);
    Check.that(previewEvery >= 0, "previewEvery", previewEvery, "must be 0 (none) or more");
    Check.that(
        checkpointEvery >= 0,
        "checkpointEvery",
        checkpointEvery,
        "must be 0 (none by steps) or more");
    checkpointMinutes = checkpointMinutes == null ? MINUTES : checkpointMinutes;
    Check.that(
        checkpointMinutes >= 0,
        "checkpointMinutes",
        checkpointMinutes,
        "must be 0 (none by time) or more");
    betas = List.copyOf(betas);
    gamma = List.copyOf(gamma);
  }
}
