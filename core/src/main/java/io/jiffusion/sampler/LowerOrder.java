package io.jiffusion.sampler;

/** When the last steps of a multistep method are of lower order, which is steadier if large. */
public enum LowerOrder {
  /** On grids of fewer than ten steps, as the program of DPM-Solver's authors does. */
  FEW,
  ALWAYS,
  NEVER;

  /**
   * How many values a step uses: all that are known, or no more than there are steps to go.
   *
   * @param step its number, from 0
   * @param steps all, without one to no noise
   */
  int most(int known, int step, int steps) {
    boolean lower = this == ALWAYS || this == FEW && steps < 10;
    return lower ? Math.min(known, steps - step) : known;
  }
}
