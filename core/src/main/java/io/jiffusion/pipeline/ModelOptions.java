package io.jiffusion.pipeline;

import io.jiffusion.base.Check;
import java.util.List;

/**
 * How a model is run, which changes nothing but speed and rounding; and what it does not say of
 * itself.
 *
 * @param precision fp32, bf16, or auto: bf16 where this machine computes it faster
 * @param threads that the network runs on; 0 for one a processor
 * @param block images that one network call sees; 0 for a rule of the network's size
 * @param nullClass the row of the class table that stands for "no class", by which images of a
 *     class are guided; null for what the model says
 */
public record ModelOptions(String precision, int threads, int block, Integer nullClass) {
  public ModelOptions {
    Check.oneOf(List.of("auto", "fp32", "bf16"), "precision", precision);
    Check.that(threads >= 0, "threads", threads, "must be 0 (one a processor) or more");
    Check.that(block >= 0, "block", block, "must be 0 (by the network's size) or more");
  }

  /** For a model that says all of itself. */
  public ModelOptions(String precision, int threads, int block) {
    this(precision, threads, block, null);
  }

  /** The faster precision, all processors, the block by rule. */
  public static ModelOptions of() {
    return new ModelOptions("auto", 0, 0);
  }

  public ModelOptions precision(String name) {
    return new ModelOptions(name, threads, block, nullClass);
  }

  public ModelOptions threads(int number) {
    return new ModelOptions(precision, number, block, nullClass);
  }

  public ModelOptions block(int images) {
    return new ModelOptions(precision, threads, images, nullClass);
  }

  /** For a model that was trained with a class for "no class" and does not say which. */
  public ModelOptions nullClass(Integer row) {
    return new ModelOptions(precision, threads, block, row);
  }
}
