package io.jiffusion.config;

import io.jiffusion.base.Check;
import io.jiffusion.base.Draft;
import io.jiffusion.base.LeftOut;
import io.jiffusion.network.Execution;
import io.jiffusion.process.NetworkDenoiser;
import io.jiffusion.process.Variance;
import io.jiffusion.schedule.DiscreteBetas;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.Predicts;
import io.jiffusion.schedule.Respacing;
import io.jiffusion.schedule.TimeGrid;
import io.jiffusion.schedule.TimeLabel;

/**
 * The forward process, and the conventions that a sampler must share with the training.
 *
 * @param schedule how noise grows
 * @param steps T of DDPM; in continuous time the steps that DDPM's sampler takes by default
 * @param betaStart the first beta; of vp and sub-vp, a thousandth of beta(0). Not used by
 *     rescaled-linear, cosine, jsd, ve, edm and flow
 * @param betaEnd the last, or a thousandth of beta(1); not used by these, nor by constant
 * @param sigmaMin the least noise level of ve and edm; left out, 0.01 and 0.002
 * @param sigmaMax the largest of ve and edm; left out, 50 and 80
 * @param predicts what the network predicts
 * @param sigmaData standard deviation of the data, used by edm prediction; left out, 0.5
 * @param clip whether a sampler clips the predicted image to [−1, 1]
 * @param rederive whether DDIM derives eps again from the clipped image
 * @param variance of an ancestral step where the request does not say it
 * @param conventions of the program that the network is from; left out, ours
 */
public record ProcessConfig(
    ScheduleType schedule,
    int steps,
    double betaStart,
    double betaEnd,
    @LeftOut Double sigmaMin,
    @LeftOut Double sigmaMax,
    PredictionType predicts,
    @LeftOut Double sigmaData,
    boolean clip,
    boolean rederive,
    Variance variance,
    @LeftOut Conventions conventions) {

  /** T of the largest table. */
  static final int MOST_STEPS = 10_000;

  public ProcessConfig {
    Check.range("steps", steps, 1, MOST_STEPS);
    Check.that(
        betaStart > 0 && betaStart < 1, "betaStart", betaStart, "must be above 0 and below 1");
    Check.that(
        betaEnd >= betaStart && betaEnd < 1,
        "betaEnd",
        betaEnd,
        "must be at least betaStart and below 1");
    Check.that(
        predicts != PredictionType.VELOCITY || schedule == ScheduleType.FLOW,
        "predicts",
        Binder.name(predicts),
        "must go with schedule flow; use v for the others");
    boolean exploding = schedule == ScheduleType.VE || schedule == ScheduleType.EDM;
    if (exploding && sigmaMin == null) {
      sigmaMin = schedule == ScheduleType.VE ? 0.01 : 0.002;
    }
    if (exploding && sigmaMax == null) {
      sigmaMax = schedule == ScheduleType.VE ? 50.0 : 80.0;
    }
    Check.that(sigmaMin == null || sigmaMin > 0, "sigmaMin", sigmaMin, "must be above 0");
    Check.that(
        sigmaMax == null || sigmaMin == null || sigmaMax > sigmaMin,
        "sigmaMax",
        sigmaMax,
        "must be above sigmaMin");
    if (predicts == PredictionType.EDM && sigmaData == null) {
      sigmaData = 0.5;
    }
    Check.that(
        conventions == null
            || conventions.label() == null
            || schedule.isTable()
            || !Labels.ofTable(conventions.label()),
        "conventions.label",
        conventions == null ? "" : conventions.label(),
        "must go with a table of betas");
    Check.that(
        conventions == null || conventions.betas() == null || conventions.betas().size() == steps,
        "conventions.betas",
        conventions == null || conventions.betas() == null ? 0 : conventions.betas().size(),
        "must be one for each of the steps");
    Check.that(sigmaData == null || sigmaData > 0, "sigmaData", sigmaData, "must be above 0");
  }

  /**
   * A process in the making: a thousand steps with the betas of DDPM, no clipping, the small
   * variance and conventions of our own, until told otherwise.
   */
  public static Draft<ProcessConfig> draft(ScheduleType schedule, PredictionType predicts) {
    return Draft.of(ProcessConfig.class)
        .set("schedule", schedule)
        .set("steps", 1000)
        .set("betaStart", 1e-4)
        .set("betaEnd", 0.02)
        .set("predicts", predicts)
        .set("clip", false)
        .set("rederive", false)
        .set("variance", Variance.SMALL);
  }

  /** Whether the schedule is a table of T betas, not a process in continuous time. */
  public boolean isTable() {
    return schedule.isTable();
  }

  /** The two functions of the process. */
  public NoiseSchedule noiseSchedule() {
    if (known().betas() != null) {
      return fullNoise(
          DiscreteBetas.of(known().betas().stream().mapToDouble(Double::doubleValue).toArray()));
    }
    NoiseSchedule plain =
        schedule.of(new ScheduleType.Numbers(steps, betaStart, betaEnd, sigmaMin, sigmaMax));
    return plain instanceof DiscreteBetas table ? fullNoise(table) : plain;
  }

  private DiscreteBetas fullNoise(DiscreteBetas table) {
    DiscreteBetas given =
        Boolean.TRUE.equals(known().singlePrecision()) ? table.singlePrecision() : table;
    DiscreteBetas full = Boolean.TRUE.equals(known().zeroSnr()) ? given.zeroTerminalSnr() : given;
    DiscreteBetas ended =
        known().endAlphaBar() == null ? full : full.endingAt(known().endAlphaBar());
    return known().between() == null ? ended : ended.between(known().between());
  }

  /** The conventions, ours where none are told. */
  public Conventions known() {
    return conventions == null ? Conventions.OURS : conventions;
  }

  /** Factor of the standard normal noise in the state from which the times of a grid start. */
  public double startStd(TimeGrid grid) {
    NoiseSchedule process = noiseSchedule();
    if (known().start() == null) {
      return process.priorStd();
    }
    double sigma = process.sigma(grid.time(0));
    return known().start().equals("noise") ? sigma : Math.hypot(process.alpha(grid.time(0)), sigma);
  }

  /** How the network's output is to be read. */
  public Predicts prediction() {
    return predicts.of(sigmaData == null ? 0 : sigmaData);
  }

  /** A network as a denoiser of this process; of one walk and one thread, as it counts. */
  public NetworkDenoiser denoiser(Execution network) {
    return new NetworkDenoiser(network, noiseSchedule(), prediction(), timeLabel());
  }

  /**
   * How the network is told the time: the index of a table, {@code 999·t} for vp and sub-vp as
   * score SDE does, sigma for ve, {@code 1000·t} for flow as diffusers does; {@code ln(n)/4} for
   * schedule edm and wherever edm is predicted.
   */
  public TimeLabel timeLabel() {
    if (known().label() != null) {
      return Labels.of(known().label(), noiseSchedule(), steps);
    }
    return predicts == PredictionType.EDM
        ? TimeLabel.logNoiseLevel(noiseSchedule())
        : schedule.label(noiseSchedule(), steps);
  }

  /** Whether nothing is left of the image at the end: a table of zero terminal SNR. */
  boolean endsInNoise() {
    return isTable() && noiseSchedule().alpha(1) == 0;
  }

  /**
   * The spacing to use where a sampler's own is known: that one, but in continuous time, where no
   * steps of a table can be chosen, the nearest to it that the process is known with; and steps of
   * the table where its noise level at the end is infinite, so that none can be chosen by levels.
   */
  public String spacing(String ofSampler) {
    if (endsInNoise()) {
      return predicts.knowsDataInNoise() ? "trailing" : "uniform";
    }
    return isTable() || !Respacing.knows(ofSampler) ? ofSampler : schedule.spacing();
  }
}
