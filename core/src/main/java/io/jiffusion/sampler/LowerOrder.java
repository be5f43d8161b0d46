package io.jiffusion.sampler;

import io.jiffusion.schedule.TimeGrid;

/** When the last steps of a multistep method are of lower order, which is steadier if large. */
public enum LowerOrder {
  /** On grids of fewer than ten steps, as the program of DPM-Solver's authors does. */
  FEW,
  /** On all grids. */
  ALWAYS,

  /** On none: every step uses all values that are known. */
  NEVER,

  /**
   * On grids of fewer than 15 steps, of which one to no noise is the last: DPM-Solver and DEIS of
   * diffusers.
   */
  BELOW_15,

  /** As {@link #BELOW_15}; in more steps the last alone: diffusers' {@code euler_at_final}. */
  LAST,

  /** Always, a step to no noise being the last: UniPC and SA-Solver of diffusers. */
  COUNTED;

  /**
   * How many values a step uses: all that are known, or no more than there are steps to go.
   *
   * @param step its number, from 0
   */
  int most(int known, int step, TimeGrid grid) {
    int noisy = grid.noisySteps();
    int all = grid.steps();
    return switch (this) {
      case FEW -> noisy < 10 ? Math.min(known, noisy - step) : known;
      case ALWAYS -> Math.min(known, noisy - step);
      case NEVER -> known;
      case BELOW_15 -> all < 15 ? Math.min(known, all - step) : known;
      case LAST -> all < 15 || step == all - 1 ? Math.min(known, all - step) : known;
      case COUNTED -> Math.min(known, all - step);
    };
  }
}
