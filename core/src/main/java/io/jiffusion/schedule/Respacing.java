package io.jiffusion.schedule;

import io.jiffusion.base.Suggestion;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Which of the T steps of the training a sampler visits: ascending indices from 0 to T − 1, for
 * {@link TimeGrid#of}.
 *
 * <p>S steps are S indices, always: where the original code would give another number, or cannot
 * give S at all, the message names the nearest number that works.
 */
public final class Respacing {
  static final List<String> NAMES =
      Stream.concat(Stream.of("uniform", "quadratic"), DiffusersSpacing.NAMES.stream()).toList();

  private Respacing() {}

  /**
   * Reads a spacing.
   *
   * <ul>
   *   <li>{@code uniform}, {@code quadratic}: the methods of these names;
   *   <li>{@code leading}, {@code leading:1} (offset 1), {@code trailing}, {@code linspace}: those
   *       of diffusers' DDPM, DDIM and PNDM; {@code dpm-leading}, {@code dpm-trailing}, {@code
   *       dpm-linspace}: those of its DPM-Solver, UniPC, DEIS and SA-Solver;
   *   <li>{@code ddim50}, {@code 50}, {@code 10,10,5}: OpenAI's, which fix the number of steps
   *       themselves;
   *   <li>{@code list:0,250,999}: these indices.
   * </ul>
   *
   * @param trained T
   * @param steps S
   * @throws IllegalArgumentException if the text is none of these, or does not give S steps
   */
  public static int[] parse(String text, int trained, int steps) {
    String name = text.strip();
    if (fixesSteps(name)) {
      int[] indices = parse(name, trained);
      if (indices.length != steps) {
        throw new IllegalArgumentException(
            "illegal steps: "
                + steps
                + " with spacing "
                + name
                + ", must be "
                + indices.length
                + ", as the spacing says; or choose another spacing, such as uniform");
      }
      return indices;
    }
    if (DiffusersSpacing.knows(name)) {
      return DiffusersSpacing.steps(name, trained, steps);
    }
    return switch (name) {
      case "uniform" -> uniform(trained, steps);
      case "quadratic" -> quadratic(trained, steps);
      default ->
          throw new IllegalArgumentException(
              "illegal spacing: "
                  + text
                  + ", must be one of "
                  + String.join(", ", NAMES)
                  + ", ddimN, counts such as 10,10,5, or list:0,10,20; the nearest name is "
                  + Suggestion.nearest(name, NAMES));
    };
  }

  /**
   * Whether a spacing says itself how many steps it has: {@code ddim50}, {@code 10,10,5}, {@code
   * list:…}.
   */
  public static boolean fixesSteps(String text) {
    return text.strip().matches("ddim\\d{1,9}|\\d{1,9}(,\\d{1,9})*|list:\\d{1,9}(,\\d{1,9})*");
  }

  /** Whether a text is one of those that {@link #parse(String, int, int)} reads. */
  public static boolean knows(String text) {
    String name = text.strip();
    return NAMES.contains(name) || DiffusersSpacing.knows(name) || fixesSteps(name);
  }

  /** Reads a spacing that {@linkplain #fixesSteps fixes its steps}. */
  public static int[] parse(String text, int trained) {
    String name = text.strip();
    if (!fixesSteps(name)) {
      throw new IllegalArgumentException(
          "illegal spacing: "
              + text
              + " without a number of steps, must be ddimN, counts such as"
              + " 10,10,5, or list:0,10,20; or give the steps");
    }
    if (name.startsWith("ddim")) {
      return ddim(trained, Integer.parseInt(name.substring("ddim".length())));
    }
    return name.startsWith("list:")
        ? list(trained, numbers(name.substring("list:".length())))
        : sections(trained, numbers(name));
  }

  /**
   * Evenly spaced from 0, {@code ⌊i·T/S⌋}. Wherever DDIM's own list {@code range(0, T, T//S)} has S
   * entries (S divides T), this is that list.
   */
  public static int[] uniform(int trained, int steps) {
    return made(trained, steps, i -> (int) ((long) i * trained / steps));
  }

  /**
   * Squares of evenly spaced numbers up to 0.8 T, rounded down: DDIM's {@code quad}, dense near the
   * data. Where DDIM's list repeats an index, the later ones move up by as little as makes S
   * different ones.
   */
  public static int[] quadratic(int trained, int steps) {
    checkSteps(trained, steps);
    double end = Math.sqrt(0.8 * trained);
    double stride = end / Math.max(1, steps - 1);
    int[] indices = new int[steps];
    for (int i = 0; i < steps; i++) {
      double root = i > 0 && i == steps - 1 ? end : i * stride;
      indices[i] = i == 0 ? 0 : Math.max((int) (root * root), indices[i - 1] + 1);
    }
    return list(trained, indices);
  }

  /**
   * Multiples of the smallest whole stride that gives exactly S of them: OpenAI's {@code ddimN}.
   *
   * @throws IllegalArgumentException if there is no such stride; the message names the nearest S
   *     that has one
   */
  public static int[] ddim(int trained, int steps) {
    int nearest = 0;
    for (int stride = 1; stride < trained; stride++) {
      int count = (trained + stride - 1) / stride;
      if (count == steps) {
        int every = stride;
        return made(trained, steps, i -> i * every);
      }
      if (nearest == 0 || Math.abs((long) count - steps) < Math.abs((long) nearest - steps)) {
        nearest = count;
      }
    }
    throw new IllegalArgumentException(
        "illegal steps: "
            + steps
            + " for ddim spacing of "
            + trained
            + " steps, must be a number"
            + " that a whole stride gives; "
            + (nearest == 0
                ? "a model of 1 step has none: use uniform"
                : "the nearest is " + nearest));
  }

  /**
   * T cut into equal sections, in each of which a number of indices is spread from its first to its
   * last: OpenAI's section counts.
   *
   * @param counts how many indices each section gives; a section may give none
   */
  public static int[] sections(int trained, int... counts) {
    int[] indices = new int[trained];
    int taken = 0;
    int start = 0;
    for (int section = 0; section < counts.length; section++) {
      int size = trained / counts.length + (section < trained % counts.length ? 1 : 0);
      int count = counts[section];
      if (count < 0 || count > size) {
        throw new IllegalArgumentException(
            "illegal count of section "
                + (section + 1)
                + ": "
                + count
                + ", must be from 0 to "
                + size
                + ", the steps that this section has of the model's "
                + trained
                + "; the nearest is "
                + (count < 0 ? 0 : size));
      }
      double stride = count <= 1 ? 1 : (size - 1.0) / (count - 1);
      double offset =
          0; // summed up and rounded half to even, as the original does: both change some lists
      for (int i = 0; i < count; i++) {
        indices[taken++] = start + (int) Math.rint(offset);
        offset += stride;
      }
      start += size;
    }
    return list(trained, Arrays.copyOf(indices, taken));
  }

  /** These indices, checked: ascending, from 0 to T − 1. */
  public static int[] list(int trained, int... indices) {
    return TimeGrid.checkIndices(indices.clone(), trained);
  }

  private static int[] made(int trained, int steps, IntUnaryOperator index) {
    checkSteps(trained, steps);
    return list(trained, IntStream.range(0, steps).map(index).toArray());
  }

  static void checkSteps(int trained, int steps) {
    if (steps < 1 || steps > trained) {
      throw new IllegalArgumentException(
          "illegal steps: "
              + steps
              + ", must be from 1 to "
              + trained
              + ", the steps of the model; the nearest is "
              + (steps < 1 ? 1 : trained));
    }
  }

  private static int[] numbers(String text) {
    return Arrays.stream(text.split(",")).mapToInt(Integer::parseInt).toArray();
  }
}
