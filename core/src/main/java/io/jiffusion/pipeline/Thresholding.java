package io.jiffusion.pipeline;

import io.jiffusion.base.Spec;
import io.jiffusion.base.Written;
import io.jiffusion.config.ProcessConfig;
import io.jiffusion.process.Clip;
import io.jiffusion.process.Denoiser;
import io.jiffusion.process.Threshold;
import java.util.List;
import java.util.Objects;

/**
 * How the predicted image is kept in its range.
 *
 * @param text as it was written: {@code dynamic:quantile=0.995}
 * @param rule what it says
 */
public record Thresholding(String text, Rule rule) implements Written {
  /** The model's own. */
  static final Thresholding AUTO = parse("auto");

  /** One of four. */
  public sealed interface Rule {
    /** A denoiser kept in range, for a process. */
    Denoiser over(Denoiser denoiser, ProcessConfig process);
  }

  /** What the model was made with. */
  public record Own() implements Rule {
    @Override
    public Denoiser over(Denoiser denoiser, ProcessConfig process) {
      String text = process.known().threshold();
      Rule told = text == null ? this : parse(text).rule;
      if (!equals(told)) {
        return told.over(denoiser, process);
      }
      double range = Objects.requireNonNullElse(process.known().clipRange(), 1.0);
      return process.clip() ? new Clip(denoiser, -range, range) : denoiser;
    }
  }

  /** As it is predicted. */
  public record None() implements Rule {
    @Override
    public Denoiser over(Denoiser denoiser, ProcessConfig process) {
      return denoiser;
    }
  }

  /** To [−1, 1]. */
  public record Static() implements Rule {
    @Override
    public Denoiser over(Denoiser denoiser, ProcessConfig process) {
      return new Clip(denoiser);
    }
  }

  /** By {@link Threshold}, whose numbers these are. */
  public record Dynamic(double quantile, double limit, double most) implements Rule {
    public Dynamic {
      // whoever applies them knows which are legal
      new Threshold((x, t) -> null, quantile, limit, most);
    }

    @Override
    public Denoiser over(Denoiser denoiser, ProcessConfig process) {
      return new Threshold(denoiser, quantile, limit, most);
    }
  }

  /**
   * Reads {@code auto}, {@code none}, {@code static} or {@code dynamic:quantile=0.995,limit=1}.
   *
   * @throws IllegalArgumentException if it is none of them
   */
  public static Thresholding parse(String text) {
    Spec spec = new Spec("threshold", text, List.of("auto", "none", "static", "dynamic"));
    Rule rule =
        switch (spec.name()) {
          case "auto" -> new Own();
          case "none" -> new None();
          case "static" -> new Static();
          default ->
              new Dynamic(
                  spec.number("quantile", 0.995),
                  spec.number("limit", 1),
                  spec.number("most", Double.POSITIVE_INFINITY));
        };
    spec.done();
    return new Thresholding(text, rule);
  }

  @Override
  public String toString() {
    return text;
  }
}
