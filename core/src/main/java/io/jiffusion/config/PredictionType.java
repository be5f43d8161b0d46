package io.jiffusion.config;

import io.jiffusion.schedule.Predicts;
import java.util.function.DoubleFunction;

/**
 * What a network can predict, by name, and the {@code prediction_type} that it is for diffusers'
 * schedulers of a table; null where they have no word: such a model cannot be exported.
 */
// Its functions have no state.
@SuppressWarnings("ImmutableEnumChecker")
public enum PredictionType {
  EPS("epsilon", Predicts.EPS),
  X0("sample", Predicts.X0),
  V("v_prediction", Predicts.V),
  SCORE(null, Predicts.SCORE),
  SCALED_SCORE(null, Predicts.SCALED_SCORE),
  VELOCITY(null, Predicts.VELOCITY),
  /** The paper's preconditioned network, on any schedule. */
  EDM(null, Predicts::edm);

  private final String diffusers;
  private final DoubleFunction<Predicts> make;

  PredictionType(String diffusers, Predicts predicts) {
    this(diffusers, sigmaData -> predicts);
  }

  PredictionType(String diffusers, DoubleFunction<Predicts> make) {
    this.diffusers = diffusers;
    this.make = make;
  }

  /** What diffusers calls it for a table; null where it has no word. */
  public String diffusers() {
    return diffusers;
  }

  /** Whether it determines the data where no signal is left, which noise and score do not. */
  boolean knowsDataInNoise() {
    return this == X0 || this == V || this == EDM;
  }

  /** How the network's output is to be read. */
  Predicts of(double sigmaData) {
    return make.apply(sigmaData);
  }
}
