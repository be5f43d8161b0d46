package io.jiffusion.sampler;

/** How derivatives of the prediction enter a DPM-Solver; the order is the same. */
public enum DpmType {
  /** As the papers do: the simplest factors that keep the order. */
  DPM_SOLVER,
  /** The Taylor expansion, term by term; k-diffusion calls it heun. */
  TAYLOR
}
