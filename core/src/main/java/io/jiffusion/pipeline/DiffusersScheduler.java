package io.jiffusion.pipeline;

import io.jiffusion.process.Variance;

/**
 * The scheduler's configuration of a diffusers pipeline: the forward process that the network was
 * trained on, and how diffusers samples it by itself. Where its sampler cannot be told exactly by
 * ours, none is told, and ours is taken.
 */
final class DiffusersScheduler {
  private static final int STEPS = 50; // of most pipelines

  private final Settings c;
  private final String kind;

  private DiffusersScheduler(Settings c) {
    this.c = c;
    this.kind = c.text("_class_name");
  }

  static ProcessConfig read(Settings c) {
    DiffusersScheduler scheduler = new DiffusersScheduler(c);
    return switch (scheduler.kind) {
      case "ScoreSdeVeScheduler" -> scheduler.scoreVe();
      case "ScoreSdeVpScheduler" -> scheduler.scoreVp();
      case "EDMEulerScheduler", "EDMDPMSolverMultistepScheduler" -> scheduler.edm();
      case "DDPMScheduler",
          "DDIMScheduler",
          "PNDMScheduler",
          "DPMSolverMultistepScheduler",
          "DPMSolverSinglestepScheduler",
          "UniPCMultistepScheduler",
          "DEISMultistepScheduler",
          "EulerDiscreteScheduler",
          "EulerAncestralDiscreteScheduler",
          "HeunDiscreteScheduler",
          "KDPM2DiscreteScheduler",
          "KDPM2AncestralDiscreteScheduler",
          "LMSDiscreteScheduler" ->
          scheduler.table();
      default -> c.fail("_class_name", "is no scheduler that is known here");
    };
  }

  // ---- the process ----

  private ProcessConfig table() {
    int steps = c.whole("num_train_timesteps", 1000);
    double[] betas = c.has("trained_betas") ? c.numbers("trained_betas") : null;
    boolean clip = clips();
    double range = c.number("clip_sample_range", 1);
    String sampler = sampler();
    boolean stableDiffusion = kind.startsWith("Heun") || kind.startsWith("KDPM2");
    return new ProcessConfig(
        schedule(),
        betas == null ? steps : betas.length,
        c.number("beta_start", stableDiffusion ? 0.00085 : 1e-4),
        c.number("beta_end", stableDiffusion ? 0.012 : 0.02),
        null,
        null,
        predicts(),
        null,
        clip,
        false,
        variance(),
        new Conventions(
            null,
            null,
            betas,
            c.flag("rescale_betas_zero_snr", false) ? true : null,
            true,
            clip && range != 1 ? range : null,
            sampler,
            sampler == null ? null : spacing(),
            sampler == null ? null : kind.equals("DDPMScheduler") ? (Integer) steps : STEPS,
            null));
  }

  private String schedule() {
    return switch (c.text("beta_schedule", "linear")) {
      case "linear" -> "linear";
      case "scaled_linear" -> "quadratic";
      case "squaredcos_cap_v2" -> "cosine";
      case "sigmoid" -> "sigmoid";
      default ->
          c.fail("beta_schedule", "must be linear, scaled_linear, squaredcos_cap_v2 or sigmoid");
    };
  }

  private String predicts() {
    return switch (c.text("prediction_type", "epsilon")) {
      case "epsilon" -> "eps";
      case "sample" -> "x0";
      case "v_prediction" -> "v";
      default -> c.fail("prediction_type", "must be epsilon, sample or v_prediction");
    };
  }

  /** DDPM and DDIM clip unless they are told not to, the others the other way round. */
  private boolean clips() {
    boolean thresholds = c.flag("thresholding", false);
    if (thresholds && c.number("sample_max_value", 1) != 1) {
      c.fail("sample_max_value", "must be 1: other thresholds are told by sample --threshold");
    }
    // with a largest value of 1, dynamic thresholding is clipping
    return thresholds
        || c.flag("clip_sample", kind.equals("DDPMScheduler") || kind.equals("DDIMScheduler"));
  }

  private Variance variance() {
    return switch (c.text("variance_type", "fixed_small")) {
      case "fixed_small", "fixed_small_log" -> Variance.SMALL;
      case "fixed_large", "fixed_large_log" -> Variance.LARGE;
      case "learned_range" -> Variance.LEARNED_RANGE;
      case "learned" -> Variance.LEARNED;
      default ->
          c.fail("variance_type", "must be fixed_small, fixed_large, learned or learned_range");
    };
  }

  // ---- how diffusers samples it ----

  /** Null where ours differs. */
  private String sampler() {
    if (spacing() == null) {
      return null;
    }
    return switch (kind) {
      case "DDPMScheduler" -> "ddpm";
      case "DDIMScheduler" -> c.flag("set_alpha_to_one", true) ? "ddim" : null;
      case "DPMSolverMultistepScheduler" -> multistep();
      default -> null;
    };
  }

  private String multistep() {
    boolean plain =
        c.flag("lower_order_final", true)
            && !c.flag("euler_at_final", false)
            && c.text("final_sigmas_type", "zero").equals("zero")
            && c.text("solver_type", "midpoint").equals("midpoint");
    String name = c.text("algorithm_type", "dpmsolver++") + c.whole("solver_order", 2);
    return !plain
        ? null
        : name.equals("dpmsolver++2")
            ? "dpmpp-2m"
            : name.equals("sde-dpmsolver++2") ? "dpmpp-2m-sde" : null;
  }

  /** The times, by our name; null where we have none for them. */
  private String spacing() {
    for (String other : new String[] {"karras", "exponential", "beta", "flow"}) {
      if (c.flag("use_" + other + "_sigmas", false)) {
        return null;
      }
    }
    boolean chain = kind.equals("DDPMScheduler") || kind.equals("DDIMScheduler");
    int offset = c.whole("steps_offset", 0);
    return switch (c.text("timestep_spacing", chain ? "leading" : "linspace")) {
      case "leading" -> chain ? offset == 0 ? "leading" : "leading:" + offset : null;
      case "trailing" -> "trailing";
      // DDIM of diffusers steps from times of its own there, see docs/samplers.md
      case "linspace" -> kind.equals("DDPMScheduler") ? "linspace" : null;
      default -> c.fail("timestep_spacing", "must be leading, trailing or linspace");
    };
  }

  // ---- processes in continuous time ----

  private ProcessConfig scoreVe() {
    return continuous(
        "ve",
        "score",
        null,
        null,
        c.number("sigma_min", 0.01),
        c.number("sigma_max", 1348),
        null,
        new Conventions(null, "unsigned", null, null, null, null, null, null, null, null));
  }

  private ProcessConfig scoreVp() {
    return continuous(
        "vp",
        "eps",
        c.number("beta_min", 0.1) / 1000,
        c.number("beta_max", 20) / 1000,
        null,
        null,
        null,
        null);
  }

  private ProcessConfig edm() {
    c.must("prediction_type", "epsilon");
    return continuous(
        "edm",
        "edm",
        null,
        null,
        c.number("sigma_min", 0.002),
        c.number("sigma_max", 80),
        c.number("sigma_data", 0.5),
        null);
  }

  private ProcessConfig continuous(
      String schedule,
      String predicts,
      Double betaStart,
      Double betaEnd,
      Double sigmaMin,
      Double sigmaMax,
      Double sigmaData,
      Conventions conventions) {
    return new ProcessConfig(
        schedule,
        c.whole("num_train_timesteps", 2000),
        betaStart == null ? 1e-4 : betaStart,
        betaEnd == null ? 0.02 : betaEnd,
        sigmaMin,
        sigmaMax,
        predicts,
        sigmaData,
        false,
        false,
        Variance.SMALL,
        conventions);
  }
}
