package io.jiffusion.pipeline;

import java.util.List;

/**
 * The forward process, and the conventions that a sampler must share with the training.
 *
 * @param schedule how noise grows: linear, cosine, …
 * @param steps T of DDPM
 * @param betaStart the first beta of the schedules that have one
 * @param betaEnd the last
 * @param predicts what the network predicts: eps, x0, v, score or velocity
 * @param clip whether a sampler clips the predicted image to [−1, 1]
 * @param rederive whether DDIM derives eps again from the clipped image
 */
public record ProcessConfig(
    String schedule, int steps, double betaStart, double betaEnd, String predicts, boolean clip, boolean rederive) {

  /** Schedules by name. */
  public static final List<String> SCHEDULES = List.of("linear", "cosine", "scaled-linear", "sigmoid", "quadratic", "constant");

  public ProcessConfig {
    Check.oneOf(SCHEDULES, "schedule", schedule);
    Check.that(steps >= 1 && steps <= 10_000, "steps", steps, "must be from 1 to 10000");
    Check.that(betaStart > 0 && betaStart < 1, "betaStart", betaStart, "must be above 0 and below 1");
    Check.that(betaEnd >= betaStart && betaEnd < 1, "betaEnd", betaEnd, "must be at least betaStart and below 1");
    Check.oneOf(List.of("eps", "x0", "v", "score", "velocity"), "predicts", predicts);
  }
}
