package io.jiffusion.schedule;

import io.jiffusion.base.Spec;
import io.jiffusion.base.Suggestion;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/** Spacings by name. */
public final class Spacings {
  private static final List<String> NAMES =
      List.of(
          "time",
          "time-quadratic",
          "logsnr",
          "exponential",
          "karras",
          "polyexponential",
          "dpm-solver-fast",
          "beta",
          "flow",
          "edm-vp",
          "edm-iddpm");

  private Spacings() {}

  /**
   * Reads a spacing and makes the grid of a request.
   *
   * <ul>
   *   <li>{@code time}, {@code time-quadratic}, {@code logsnr}, {@code exponential} (the same as
   *       {@code logsnr}), {@code karras:rho=7}, {@code polyexponential:rho=1}, {@code
   *       dpm-solver-fast:order=3}, {@code edm-vp}, {@code edm-iddpm}: between the ends of {@link
   *       NoiseSchedule#range}, or those given, as in {@code karras:start=0.9,end=0.01}. S steps
   *       are S times and then the data; with {@code keep-noise} they are S + 1 times, and the last
   *       keeps its noise. {@code end=0} spreads evenly spaced and quadratic times as far as the
   *       data;
   *   <li>{@code times:1,0.5,0.1,0}: these times;
   *   <li>what {@link Respacing#parse(String, int, int)} reads, on a table.
   * </ul>
   *
   * @param steps S
   * @throws IllegalArgumentException if the text is none of these, or does not fit the schedule or
   *     S
   */
  public static TimeGrid parse(String text, NoiseSchedule schedule, int steps) {
    return rule(text).grid(schedule, steps);
  }

  /** A spacing whose options are read. */
  @FunctionalInterface
  private interface Rule {
    TimeGrid grid(NoiseSchedule schedule, int steps);
  }

  private static Rule rule(String text) {
    String name = text.split(":", 2)[0].strip();
    if (NAMES.contains(name)) {
      return between(new Spec("spacing", text, NAMES));
    }
    if (name.equals("times")) {
      return explicit(text);
    }
    mustBeKnown(name, text);
    if (DiffusersSpacing.knows(text)) {
      DiffusersSpacing.check(text);
      return (schedule, steps) ->
          DiffusersSpacing.grid(text, table(schedule, text, name).steps(), steps);
    }
    return (schedule, steps) -> {
      int trained = table(schedule, text, name).steps();
      return TimeGrid.of(trained, Respacing.parse(text, trained, steps));
    };
  }

  private static DiscreteBetas table(NoiseSchedule schedule, String text, String name) {
    if (schedule instanceof DiscreteBetas betas) {
      return betas;
    }
    throw new IllegalArgumentException(
        "illegal spacing: "
            + text
            + " on a process in continuous time, must be one of "
            + String.join(", ", NAMES)
            + ", or times:1,0.5,0; "
            + name
            + " chooses among the steps of a trained table");
  }

  /**
   * Refuses a text that is no spacing, or has options that it does not know, whatever the schedule
   * and the steps.
   *
   * @throws IllegalArgumentException naming the nearest
   */
  public static void check(String text) {
    rule(text);
  }

  private static void mustBeKnown(String name, String text) {
    if (!Respacing.knows(text)) {
      List<String> all = Stream.concat(Respacing.NAMES.stream(), NAMES.stream()).toList();
      throw new IllegalArgumentException(
          "illegal spacing: "
              + text
              + ", must be one of "
              + String.join(", ", all)
              + ", ddimN, counts such as 10,10,5, list:0,10,20, or times:1,0.5,0; the nearest name"
              + " is "
              + Suggestion.nearest(name, all));
    }
  }

  private static Rule between(Spec spec) {
    Spacing spacing =
        switch (spec.name()) {
          case "time" -> Spacing.TIME;
          case "time-quadratic" -> Spacing.TIME_QUADRATIC;
          case "logsnr", "exponential" -> Spacing.LOG_SNR;
          case "karras" -> Spacing.karras(spec.number("rho", 7));
          case "polyexponential" -> Spacing.polyexponential(spec.number("rho", 1));
          case "dpm-solver-fast" -> OrderPlan.spacing(spec.whole("order", 3));
          case "beta" -> BetaSpacing.of(spec.number("a", 0.6), spec.number("b", 0.6));
          case "flow" -> FlowSpacing.of(spec.number("shift", 1), spec.flag("from-noise"));
          case "edm-vp" -> Spacing.edmVp(1e-3);
          case "edm-iddpm" -> Spacing.edmIddpm();
          default -> throw new AssertionError(spec.name());
        };
    String within = spec.text("ends", "");
    double givenStart = spec.number("start", Double.NaN);
    double givenEnd = spec.number("end", Double.NaN);
    boolean keepsNoise = spec.flag("keep-noise");
    boolean repeats = spec.flag("repeat");
    spec.done();
    return (schedule, steps) -> {
      TimeRange usable = new TimeRange(schedule.trainingRange().min(), 1);
      double[] ends = ends(spec.name(), within, schedule, steps);
      double start = usable.snapped(Double.isNaN(givenStart) ? ends[0] : givenStart);
      double end = usable.snapped(Double.isNaN(givenEnd) ? ends[1] : givenEnd);
      boolean toData = end == 0 && !keepsNoise;
      if (!(start <= 1 && start > end && (end >= usable.min() || toData))) {
        throw new IllegalArgumentException(
            "illegal ends of spacing "
                + spec.name()
                + ": from "
                + start
                + " to "
                + end
                + ", must descend from at most 1 to at least "
                + usable.min()
                + ", the least noisy time of the training");
      }
      if (repeats) {
        return TimeGrid.repeating(spacing.times(schedule, steps, start, end));
      }
      return keepsNoise || toData
          ? spacing.grid(schedule, steps, start, end)
          : spacing.gridToData(schedule, steps, start, end);
    };
  }

  /** Those of the schedule, or of the steps that a spacing of a table would visit. */
  private static double[] ends(String name, String within, NoiseSchedule schedule, int steps) {
    if (within.isEmpty()) {
      return new double[] {schedule.range().max(), schedule.range().min()};
    }
    if (!(schedule instanceof DiscreteBetas table && DiffusersSpacing.knows(within))) {
      throw new IllegalArgumentException(
          "illegal option ends="
              + within
              + " of spacing "
              + name
              + ", must be one of "
              + String.join(", ", DiffusersSpacing.NAMES)
              + ", on a table of betas");
    }
    return DiffusersSpacing.ends(within, table.steps(), steps);
  }

  private static Rule explicit(String text) {
    double[] times;
    try {
      times =
          Arrays.stream(text.substring("times:".length()).split(",", -1))
              .mapToDouble(Double::parseDouble)
              .toArray();
    } catch (NumberFormatException | StringIndexOutOfBoundsException e) {
      throw new IllegalArgumentException(
          "illegal spacing: " + text + ", must be numbers such as times:1,0.5,0.1,0");
    }
    TimeGrid grid = new TimeGrid(times);
    return (schedule, steps) -> {
      if (grid.steps() != steps) {
        throw new IllegalArgumentException(
            "illegal steps: "
                + steps
                + " with spacing "
                + text
                + ", must be "
                + grid.steps()
                + ", the intervals between these times");
      }
      return grid;
    };
  }
}
