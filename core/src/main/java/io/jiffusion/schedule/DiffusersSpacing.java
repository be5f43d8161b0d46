package io.jiffusion.schedule;

import io.jiffusion.base.Spec;
import java.util.Arrays;
import java.util.List;

/**
 * The {@code timestep_spacing} of diffusers, class by class: the same word means other steps in
 * other schedulers.
 *
 * <ul>
 *   <li>{@code leading}, {@code leading:offset=1}, {@code trailing}, {@code linspace}: DDPM, DDIM
 *       and PNDM; {@code linspace:unrounded}: Euler, Heun, KDPM2 and LMS, whose steps may lie
 *       between those of the training;
 *   <li>{@code dpm-leading:offset=1}, {@code dpm-linspace}, {@code dpm-trailing}: DPM-Solver,
 *       UniPC, DEIS and SA-Solver, which choose S of S + 1 steps, all but the least noisy one;
 *       {@code of=996} leaves the noisiest of the training out, as {@code lambda_min_clipped} does.
 * </ul>
 *
 * <p>With {@code keep-noise} the last step does not end at the data but at the least noisy step of
 * the training; where it begins there as well, what clips the predicted data still works.
 */
final class DiffusersSpacing {
  static final List<String> NAMES =
      List.of("leading", "trailing", "linspace", "dpm-leading", "dpm-linspace", "dpm-trailing");

  private DiffusersSpacing() {}

  static boolean knows(String text) {
    return NAMES.contains(text.split(":", 2)[0].strip());
  }

  /** Refuses options that a spacing does not have. */
  static void check(String text) {
    Spec spec = spec(text);
    options(spec, 1);
    spec.flag("keep-noise");
    spec.done();
  }

  /** What the options of a spacing say; {@code usable} of the T steps may be visited. */
  private record Options(boolean unrounded, int offset, int usable) {}

  private static Options options(Spec spec, int trained) {
    String name = spec.name();
    return new Options(
        name.equals("linspace") && spec.flag("unrounded"),
        name.endsWith("leading") ? spec.whole("offset", 0) : 0,
        name.startsWith("dpm-") ? spec.whole("of", trained) : trained);
  }

  /** The grid of a spacing on a table of T steps. */
  static TimeGrid grid(String text, int trained, int steps) {
    Spec spec = spec(text);
    double[] indices = indices(spec, trained, steps);
    boolean keepsNoise = spec.flag("keep-noise");
    spec.done();
    double[] times = new double[indices.length + 1];
    for (int i = 0; i < indices.length; i++) {
      times[i] = (indices[i] + 1) / trained;
    }
    if (keepsNoise) {
      times[indices.length] = 1.0 / trained;
    }
    return new TimeGrid(times);
  }

  /** The steps of a spacing that visits whole ones: ascending. */
  static int[] steps(String text, int trained, int steps) {
    Spec spec = spec(text);
    double[] indices = indices(spec, trained, steps);
    spec.done();
    int[] ascending = new int[indices.length];
    for (int i = 0; i < indices.length; i++) {
      ascending[indices.length - 1 - i] = (int) indices[i];
    }
    return ascending;
  }

  /** The noisiest and the least noisy time that a spacing visits. */
  static double[] ends(String text, int trained, int steps) {
    Spec spec = spec(text);
    double[] indices = indices(spec, trained, steps);
    spec.done();
    return new double[] {(indices[0] + 1) / trained, (indices[indices.length - 1] + 1) / trained};
  }

  /** {@code leading:1} is short for {@code leading:offset=1}. */
  private static Spec spec(String text) {
    return new Spec("spacing", text.replaceFirst(":(\\d+)", ":offset=$1"), NAMES);
  }

  /** Steps of the training, the noisiest first. */
  private static double[] indices(Spec spec, int trained, int steps) {
    Respacing.checkSteps(trained, steps);
    String name = spec.name();
    Options options = options(spec, trained);
    int usable = options.usable;
    double stride =
        switch (name) {
          case "leading" -> trained / steps;
          case "dpm-leading" -> usable / (steps + 1);
          case "dpm-linspace" -> (usable - 1.0) / steps;
          case "linspace" -> (trained - 1.0) / Math.max(1, steps - 1);
          default -> usable - (usable - (double) trained / steps); // NumPy's, of its first two
        };
    boolean trailing = name.endsWith("trailing");
    int least = name.equals("dpm-leading") || name.equals("dpm-linspace") ? 1 : 0;
    double[] indices = new double[steps];
    for (int i = 0; i < steps; i++) {
      double index = trailing ? usable - i * stride : (steps - 1 - i + least) * stride;
      indices[i] =
          (options.unrounded ? index : Math.rint(index)) + (trailing ? -1 : options.offset);
    }
    if (options.unrounded) {
      indices[0] = Math.min(indices[0], trained - 1); // not above it by a last bit
    }
    return checked(spec, Arrays.stream(indices).filter(i -> i >= 0).toArray(), trained);
  }

  private static double[] checked(Spec spec, double[] indices, int trained) {
    for (int i = 0; i < indices.length; i++) {
      boolean falls = i == 0 || indices[i] < indices[i - 1];
      if (!(falls && indices[i] < trained)) {
        throw new IllegalArgumentException(
            "illegal spacing: "
                + spec.name()
                + " of "
                + indices.length
                + " steps visits step "
                + (long) indices[i]
                + (falls ? "" : " twice")
                + ", must be among 0 to "
                + (trained - 1)
                + "; take fewer steps or a smaller offset");
      }
    }
    return indices;
  }
}
