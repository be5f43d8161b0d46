package io.jiffusion.checkpoint;

import io.jiffusion.config.Conventions;
import io.jiffusion.schedule.Between;
import io.jiffusion.schedule.DiscreteBetas;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * How diffusers samples a model by itself: its scheduler's algorithm, times, first state and last
 * steps in our words. Where it is known to go wrong ours stays right, and {@link
 * Conventions#differs} says so.
 */
final class DiffusersSampling {
  private static final int STEPS = 50; // of most pipelines
  private static final Set<String> CHAINS =
      Set.of("DDPMScheduler", "DDIMScheduler", "PNDMScheduler");
  private static final Set<String> LEVELS =
      Set.of(
          "EulerDiscreteScheduler",
          "EulerAncestralDiscreteScheduler",
          "HeunDiscreteScheduler",
          "KDPM2DiscreteScheduler",
          "KDPM2AncestralDiscreteScheduler",
          "LMSDiscreteScheduler");

  private final PeerConfig c;
  private final String kind;
  private final DiscreteBetas table; // null in continuous time
  private final List<String> differs = new ArrayList<>();

  private DiffusersSampling(PeerConfig c, DiscreteBetas table) {
    this.c = c;
    this.kind = c.text("_class_name");
    this.table = table;
  }

  /** Conventions of a process on a table, with those of its sampling. */
  static Conventions onTable(PeerConfig c, DiscreteBetas table, Conventions known) {
    DiffusersSampling sampling = new DiffusersSampling(c, table);
    return sampling.told(known, sampling.spacing());
  }

  /** Conventions of EDM's process, with those of its sampling. */
  static Conventions onEdm(PeerConfig c, Conventions known) {
    DiffusersSampling sampling = new DiffusersSampling(c, null);
    String levels = c.text("sigma_schedule", "karras");
    String spacing = levels.equals("karras") ? "karras:rho=" + c.number("rho", 7) : levels;
    spacing = option(spacing, sampling.keepsNoise() ? "repeat" : "");
    return sampling.told(known.with("start", "noise-and-data"), spacing);
  }

  /** Conventions of rectified flow, with those of its sampling. */
  static Conventions onFlow(PeerConfig c, Conventions known) {
    DiffusersSampling sampling = new DiffusersSampling(c, null);
    for (String other : List.of("karras", "exponential", "beta")) {
      if (c.flag("use_" + other + "_sigmas", false)) {
        sampling.differs.add("the times are those of flow, in diffusers of " + other + " levels");
      }
    }
    if (sampling.lu()) {
      sampling.differs.add("the times are those of flow, in diffusers of lu levels");
    }
    boolean unipc = sampling.kind.startsWith("UniPC");
    if (unipc && c.has("shift_terminal")) {
      sampling.differs.add("the end is not shifted, which diffusers does by shift_terminal");
    }
    String shift = "flow:shift=" + c.number("flow_shift", 1);
    String first = unipc ? "from-noise" : "";
    String spacing = option(shift, first, sampling.keepsNoise() ? "repeat" : "");
    return sampling.told(known.with("label", "floored-1000t"), spacing);
  }

  private Conventions told(Conventions known, String spacing) {
    String sampler = sampler();
    Conventions told =
        known
            .with("sampler", sampler)
            .with("spacing", spacing)
            .with("steps", kind.equals("DDPMScheduler") ? (Integer) table.steps() : STEPS);
    if (table != null) {
      told = told.with("label", label()).with("between", between()).with("start", start());
    }
    return told.with("differs", differs.isEmpty() ? null : String.join("; ", differs));
  }

  // ---- the algorithm ----

  private String sampler() {
    return switch (kind) {
      case "DDPMScheduler" -> ddpm();
      case "DDIMScheduler" -> "ddim";
      case "PNDMScheduler" -> pndm();
      case "DPMSolverMultistepScheduler", "EDMDPMSolverMultistepScheduler" -> multistep();
      case "DPMSolverSinglestepScheduler" -> singlestep();
      case "UniPCMultistepScheduler" -> unipc();
      case "DEISMultistepScheduler" ->
          "deis:degree=" + (order() - 1) + ",axis=log-rho,final=" + lastSteps("below-15");
      case "SASolverScheduler" -> saSolver();
      case "EulerDiscreteScheduler", "EDMEulerScheduler" -> "euler";
      case "EulerAncestralDiscreteScheduler" -> "euler-a";
      case "HeunDiscreteScheduler" -> "heun";
      case "KDPM2DiscreteScheduler" -> "dpm-2";
      case "KDPM2AncestralDiscreteScheduler" -> "dpm-2-a";
      case "LMSDiscreteScheduler" -> "lms:full-order-end";
      default -> throw new AssertionError(kind);
    };
  }

  private String ddpm() {
    boolean large = c.text("variance_type", "fixed_small").startsWith("fixed_large");
    boolean above = !word().equals("leading") || offset() > 0; // its last step begins above index 0
    if (large && above) {
      differs.add(
          "the last step adds no noise, where diffusers adds that of fixed_large (0.5 in 10 steps, 0.1"
              + " in 50)");
    }
    return "ddpm";
  }

  private String pndm() {
    boolean plms = c.flag("skip_prk_steps", false);
    if (!plms) {
      differs.add(
          "where T/N is odd, halves of steps are halves, which diffusers rounds in two ways (0.002 in 8"
              + " steps)");
    }
    if (c.text("prediction_type", "epsilon").equals("v_prediction")) {
      differs.add(
          "v is made noise at its own state, which diffusers does at a later one (0.06 in 10 steps,"
              + " 0.02 in 50)");
    }
    return (plms ? "plms" : "pndm") + (keepsNoise() ? "" : ":full-order-end");
  }

  private String multistep() {
    String type = c.text("solver_type", "midpoint").equals("heun") ? "taylor" : "dpm-solver";
    int order = order();
    String ends = ",final=" + lastSteps("below-15");
    return switch (algorithm()) {
      case "dpmsolver" -> "dpm-solver-multistep:order=" + order + ",type=" + type + ends;
      case "sde-dpmsolver++" -> sde(order, type);
      case "sde-dpmsolver" -> {
        differs.add(
            "the reverse diffusion is solved for the data, which diffusers does for noise (7 in 10"
                + " steps, where its own is unstable, 0.2 in 50)");
        yield sde(order, type);
      }
      default ->
          switch (order) {
            case 1 -> "ddim:eps=derived";
            case 2 -> "dpmpp-2m:type=" + type + ends;
            default -> "dpmpp-3m:type=" + type + ends;
          };
    };
  }

  private String sde(int order, String type) {
    if (order == 1) {
      return "ddim:eta=1,eps=derived";
    }
    if (order == 3) {
      differs.add(
          "the third term has the sign of its derivation, which diffusers has wrong (0.2 in 10 steps,"
              + " 0.14 in 50)");
      return "dpmpp-3m-sde";
    }
    return "dpmpp-2m-sde:type=" + (type.equals("taylor") ? "heun" : "midpoint");
  }

  private String singlestep() {
    String type = c.text("solver_type", "midpoint").equals("heun") ? "taylor" : "dpm-solver";
    String algorithm = algorithm();
    if (algorithm.startsWith("sde")) {
      differs.add(
          "the reverse diffusion is solved in multisteps, by diffusers in single ones (0.5 in 10 steps,"
              + " 0.05 in 20)");
      return sde(Math.min(order(), 2), type);
    }
    boolean full = keepsNoise() && !c.flag("lower_order_final", false);
    return "dpm-solver-singlestep:order="
        + order()
        + ",form="
        + (algorithm.equals("dpmsolver") ? "noise" : "data")
        + ",type="
        + type
        + (full ? ",full-order-end" : "");
  }

  private String algorithm() {
    String algorithm = c.text("algorithm_type", "dpmsolver++");
    return switch (algorithm) {
      case "dpmsolver", "dpmsolver++", "sde-dpmsolver", "sde-dpmsolver++" -> algorithm;
      case "deis" -> "dpmsolver++"; // as diffusers takes it
      default ->
          c.fail(
              "algorithm_type", "must be dpmsolver, dpmsolver++, sde-dpmsolver or sde-dpmsolver++");
    };
  }

  private String unipc() {
    if (c.has("disable_corrector") && !c.wholes("disable_corrector").isEmpty()) {
      differs.add("every step is corrected, also those that disable_corrector names");
    }
    return "unipc:order="
        + order()
        + ",variant="
        + (c.text("solver_type", "bh2").equals("bh1") ? "bh1" : "bh2")
        + ",form="
        + (c.flag("predict_x0", true) ? "data" : "noise")
        + ",final="
        + lastSteps("counted");
  }

  private String saSolver() {
    if (!c.text("algorithm_type", "data_prediction").equals("data_prediction")) {
      differs.add("the data is predicted, in diffusers the noise");
    }
    int predictor = c.whole("predictor_order", 2);
    int corrector = c.whole("corrector_order", 2);
    if (Math.max(predictor, corrector) > 1) {
      differs.add(
          "steps of order 2 are Adams's, to which diffusers adds a term of third order (0.09 in 10"
              + " steps, 0.0012 in 50)");
    }
    double steps = c.whole("num_train_timesteps", 1000);
    return "sa-solver:predictor="
        + predictor
        + ",corrector="
        + corrector
        + ",low="
        + 201 / steps
        + ",high="
        + Math.min(1, 801 / steps)
        + ",final="
        + lastSteps("counted");
  }

  private int order() {
    int order = c.whole("solver_order", 2);
    return order >= 1 && order <= 3 ? order : c.fail("solver_order", "must be 1, 2 or 3");
  }

  private String lastSteps(String lower) {
    boolean eulerLast = kind.contains("DPMSolverMultistep") && c.flag("euler_at_final", false);
    return eulerLast ? "last" : c.flag("lower_order_final", true) ? lower : "never";
  }

  // ---- the times ----

  private String word() {
    boolean chain = CHAINS.contains(kind);
    String word = c.text("timestep_spacing", chain ? "leading" : "linspace");
    return switch (word) {
      case "leading", "trailing", "linspace" ->
          kind.equals("DPMSolverSinglestepScheduler") ? "linspace" : word;
      default -> c.fail("timestep_spacing", "must be leading, trailing or linspace");
    };
  }

  private int offset() {
    return word().equals("leading") ? c.whole("steps_offset", 0) : 0;
  }

  private String spacing() {
    String steps = word() + (offset() == 0 ? "" : ":" + offset());
    String kept = keepsNoise() ? "keep-noise" : "";
    if (CHAINS.contains(kind)) {
      if (!kind.equals("DDPMScheduler") && !word().equals("leading")) {
        differs.add(
            "each step ends where the next begins, in diffusers T/N below its start"
                + (word().equals("trailing")
                    ? ", which is the same where N divides T (0.02 in 7 steps)"
                    : " (0.08 in 10 steps, 0.008 in 50)"));
      }
      return option(steps, kept);
    }
    String levels = levels();
    if (LEVELS.contains(kind)) {
      if (levels != null && keepsNoise() && word().equals("trailing")) {
        differs.add(
            "the last step stays at the last level, in diffusers it goes on to that of index 0");
      }
      return levels == null
          ? option(steps, word().equals("linspace") ? "unrounded" : "", kept)
          : option(levels, within(steps), keepsNoise() ? "repeat" : "");
    }
    return levels == null
        ? option("dpm-" + steps, clipped(), kept)
        : option(levels, within(""), keepsNoise() ? "repeat" : "");
  }

  /** Whether the noise of the least noisy step is left at the end. */
  private boolean keepsNoise() {
    return switch (kind) {
      case "DDIMScheduler" -> !c.flag("set_alpha_to_one", true);
      case "PNDMScheduler" -> !c.flag("set_alpha_to_one", false);
      case "DEISMultistepScheduler", "SASolverScheduler" -> true;
      case "EulerDiscreteScheduler",
          "EDMEulerScheduler",
          "EDMDPMSolverMultistepScheduler",
          "DPMSolverMultistepScheduler",
          "DPMSolverSinglestepScheduler",
          "UniPCMultistepScheduler" ->
          c.text("final_sigmas_type", "zero").equals("sigma_min");
      default -> false;
    };
  }

  /** The spacing of noise levels; null where steps are spaced. */
  private String levels() {
    if (CHAINS.contains(kind) || kind.startsWith("EulerAncestral")) {
      return null;
    }
    if (kind.equals("EulerDiscreteScheduler") && c.has("interpolation_type")) {
      c.must("interpolation_type", "linear");
    }
    return c.flag("use_karras_sigmas", false)
        ? "karras:rho=7"
        : c.flag("use_exponential_sigmas", false) || lu()
            ? "exponential"
            : c.flag("use_beta_sigmas", false) ? "beta" : null;
  }

  private boolean lu() {
    return kind.equals("DPMSolverMultistepScheduler") && c.flag("use_lu_lambdas", false);
  }

  /** The ends of noise levels: those of the steps, or given ones. */
  private String within(String steps) {
    boolean given = kind.equals("EulerDiscreteScheduler") || kind.equals("UniPCMultistepScheduler");
    if (given && (c.has("sigma_min") || c.has("sigma_max"))) {
      return "start=" + time("sigma_max", 1) + ",end=" + time("sigma_min", table.time(0));
    }
    return steps.isEmpty() || steps.equals("linspace") ? "" : "ends=" + steps;
  }

  private double time(String key, double otherwise) {
    if (!c.has(key)) {
      return otherwise;
    }
    double lambda = -Math.log(c.number(key, 1));
    return lambda >= table.lambda(1) && lambda <= table.lambda(table.time(0))
        ? table.between(Between.LOG_NOISE_LEVEL).timeOf(lambda)
        : c.fail(key, "must be a noise level that the table of betas has");
  }

  /** The noisiest steps are left out where {@code lambda_min_clipped} says so. */
  private String clipped() {
    boolean known = kind.startsWith("DPMSolver") || kind.startsWith("SASolver");
    double least = known ? c.limit("lambda_min_clipped", Double.NEGATIVE_INFINITY) : -1e9;
    if (least == Double.POSITIVE_INFINITY) {
      c.fail("lambda_min_clipped", "must be a number, or -Infinity");
    }
    int usable = table.steps();
    while (usable > 1 && table.lambda(table.time(usable - 1)) < least) {
      usable--;
    }
    return usable == table.steps() ? "" : "of=" + usable;
  }

  // ---- what the network is told, and the first state ----

  /** Times that are found by noise levels become whole steps in some classes. */
  private String label() {
    String levels = levels();
    if (LEVELS.contains(kind)) {
      boolean continuous =
          kind.equals("EulerDiscreteScheduler")
              && c.text("timestep_type", "discrete").equals("continuous")
              && c.text("prediction_type", "epsilon").equals("v_prediction");
      if (kind.startsWith("KDPM2") && "karras:rho=7".equals(levels)) {
        differs.add(
            "the network is told the time itself, which diffusers rounds (0.0004 in 10 steps)");
      }
      return continuous ? "log-noise-level" : null;
    }
    if (levels == null) {
      return null;
    }
    boolean whole = c.text("beta_schedule", "linear").equals("squaredcos_cap_v2");
    boolean multistep = kind.equals("DPMSolverMultistepScheduler");
    boolean rounded = levels.startsWith("karras") || lu();
    return rounded && !(multistep && whole) ? "rounded-index" : "floored-index";
  }

  private Between between() {
    if (LEVELS.contains(kind) && levels() == null) {
      boolean found = kind.startsWith("KDPM2"); // times of the levels between
      return found
          ? Between.LOG_NOISE_LEVEL
          : word().equals("linspace") ? Between.NOISE_LEVEL : null;
    }
    return levels() == null ? null : Between.LOG_NOISE_LEVEL;
  }

  private String start() {
    return LEVELS.contains(kind) && !word().equals("leading") ? "noise" : null;
  }

  /** A text with options that are not empty. */
  private static String option(String text, String... options) {
    StringBuilder all = new StringBuilder(text);
    for (String option : options) {
      if (!option.isEmpty()) {
        all.append(all.indexOf(":") < 0 ? ":" : ",").append(option);
      }
    }
    return all.toString();
  }
}
