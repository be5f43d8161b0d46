package io.jiffusion.checkpoint;

import io.jiffusion.base.Draft;
import io.jiffusion.config.Conventions;
import io.jiffusion.config.PredictionType;
import io.jiffusion.config.ProcessConfig;
import io.jiffusion.config.ScheduleType;
import io.jiffusion.process.Variance;
import io.jiffusion.schedule.DiscreteBetas;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

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
    List<Double> betas = conventions.betas();
    return ProcessConfig.draft(schedule(), predicts())
        .set("steps", betas == null ? c.whole("num_train_timesteps", 1000) : betas.size())
        .set("betaStart", c.number("beta_start", stableDiffusion ? 0.00085 : 1e-4))
        .set("betaEnd", c.number("beta_end", stableDiffusion ? 0.012 : 0.02))
        .set("clip", clips())
        .set("variance", variance())
        .set("conventions", conventions)
        .make();
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

  /** The first of our tables that has this word. */
  private ScheduleType schedule() {
    String word = c.text("beta_schedule", "linear");
    return Arrays.stream(ScheduleType.values())
        .filter(schedule -> word.equals(schedule.diffusers()))
        .findFirst()
        .orElseGet(
            () -> c.fail("beta_schedule", must(ScheduleType.values(), ScheduleType::diffusers)));
  }

  private PredictionType predicts() {
    String word = c.text("prediction_type", "epsilon");
    return Arrays.stream(PredictionType.values())
        .filter(prediction -> word.equals(prediction.diffusers()))
        .findFirst()
        .orElseGet(
            () ->
                c.fail(
                    "prediction_type", must(PredictionType.values(), PredictionType::diffusers)));
  }

  private static <T> String must(T[] rows, Function<T, String> word) {
    return "must be one of "
        + Arrays.stream(rows)
            .map(word)
            .filter(Objects::nonNull)
            .distinct()
            .collect(Collectors.joining(", "));
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
    return continuous(ScheduleType.VE, PredictionType.SCORE)
        .set("sigmaMin", c.number("sigma_min", 0.01))
        .set("sigmaMax", c.number("sigma_max", 1348))
        .set("conventions", Conventions.OURS.with("dataRange", "unsigned"))
        .make();
  }

  private ProcessConfig scoreVp() {
    return continuous(ScheduleType.VP, PredictionType.EPS)
        .set("betaStart", c.number("beta_min", 0.1) / 1000)
        .set("betaEnd", c.number("beta_max", 20) / 1000)
        .make();
  }

  /** The straight line of rectified flow, on which a network may have been trained otherwise. */
  private ProcessConfig flow() {
    if (c.whole("num_train_timesteps", 1000) != 1000) {
      c.fail("num_train_timesteps", "must be 1000 with use_flow_sigmas");
    }
    boolean velocity = c.text("prediction_type", "epsilon").equals("flow_prediction");
    PredictionType predicts = velocity ? PredictionType.VELOCITY : predicts();
    if (c.flag("use_dynamic_shifting", false)) {
      c.fail("use_dynamic_shifting", "must be false: the shift is told by flow_shift");
    }
    return continuous(ScheduleType.FLOW, predicts)
        .set("conventions", DiffusersSampling.onFlow(c, thresholds(Conventions.OURS)))
        .make();
  }

  private ProcessConfig edm() {
    c.must("prediction_type", "epsilon");
    return continuous(ScheduleType.EDM, PredictionType.EDM)
        .set("sigmaMin", c.number("sigma_min", 0.002))
        .set("sigmaMax", c.number("sigma_max", 80))
        .set("sigmaData", c.number("sigma_data", 0.5))
        .set("conventions", DiffusersSampling.onEdm(c, thresholds(Conventions.OURS)))
        .make();
  }

  private Draft<ProcessConfig> continuous(ScheduleType schedule, PredictionType predicts) {
    return ProcessConfig.draft(schedule, predicts)
        .set("steps", c.whole("num_train_timesteps", 2000))
        .set("clip", thresholds());
  }
}
