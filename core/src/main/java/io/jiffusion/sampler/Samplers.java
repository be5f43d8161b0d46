package io.jiffusion.sampler;

import io.jiffusion.run.Spec;
import io.jiffusion.sampler.Ancestral.Variance;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The samplers by name. */
public final class Samplers {
  private static final List<String> NAMES = List.of("ddpm", "ddim");
  private static final Map<String, Variance> VARIANCES = new LinkedHashMap<>();
  private static final Map<String, Boolean> EPS = new LinkedHashMap<>();

  static {
    VARIANCES.put("small", Variance.SMALL);
    VARIANCES.put("large", Variance.LARGE);
    VARIANCES.put("learned-range", Variance.LEARNED_RANGE);
    VARIANCES.put("learned", Variance.LEARNED);
    EPS.put("derived", true);
    EPS.put("network", false);
  }

  private Samplers() {}

  /** The names that {@link #parse} knows. */
  public static List<String> names() {
    return NAMES;
  }

  /**
   * Reads a sampler.
   *
   * <ul>
   *   <li>{@code ddpm}, with {@code variance=small}, {@code large}, {@code learned-range} or {@code
   *       learned};
   *   <li>{@code ddim}, with {@code eta=0.5} (0 if not given) or {@code sigma-hat}, and {@code
   *       eps=derived} or {@code network}: whether the noise is derived again from clipped data.
   * </ul>
   *
   * @param variance of {@code ddpm} where the text does not say it: the model's
   * @param deriveEps of {@code ddim} where the text does not say it: the model's
   * @throws IllegalArgumentException if a name, an option or a value is unknown; it names the
   *     nearest
   */
  public static Sampler parse(String text, Variance variance, boolean deriveEps) {
    Spec spec = new Spec("sampler", text, NAMES);
    Sampler sampler =
        switch (spec.name()) {
          case "ddpm" -> new Ancestral(spec.choice("variance", VARIANCES, variance));
          default -> {
            boolean sigmaHat = spec.flag("sigma-hat");
            yield new Ddim(
                spec.number("eta", sigmaHat ? 1 : 0), sigmaHat, spec.choice("eps", EPS, deriveEps));
          }
        };
    spec.done();
    return sampler;
  }

  /** Reads a sampler for a model that says nothing of variance and clipping. */
  public static Sampler parse(String text) {
    return parse(text, Variance.SMALL, true);
  }
}
