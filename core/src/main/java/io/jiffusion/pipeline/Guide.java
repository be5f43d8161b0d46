package io.jiffusion.pipeline;

import io.jiffusion.base.Spec;
import io.jiffusion.base.Written;
import io.jiffusion.config.Home;
import io.jiffusion.process.Guidance;
import io.jiffusion.schedule.NoiseSchedule;
import java.util.List;

/**
 * By what images are guided towards their classes.
 *
 * @param text as it was written: {@code free:low=0.2,high=3}
 * @param by what it says
 */
public record Guide(String text, By by) implements Written {
  /** The model without a class, with no limits. */
  static final Guide FREE = parse("free");

  private static final String CLASSIFIER = "classifier";
  private static final String WEAK = "weak";

  /** One of three. */
  public sealed interface By {}

  /** The model itself without a class. */
  public record Free(Limits limits) implements By {}

  /**
   * A weaker model.
   *
   * @param model its folder
   */
  public record Weak(String model, Limits limits) implements By {}

  /**
   * A classifier of noisy images.
   *
   * @param model its folder, or {@code bundled}
   * @param scale strength; 1 is Bayes' rule
   * @param mean whether the mean of ddpm's step is shifted, not the noise
   * @param unconditional whether the guided model is not told the class
   */
  public record Classifier(String model, double scale, boolean mean, boolean unconditional)
      implements By {}

  /**
   * Where guidance by another prediction acts, and how much contrast it keeps.
   *
   * @param low the least noise level
   * @param high the greatest
   * @param rescale as {@link Guidance#rescaled}; 0 leaves the contrast
   */
  public record Limits(double low, double high, double rescale) {
    private static Limits of(Spec spec) {
      return new Limits(
          spec.number("low", 0),
          spec.number("high", Double.POSITIVE_INFINITY),
          spec.number("rescale", 0));
    }

    Guidance of(Guidance guidance, NoiseSchedule schedule) {
      return guidance.duringLevels(schedule, low, high).rescaled(rescale);
    }
  }

  /**
   * Reads {@code free}, {@code weak:model=RUN} or {@code classifier:scale=1} with their options.
   *
   * @throws IllegalArgumentException if it is none of them
   */
  public static Guide parse(String text) {
    Spec spec = new Spec("guide", text, List.of("free", WEAK, CLASSIFIER));
    By by =
        switch (spec.name()) {
          case WEAK -> new Weak(spec.text("model"), Limits.of(spec));
          case CLASSIFIER ->
              new Classifier(
                  spec.text("model", Home.BUNDLED),
                  spec.number("scale", 1),
                  spec.flag("mean"),
                  spec.flag("unconditional"));
          default -> new Free(Limits.of(spec));
        };
    spec.done();
    return new Guide(text, by);
  }

  /** Whether the model itself guides, which then must know a row for "no class". */
  boolean isFree() {
    return by instanceof Free;
  }

  @Override
  public String toString() {
    return text;
  }
}
