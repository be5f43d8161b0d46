package io.jiffusion.pipeline;

import io.jiffusion.base.Check;
import io.jiffusion.base.Spec;
import io.jiffusion.base.Written;
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
 * @param text as it was written: {@code repaint:jump=10,times=10}
 * @param kind what it says
 */
public record Edit(String text, Kind kind) implements Written {
  /** Nothing is given. */
  static final Edit NONE = new Edit("none", new None());

  static final List<String> NAMES =
      List.of("none", "inpaint", "repaint", "image", "colour", "upscale");

  /** One of six. */
  public sealed interface Kind {
    /** Whether a mask tells which pixels are known. */
    default boolean masked() {
      return false;
    }

    /** By how much the picture may be smaller than what is made. */
    default int factor() {
      return 1;
    }

    /** The sampler as it walks; without pictures good for counting alone. */
    default Sampler around(Sampler sampler, Batch pictures, Noise noise) {
      return sampler;
    }

    /** The part of the pictures that is known; null where the walk is not held to one. */
    default ReplacementConstraint.Part part(Batch mask) {
      return null;
    }
  }

  /** Images of noise alone. */
  public record None() implements Kind {}

  /** The pixels that the mask leaves open, by replacement of the others at each step. */
  public record Inpaint() implements Kind {
    @Override
    public boolean masked() {
      return true;
    }

    @Override
    public ReplacementConstraint.Part part(Batch mask) {
      return ReplacementConstraint.pixels(mask);
    }
  }

  /**
   * The same, going back and forth (RePaint).
   *
   * @param jump steps
   * @param times that each is walked
   */
  public record Repaint(int jump, int times) implements Kind {
    public Repaint {
      // whoever walks so knows which numbers are legal
      new RePaint((walk, x) -> x, jump, times, Noise.NONE);
    }

    @Override
    public boolean masked() {
      return true;
    }

    @Override
    public Sampler around(Sampler sampler, Batch pictures, Noise noise) {
      return new RePaint(sampler, jump, times, noise);
    }

    @Override
    public ReplacementConstraint.Part part(Batch mask) {
      return ReplacementConstraint.pixels(mask);
    }
  }

  /**
   * A picture like the given one (SDEdit): the walk begins in the middle of the grid.
   *
   * @param strength the time there
   */
  public record Image(double strength) implements Kind {
    public Image {
      // whoever walks so knows which numbers are legal
      new SdEdit(null, null, strength);
    }

    @Override
    public Sampler around(Sampler sampler, Batch pictures, Noise noise) {
      return new SdEdit(sampler, pictures, strength);
    }
  }

  /** Of a grey picture. */
  public record Colour() implements Kind {
    @Override
    public ReplacementConstraint.Part part(Batch mask) {
      return ReplacementConstraint.gray();
    }
  }

  /**
   * Of a small picture, or the blocks' means of one of full size.
   *
   * @param factor pixels of a block's side
   */
  public record Upscale(int factor) implements Kind {
    public Upscale {
      Check.that(factor >= 1, "factor", factor, "must be 1 or more");
    }

    @Override
    public ReplacementConstraint.Part part(Batch mask) {
      return ReplacementConstraint.blocks(factor);
    }
  }

  /**
   * Reads a text such as {@code repaint:jump=10,times=10}.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static Edit parse(String text) {
    Spec spec = new Spec("edit", text, NAMES);
    Kind kind =
        switch (spec.name()) {
          case "inpaint" -> new Inpaint();
          case "repaint" -> new Repaint(spec.whole("jump", 10), spec.whole("times", 10));
          case "image" -> new Image(spec.number("strength", 0.6));
          case "colour" -> new Colour();
          case "upscale" -> new Upscale(spec.whole("factor", 4));
          default -> new None();
        };
    spec.done();
    return new Edit(text, kind);
  }

  /** Whether nothing is edited. */
  public boolean none() {
    return kind instanceof None;
  }

  /** Whether a walk begins in the middle of the grid, from the picture. */
  public boolean cuts() {
    return kind instanceof Image;
  }

  /** By how much the picture may be smaller than what is made: 1, but to upscale. */
  public int factor() {
    return kind.factor();
  }

  boolean masked() {
    return kind.masked();
  }

  /** Whether steps are walked more than once. */
  boolean repeats() {
    return kind instanceof Repaint repaint && repaint.times > 1;
  }

  /** The sampler as it walks in this edit; without pictures good for counting alone. */
  Sampler around(Sampler sampler, Batch pictures, Noise noise) {
    return kind.around(sampler, pictures, noise);
  }

  /** The times of a grid that are walked. */
  TimeGrid walked(TimeGrid grid, NoiseSchedule schedule) {
    return kind instanceof Image image
        ? new SdEdit(null, null, image.strength).walked(grid, schedule)
        : grid;
  }

  /** What holds the states to the known part. */
  Walk.Constraint constraint(Batch pictures, Batch mask, NoiseSchedule schedule, Noise noise) {
    ReplacementConstraint.Part part = kind.part(mask);
    return part == null
        ? (k, t, x) -> x
        : new ReplacementConstraint(pictures, part, schedule, noise);
  }

  /** The known part of pictures, the rest of them grey; all of them for {@code image}. */
  Batch known(Batch pictures, Batch mask) {
    ReplacementConstraint.Part part = kind.part(mask);
    return part == null
        ? pictures
        : part.replace(pictures.with(new double[pictures.data().length]), pictures);
  }

  @Override
  public String toString() {
    return text;
  }
}
