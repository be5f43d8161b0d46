package io.jiffusion.checkpoint;

import io.jiffusion.config.Conventions;
import io.jiffusion.config.ProcessConfig;
import io.jiffusion.process.Variance;
import io.jiffusion.schedule.DiscreteBetas;
import java.util.Set;

/**
 * The scheduler's configuration of a diffusers pipeline: the forward process that the network was
 * trained on, with {@link DiffusersSampling}, how diffusers samples it by itself.
 */
public final class DiffusersScheduler {
  /** ᾱ at the end of a table of zero SNR, where a scheduler divides by it. */
  private static final double SUBNORMAL = Math.scalb(1.0, -24);

  private static final Set<String> SOLVERS =
      Set.of(
          "DPMSolverMultistepScheduler",
          "DPMSolverSinglestepScheduler",
          "UniPCMultistepScheduler",
          "DEISMultistepScheduler",
          "SASolverScheduler");
  private static final Set<String> THRESHOLDERS =
      Set.of(
          "DDPMScheduler",
          "DDIMScheduler",
          "DPMSolverMultistepScheduler",
          "DPMSolverSinglestepScheduler",
          "UniPCMultistepScheduler",
          "DEISMultistepScheduler",
          "SASolverScheduler",
          "EDMDPMSolverMultistepScheduler");
  private static final Set<String> ZERO_SNR =
      Set.of(
          "DDPMScheduler",
          "DDIMScheduler",
          "DPMSolverMultistepScheduler",
          "UniPCMultistepScheduler",
          "EulerDiscreteScheduler",
          "EulerAncestralDiscreteScheduler");

  private final PeerConfig c;
  private final String kind;

  private DiffusersScheduler(PeerConfig c) {
    this.c = c;
    this.kind = c.text("_class_name");
  }

  public static ProcessConfig read(PeerConfig c) {
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
          "SASolverScheduler",
          "LMSDiscreteScheduler" ->
          scheduler.table();
      default -> c.fail("_class_name", "is no scheduler that is known here");
    };
  }

  // ---- the process ----

  private ProcessConfig table() {
    if (c.flag("use_flow_sigmas", false) && SOLVERS.contains(kind)) {
      return flow();
    }
    ProcessConfig plain = table(conventions());
    DiscreteBetas betas = (DiscreteBetas) plain.noiseSchedule();
    return table(DiffusersSampling.onTable(c, betas, plain.known()));
  }

  private ProcessConfig table(Conventions conventions) {
    boolean stableDiffusion = kind.startsWith("Heun") || kind.startsWith("KDPM2");
    double[] betas = conventions.betas();
    return new ProcessConfig(
        schedule(),
        betas == null ? c.whole("num_train_timesteps", 1000) : betas.length,
        c.number("beta_start", stableDiffusion ? 0.00085 : 1e-4),
        c.number("beta_end", stableDiffusion ? 0.012 : 0.02),
        null,
        null,
        predicts(),
        null,
        clips(),
        false,
        variance(),
        conventions);
  }

  /** Of the table, and of what is clipped. */
  private Conventions conventions() {
    boolean zeroSnr = ZERO_SNR.contains(kind) && c.flag("rescale_betas_zero_snr", false);
    boolean startsAnywhere = !kind.equals("DDPMScheduler") && !kind.equals("DDIMScheduler");
    double range = c.number("clip_sample_range", 1);
    return thresholds(Conventions.OURS)
        .with("betas", c.has("trained_betas") ? c.numbers("trained_betas") : null)
        .with("zeroSnr", zeroSnr ? true : null)
        .with("endAlphaBar", zeroSnr && startsAnywhere ? SUBNORMAL : null)
        .with("singlePrecision", true)
        .with("clipRange", clips() && !thresholds() && range != 1 ? range : null);
  }

  /** A largest threshold of 1 is clipping to 1, which is told as that. */
  private Conventions thresholds(Conventions known) {
    double most = c.number("sample_max_value", 1);
    double quantile = c.number("dynamic_thresholding_ratio", 0.995);
    return thresholds() && most > 1
        ? known.with("threshold", "dynamic:quantile=" + quantile + ",most=" + most)
        : known;
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

  /** Thresholding wins over clipping; most classes do not know the latter and leave it out. */
  private boolean clips() {
    boolean chain = kind.equals("DDPMScheduler") || kind.equals("DDIMScheduler");
    boolean clipper = chain || kind.equals("HeunDiscreteScheduler");
    return thresholds() || clipper && c.flag("clip_sample", chain);
  }

  private boolean thresholds() {
    return THRESHOLDERS.contains(kind) && c.flag("thresholding", false);
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
        Conventions.OURS.with("dataRange", "unsigned"));
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

  /** The straight line of rectified flow, on which a network may have been trained otherwise. */
  private ProcessConfig flow() {
    if (c.whole("num_train_timesteps", 1000) != 1000) {
      c.fail("num_train_timesteps", "must be 1000 with use_flow_sigmas");
    }
    String predicts = c.text("prediction_type", "epsilon");
    if (c.flag("use_dynamic_shifting", false)) {
      c.fail("use_dynamic_shifting", "must be false: the shift is told by flow_shift");
    }
    return continuous(
        "flow",
        predicts.equals("flow_prediction") ? "velocity" : predicts(),
        null,
        null,
        null,
        null,
        null,
        DiffusersSampling.onFlow(c, thresholds(Conventions.OURS)));
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
        DiffusersSampling.onEdm(c, thresholds(Conventions.OURS)));
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
        thresholds(),
        false,
        Variance.SMALL,
        conventions);
  }
}
