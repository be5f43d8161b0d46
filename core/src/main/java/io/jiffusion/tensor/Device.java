package io.jiffusion.tensor;

import java.util.Locale;

/** Where tensors live and are computed. Chosen once, before the first of them is made. */
public enum Device {
  /** The processor. */
  CPU,
  /** The first NVIDIA GPU; needs the natives of the Maven profile {@code gpu}. */
  CUDA;

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
