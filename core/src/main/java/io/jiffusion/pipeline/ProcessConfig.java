package io.jiffusion.pipeline;

import io.jiffusion.sampler.Ancestral.Variance;
import io.jiffusion.schedule.DiscreteBetas;
import io.jiffusion.schedule.Predicts;
import io.jiffusion.schedule.TimeLabel;
import java.util.List;

/**
 * The forward process, and the conventions that a sampler must share with the training.
 *
 * @param schedule how noise grows, one of {@link #SCHEDULES}
 * @param steps T of DDPM
 * @param betaStart the first beta; not used by rescaled-linear, cosine and jsd
 * @param betaEnd the last; not used by these, nor by constant
 * @param predicts what the network predicts
 * @param clip whether a sampler clips the predicted image to [−1, 1]
 * @param rederive whether DDIM derives eps again from the clipped image
 * @param variance of an ancestral step where the request does not say it
 */
public record ProcessConfig(
    String schedule,
    int steps,
    double betaStart,
    double betaEnd,
    Predicts predicts,
    boolean clip,
    boolean rederive,
    Variance variance) {

  /** Schedules by name; quadratic is what diffusers calls scaled_linear. */
  public static final List<String> SCHEDULES =
      List.of("linear", "rescaled-linear", "cosine", "quadratic", "sigmoid", "constant", "jsd");

  public ProcessConfig {
    Check.oneOf(SCHEDULES, "schedule", schedule);
    Check.that(steps >= 1 && steps <= 10_000, "steps", steps, "must be from 1 to 10000");
    Check.that(
        betaStart > 0 && betaStart < 1, "betaStart", betaStart, "must be above 0 and below 1");
    Check.that(
        betaEnd >= betaStart && betaEnd < 1,
        "betaEnd",
        betaEnd,
        "must be at least betaStart and below 1");
  }

  /** The table of the process. */
  public DiscreteBetas betas() {
    return switch (schedule) {
      case "linear" -> DiscreteBetas.linear(steps, betaStart, betaEnd);
      case "rescaled-linear" -> DiscreteBetas.rescaledLinear(steps);
      case "cosine" -> DiscreteBetas.cosine(steps);
      case "quadratic" -> DiscreteBetas.quadratic(steps, betaStart, betaEnd);
      case "sigmoid" -> DiscreteBetas.sigmoid(steps, betaStart, betaEnd);
      case "constant" -> DiscreteBetas.constant(steps, betaStart);
      case "jsd" -> DiscreteBetas.jsd(steps);
      default -> throw new AssertionError(schedule);
    };
  }

  /** How the network is told the time. */
  public TimeLabel label() {
    return TimeLabel.index(steps);
  }
}
