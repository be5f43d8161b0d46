package io.jiffusion.pipeline;

import io.jiffusion.process.Variance;

/** A scheduler's configuration of diffusers: the forward process, and how it is sampled. */
final class DiffusersScheduler {
  private DiffusersScheduler() {}

  static ProcessConfig read(Settings c) {
    String schedule =
        switch (c.text("beta_schedule", "linear")) {
          case "linear" -> "linear";
          case "scaled_linear" -> "quadratic";
          case "squaredcos_cap_v2" -> "cosine";
          case "sigmoid" -> "sigmoid";
          default -> c.fail("beta_schedule", "is not known here");
        };
    String predicts =
        switch (c.text("prediction_type", "epsilon")) {
          case "epsilon" -> "eps";
          case "sample" -> "x0";
          case "v_prediction" -> "v";
          default -> c.fail("prediction_type", "is not known here");
        };
    return new ProcessConfig(
        schedule,
        c.whole("num_train_timesteps", 1000),
        c.number("beta_start", 1e-4),
        c.number("beta_end", 0.02),
        null,
        null,
        predicts,
        null,
        c.flag("clip_sample", true),
        false,
        c.text("variance_type", "fixed_small").startsWith("fixed_large")
            ? Variance.LARGE
            : Variance.SMALL,
        null);
  }
}
