package io.jiffusion.config;

import io.jiffusion.schedule.DiscreteBetas;
import io.jiffusion.schedule.Edm;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.RectifiedFlow;
import io.jiffusion.schedule.SubVariancePreserving;
import io.jiffusion.schedule.TimeLabel;
import io.jiffusion.schedule.VarianceExploding;
import io.jiffusion.schedule.VariancePreserving;
import java.util.function.Function;

/**
 * The noise schedules that a configuration can name, each with all that is known of it: a new one
 * is a row here.
 *
 * <p>A row of a table of betas tells what diffusers calls it ({@code beta_schedule}), null where it
 * has no word: such a table is exported as its betas. A row in continuous time tells what its
 * networks predict as a rule, how they are told the time, and the spacing that its samplers are
 * known with; diffusers' table schedulers cannot hold it.
 */
// Its functions have no state.
@SuppressWarnings("ImmutableEnumChecker")
public enum ScheduleType {
  LINEAR("linear", n -> DiscreteBetas.linear(n.steps(), n.betaStart(), n.betaEnd())),
  RESCALED_LINEAR("linear", n -> DiscreteBetas.rescaledLinear(n.steps())),
  COSINE("squaredcos_cap_v2", n -> DiscreteBetas.cosine(n.steps())),
  QUADRATIC("scaled_linear", n -> DiscreteBetas.quadratic(n.steps(), n.betaStart(), n.betaEnd())),
  SIGMOID("sigmoid", n -> DiscreteBetas.sigmoid(n.steps(), n.betaStart(), n.betaEnd())),
  CONSTANT(null, n -> DiscreteBetas.constant(n.steps(), n.betaStart())),
  JSD(null, n -> DiscreteBetas.jsd(n.steps())),

  VP(
      PredictionType.EPS,
      "time",
      s -> TimeLabel.scaled(999),
      n -> new VariancePreserving(1000 * n.betaStart(), 1000 * n.betaEnd())),
  SUB_VP(
      PredictionType.EPS,
      "time",
      s -> TimeLabel.scaled(999),
      n -> new SubVariancePreserving(1000 * n.betaStart(), 1000 * n.betaEnd())),
  VE(
      PredictionType.SCORE,
      "karras",
      TimeLabel::sigma,
      n -> new VarianceExploding(n.sigmaMin(), n.sigmaMax())),
  EDM(
      PredictionType.EDM,
      "karras",
      TimeLabel::logNoiseLevel,
      n -> new Edm(n.sigmaMin(), n.sigmaMax())),
  FLOW(
      PredictionType.VELOCITY, "time:end=0", s -> TimeLabel.scaled(1000), n -> new RectifiedFlow());

  /** The numbers of a configuration that schedules are made of, each of those that it knows. */
  record Numbers(int steps, double betaStart, double betaEnd, Double sigmaMin, Double sigmaMax) {}

  private final String diffusers;
  private final PredictionType predicts;
  private final String spacing;
  private final Function<NoiseSchedule, TimeLabel> label;
  private final Function<Numbers, NoiseSchedule> make;

  /** A table of T betas. */
  ScheduleType(String diffusers, Function<Numbers, NoiseSchedule> make) {
    this.diffusers = diffusers;
    this.predicts = PredictionType.EPS;
    this.spacing = null;
    this.label = null;
    this.make = make;
  }

  /** A process in continuous time. */
  ScheduleType(
      PredictionType predicts,
      String spacing,
      Function<NoiseSchedule, TimeLabel> label,
      Function<Numbers, NoiseSchedule> make) {
    this.diffusers = null;
    this.predicts = predicts;
    this.spacing = spacing;
    this.label = label;
    this.make = make;
  }

  /** Whether it is a table of T betas, not a process in continuous time. */
  public boolean isTable() {
    return label == null;
  }

  /** What diffusers calls it, {@code beta_schedule}; null where it has no word. */
  public String diffusers() {
    return diffusers;
  }

  /** What networks of it are trained to predict as a rule. */
  public PredictionType predicts() {
    return predicts;
  }

  /** The spacing that a process in continuous time is known with; null for a table. */
  String spacing() {
    return spacing;
  }

  /** How a network is told the time where nothing else is told: the index of a table. */
  TimeLabel label(NoiseSchedule schedule, int steps) {
    return isTable() ? TimeLabel.index(steps) : label.apply(schedule);
  }

  NoiseSchedule of(Numbers numbers) {
    return make.apply(numbers);
  }
}
