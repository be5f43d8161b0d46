package io.jiffusion.pipeline;

import io.jiffusion.base.Check;
import io.jiffusion.base.Written;
import io.jiffusion.process.OptimalVariance;
import io.jiffusion.process.Variance;
import io.jiffusion.sampler.Sampler;
import io.jiffusion.sampler.SamplerNames;
import io.jiffusion.sampler.Samplers;

/**
 * The sampler that a request asks for, with its options: {@code ddim:eta=0.5}.
 *
 * @param text our name and the options; {@code auto} leaves it to the model
 * @param spacing the times that another program's name says too, such as {@code karras}; else null
 */
public record SamplerSpec(String text, String spacing) implements Written {
  private static final SamplerSpec AUTO = new SamplerSpec("auto", null);

  /** Any model, for options that do not depend on it. */
  private static final Samplers.Context ANY =
      new Samplers.Context(Variance.SMALL, true, () -> new OptimalVariance(new double[] {1}));

  /**
   * Reads a text, the name of which may be another program's: {@code DPM++ 2M Karras}.
   *
   * @throws IllegalArgumentException if name, option or value are unknown; it names the nearest
   */
  public static SamplerSpec parse(String text) {
    if (text.equalsIgnoreCase(AUTO.text)) {
      return AUTO;
    }
    Check.that(!text.isBlank(), "sampler", "''", "must be a name such as ddim");
    SamplerSpec spec = new SamplerSpec(SamplerNames.own(text), SamplerNames.spacing(text));
    spec.make(ANY);
    return spec;
  }

  /** Whether it is left to the model. */
  public boolean isAuto() {
    return equals(AUTO);
  }

  /** The row of the list of samplers; there is none for {@code auto}. */
  public Samplers.Method method() {
    return Samplers.method(text);
  }

  /** The sampler itself. */
  Sampler make(Samplers.Context given) {
    return Samplers.parse(text, given);
  }

  /** Without the times, which are told elsewhere. */
  SamplerSpec alone() {
    return new SamplerSpec(text, null);
  }

  @Override
  public String toString() {
    return text;
  }
}
