package io.jiffusion.pipeline;

import io.jiffusion.base.Check;
import io.jiffusion.base.Spec;
import io.jiffusion.process.Batch;
import io.jiffusion.process.Noise;
import io.jiffusion.sampler.RePaint;
import io.jiffusion.sampler.ReplacementConstraint;
import io.jiffusion.sampler.Sampler;
import io.jiffusion.sampler.SdEdit;
import io.jiffusion.sampler.Walk;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.TimeGrid;
import java.util.List;

/**
 * How a request changes given pictures: what is known of them, and how the sampler walks.
 *
 * @param name one of {@link #NAMES}
 * @param jump of {@code repaint}, steps
 * @param times of {@code repaint}
 * @param strength of {@code image}
 * @param factor of {@code upscale}; 1 for all others
 */
record Edit(String name, int jump, int times, double strength, int factor) {
  static final String NONE = "none";
  private static final String INPAINT = "inpaint";
  private static final String REPAINT = "repaint";
  private static final String IMAGE = "image";
  private static final String COLOUR = "colour";
  private static final String UPSCALE = "upscale";
  static final List<String> NAMES = List.of(NONE, INPAINT, REPAINT, IMAGE, COLOUR, UPSCALE);

  /**
   * Reads a text such as {@code repaint:jump=10,times=10}.
   *
   * @throws IllegalArgumentException if it is none
   */
  static Edit parse(String text) {
    Spec spec = new Spec("edit", text, NAMES);
    Edit edit =
        switch (spec.name()) {
          case REPAINT -> new Edit(REPAINT, spec.whole("jump", 10), spec.whole("times", 10), 1, 1);
          case IMAGE -> new Edit(IMAGE, 1, 1, spec.number("strength", 0.6), 1);
          case UPSCALE -> new Edit(UPSCALE, 1, 1, 1, spec.whole("factor", 4));
          default -> new Edit(spec.name(), 1, 1, 1, 1);
        };
    spec.done();
    Check.that(edit.factor >= 1, "factor", edit.factor, "must be 1 or more");
    return edit;
  }

  boolean none() {
    return name.equals(NONE);
  }

  /** Whether a mask tells which pixels are known. */
  boolean masked() {
    return name.equals(INPAINT) || name.equals(REPAINT);
  }

  /** Whether a walk begins in the middle of the grid. */
  boolean cuts() {
    return name.equals(IMAGE);
  }

  /** The sampler as it walks in this edit; without pictures good for counting alone. */
  Sampler around(Sampler sampler, Batch pictures, Noise noise) {
    return switch (name) {
      case REPAINT -> new RePaint(sampler, jump, times, noise);
      case IMAGE -> new SdEdit(sampler, pictures, strength);
      default -> sampler;
    };
  }

  /** The times of a grid that are walked. */
  TimeGrid walked(TimeGrid grid, NoiseSchedule schedule) {
    return cuts() ? new SdEdit(null, null, strength).walked(grid, schedule) : grid;
  }

  /** What holds the states to the known part. */
  Walk.Constraint constraint(Batch pictures, Batch mask, NoiseSchedule schedule, Noise noise) {
    ReplacementConstraint.Part part = part(mask);
    return part == null
        ? (k, t, x) -> x
        : new ReplacementConstraint(pictures, part, schedule, noise);
  }

  /** The known part of pictures, the rest of them grey; all of them for {@code image}. */
  Batch known(Batch pictures, Batch mask) {
    ReplacementConstraint.Part part = part(mask);
    return part == null
        ? pictures
        : part.replace(pictures.with(new double[pictures.data().length]), pictures);
  }

  private ReplacementConstraint.Part part(Batch mask) {
    return switch (name) {
      case INPAINT, REPAINT -> ReplacementConstraint.pixels(mask);
      case COLOUR -> ReplacementConstraint.gray();
      case UPSCALE -> ReplacementConstraint.blocks(factor);
      default -> null;
    };
  }
}
