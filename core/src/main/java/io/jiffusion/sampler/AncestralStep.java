package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.schedule.TimeGrid;
import java.util.OptionalInt;

/**
 * An ancestral step in two parts, as k-diffusion takes it ({@code get_ancestral_step} of its {@code
 * sampling.py}): along the probability flow down to a level below the next one, then up to that by
 * fresh noise.
 *
 * @param down noise level that the flow leads to
 * @param up standard deviation of the noise that is added; {@code down² + up²} is the square of the
 *     next level
 */
record AncestralStep(double down, double up) {

  /**
   * The parts of a step between two noise levels.
   *
   * @param eta 0: all flow; 1: the noise of the forward process's posterior; a larger one is
   *     limited where all noise of the next level is fresh
   */
  static AncestralStep of(double from, double to, double eta) {
    if (eta == 0) {
      return new AncestralStep(to, 0);
    }
    // σ_up = min(σ_to, η·√(σ_to²·(σ_from² − σ_to²)/σ_from²)), σ_down = √(σ_to² − σ_up²)
    double ratio = to / from;
    double kept = (1 - eta) * (1 + eta) + eta * eta * ratio * ratio; // σ_down²/σ_to²
    return new AncestralStep(
        to * Math.sqrt(Math.max(0, kept)),
        to * Math.min(1, eta * Math.sqrt((1 - ratio) * (1 + ratio))));
  }

  /** Refuses senseless choices of an ancestral sampler. */
  static void check(double eta, double noise) {
    if (!(eta >= 0 && Double.isFinite(eta))) {
      throw new IllegalArgumentException(
          "illegal eta: " + eta + ", must be 0 or more; 0 is deterministic, 1 is ancestral");
    }
    if (!(noise >= 0 && Double.isFinite(noise))) {
      throw new IllegalArgumentException(
          "illegal noise: " + noise + ", must be 0 or more; 1 is the level's own");
    }
  }

  /** The state at {@code down} with the fresh noise of step k added, scaled by {@code noise}. */
  Batch up(Walk walk, int k, Batch y, double noise) {
    return up == 0 ? y : Batch.lincomb(1, y, noise * up, walk.noise().batch(k, y));
  }

  /**
   * Evaluations of a method with two in a step, one in a step down to no noise. With eta above 1
   * the noise levels say which steps those are.
   */
  static OptionalInt evaluations(TimeGrid grid, double eta) {
    return eta > 1 ? OptionalInt.empty() : OptionalInt.of(grid.steps() + grid.noisySteps());
  }
}
