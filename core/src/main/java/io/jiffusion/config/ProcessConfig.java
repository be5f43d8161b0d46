package io.jiffusion.config;

import io.jiffusion.base.Check;
import io.jiffusion.base.LeftOut;
import io.jiffusion.network.Execution;
import io.jiffusion.process.NetworkDenoiser;
import io.jiffusion.process.Variance;
import io.jiffusion.schedule.DiscreteBetas;
import io.jiffusion.schedule.Edm;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.Predicts;
import io.jiffusion.schedule.RectifiedFlow;
import io.jiffusion.schedule.Respacing;
import io.jiffusion.schedule.SubVariancePreserving;
import io.jiffusion.schedule.TimeGrid;
import io.jiffusion.schedule.TimeLabel;
import io.jiffusion.schedule.VarianceExploding;
import io.jiffusion.schedule.VariancePreserving;
import java.util.List;
import java.util.stream.Stream;

/**
 * The forward process, and the conventions that a sampler must share with the training.
 *
 * @param schedule how noise grows, one of {@link #SCHEDULES}
 * @param steps T of DDPM; in continuous time the steps that DDPM's sampler takes by default
 * @param betaStart the first beta; of vp and sub-vp, a thousandth of beta(0). Not used by
 *     rescaled-linear, cosine, jsd, ve, edm and flow
 * @param betaEnd the last, or a thousandth of beta(1); not used by these, nor by constant
 * @param sigmaMin the least noise level of ve and edm; left out, 0.01 and 0.002
 * @param sigmaMax the largest of ve and edm; left out, 50 and 80
 * @param predicts what the network predicts, one of {@link #PREDICTIONS}
 * @param sigmaData standard deviation of the data, used by edm prediction; left out, 0.5
 * @param clip whether a sampler clips the predicted image to [−1, 1]
 * @param rederive whether DDIM derives eps again from the clipped image
 * @param variance of an ancestral step where the request does not say it
 * @param conventions of the program that the network is from; left out, ours
 */
public record ProcessConfig(
    String schedule,
    int steps,
    double betaStart,
    double betaEnd,
    @LeftOut Double sigmaMin,
    @LeftOut Double sigmaMax,
    String predicts,
    @LeftOut Double sigmaData,
    boolean clip,
    boolean rederive,
    Variance variance,
    @LeftOut Conventions conventions) {

  /** T of the largest table. */
  static final int MOST_STEPS = 10_000;

  private static final List<String> TABLES =
      List.of("linear", "rescaled-linear", "cosine", "quadratic", "sigmoid", "constant", "jsd");
  private static final List<String> CONTINUOUS = List.of("vp", "sub-vp", "ve", "edm", "flow");

  /**
   * Schedules by name: tables of T betas, of which quadratic is what diffusers calls scaled_linear;
   * and the processes in continuous time.
   */
  public static final List<String> SCHEDULES =
      Stream.concat(TABLES.stream(), CONTINUOUS.stream()).toList();

  /** What a network can predict: edm is the paper's preconditioned network, on any schedule. */
  public static final List<String> PREDICTIONS =
      List.of("eps", "x0", "v", "score", "scaled-score", "velocity", "edm");

  public ProcessConfig {
    Check.oneOf(SCHEDULES, "schedule", schedule);
    Check.range("steps", steps, 1, MOST_STEPS);
    Check.that(
        betaStart > 0 && betaStart < 1, "betaStart", betaStart, "must be above 0 and below 1");
    Check.that(
        betaEnd >= betaStart && betaEnd < 1,
        "betaEnd",
        betaEnd,
        "must be at least betaStart and below 1");
    Check.oneOf(PREDICTIONS, "predicts", predicts);
    Check.that(
        !predicts.equals("velocity") || schedule.equals("flow"),
        "predicts",
        predicts,
        "must go with schedule flow; use v for the others");
    boolean exploding = schedule.equals("ve") || schedule.equals("edm");
    if (exploding && sigmaMin == null) {
      sigmaMin = schedule.equals("ve") ? 0.01 : 0.002;
    }
    if (exploding && sigmaMax == null) {
      sigmaMax = schedule.equals("ve") ? 50.0 : 80.0;
    }
    Check.that(sigmaMin == null || sigmaMin > 0, "sigmaMin", sigmaMin, "must be above 0");
    Check.that(
        sigmaMax == null || sigmaMin == null || sigmaMax > sigmaMin,
        "sigmaMax",
        sigmaMax,
        "must be above sigmaMin");
    if (predicts.equals("edm") && sigmaData == null) {
      sigmaData = 0.5;
    }
    Check.that(
        conventions == null
            || conventions.label() == null
            || TABLES.contains(schedule)
            || !conventions.label().endsWith("index") && !conventions.label().equals("rescaled"),
        "conventions.label",
        conventions == null ? "" : conventions.label(),
        "must go with a table of betas");
    Check.that(
        conventions == null || conventions.betas() == null || conventions.betas().length == steps,
        "conventions.betas",
        conventions == null || conventions.betas() == null ? 0 : conventions.betas().length,
        "must be one for each of the steps");
    Check.that(sigmaData == null || sigmaData > 0, "sigmaData", sigmaData, "must be above 0");
  }

  /** Whether the schedule is a table of T betas, not a process in continuous time. */
  public boolean isTable() {
    return TABLES.contains(schedule);
  }

  /** The two functions of the process. */
  public NoiseSchedule noiseSchedule() {
    if (known().betas() != null) {
      return fullNoise(DiscreteBetas.of(known().betas()));
    }
    return switch (schedule) {
      case "linear" -> fullNoise(DiscreteBetas.linear(steps, betaStart, betaEnd));
      case "rescaled-linear" -> fullNoise(DiscreteBetas.rescaledLinear(steps));
      case "cosine" -> fullNoise(DiscreteBetas.cosine(steps));
      case "quadratic" -> fullNoise(DiscreteBetas.quadratic(steps, betaStart, betaEnd));
      case "sigmoid" -> fullNoise(DiscreteBetas.sigmoid(steps, betaStart, betaEnd));
      case "constant" -> fullNoise(DiscreteBetas.constant(steps, betaStart));
      case "jsd" -> fullNoise(DiscreteBetas.jsd(steps));
      case "vp" -> new VariancePreserving(1000 * betaStart, 1000 * betaEnd);
      case "sub-vp" -> new SubVariancePreserving(1000 * betaStart, 1000 * betaEnd);
      case "ve" -> new VarianceExploding(sigmaMin, sigmaMax);
      case "edm" -> new Edm(sigmaMin, sigmaMax);
      case "flow" -> new RectifiedFlow();
      default -> throw new AssertionError(schedule);
    };
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
    return switch (predicts) {
      case "eps" -> Predicts.EPS;
      case "x0" -> Predicts.X0;
      case "v" -> Predicts.V;
      case "score" -> Predicts.SCORE;
      case "scaled-score" -> Predicts.SCALED_SCORE;
      case "velocity" -> Predicts.VELOCITY;
      case "edm" -> Predicts.edm(sigmaData);
      default -> throw new AssertionError(predicts);
    };
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
      return switch (known().label()) {
        case "index" -> TimeLabel.index(steps);
        case "rescaled" -> TimeLabel.rescaled(steps);
        case "999t" -> TimeLabel.scaled(999);
        case "1000t" -> TimeLabel.scaled(1000);
        case "sigma" -> TimeLabel.sigma(noiseSchedule());
        case "rounded-index" -> TimeLabel.roundedIndex(steps);
        case "floored-index" -> TimeLabel.flooredIndex(steps);
        case "floored-1000t" -> TimeLabel.floored(1000);
        case "nearest-index" -> nearestIndex((DiscreteBetas) noiseSchedule());
        case "log-half-sigma" -> {
          NoiseSchedule own = noiseSchedule();
          yield t -> Math.log(own.sigma(t) / 2);
        }
        default -> TimeLabel.logNoiseLevel(noiseSchedule());
      };
    }
    if (predicts.equals("edm")) {
      return TimeLabel.logNoiseLevel(noiseSchedule());
    }
    return switch (schedule) {
      case "vp", "sub-vp" -> TimeLabel.scaled(999);
      case "ve" -> TimeLabel.sigma(noiseSchedule());
      case "edm" -> TimeLabel.logNoiseLevel(noiseSchedule());
      case "flow" -> TimeLabel.scaled(1000);
      default -> TimeLabel.index(steps);
    };
  }

  /** As EDM asks networks of Improved DDPM, which know nothing between their steps. */
  private static TimeLabel nearestIndex(DiscreteBetas table) {
    double[] levels = new double[table.steps()];
    for (int i = 0; i < levels.length; i++) {
      levels[i] = Math.exp(-table.lambda(table.time(i)));
    }
    return t -> {
      double level = Math.exp(-table.lambda(t));
      int nearest = 0;
      for (int i = 1; i < levels.length; i++) {
        if (Math.abs(levels[i] - level) < Math.abs(levels[nearest] - level)) {
          nearest = i;
        }
      }
      return nearest;
    };
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
      return List.of("x0", "v", "edm").contains(predicts) ? "trailing" : "uniform";
    }
    if (isTable() || !Respacing.knows(ofSampler)) {
      return ofSampler;
    }
    return switch (schedule) {
      case "ve", "edm" -> "karras";
      case "flow" -> "time:end=0";
      default -> "time";
    };
  }
}
