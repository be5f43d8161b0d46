package io.jiffusion.tensor;

import java.util.Locale;

/** Where tensors live and are computed. Chosen once, before the first of them is made. */
public enum Device {
  /** The processor. */
  CPU,
  /** The first NVIDIA GPU; needs the natives of the Maven profile {@code gpu}. */
  CUDA;

  /**
   * Finds a device by name.
   *
   * @param name {@code cpu}, {@code cuda}, or {@code auto} for a GPU where there is one that the
   *     natives can use
   * @throws IllegalArgumentException if the name is another, or a GPU is asked for where none can
   *     be used
   */
  public static Device of(String name) {
    return switch (name) {
      case "cpu" -> CPU;
      case "auto" -> Torch.hasCuda() ? CUDA : CPU;
      case "cuda" -> {
        if (!Torch.hasCuda()) {
          throw new IllegalArgumentException(
              "illegal device: cuda, must be cpu here: there is no GPU that these natives"
                  + " can use; build with mvn -Pgpu package on a machine with an NVIDIA GPU, CUDA 13 and cuDNN 9");
        }
        yield CUDA;
      }
      default ->
          throw new IllegalArgumentException(
              "illegal device: " + name + ", must be cpu, cuda or auto");
    };
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
