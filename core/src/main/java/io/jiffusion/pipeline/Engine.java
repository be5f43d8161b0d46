package io.jiffusion.pipeline;

import io.jiffusion.tensor.Torch;

/** What holds for the whole process. */
public final class Engine {
  private Engine() {}

  /**
   * Chooses where networks run, before the first model is loaded or trained; without this call it
   * is the processor.
   *
   * @param device cpu, cuda, or auto: a GPU where there is one that the natives can use
   * @throws IllegalArgumentException if there is no such device
   */
  public static void use(String device) {
    Torch.use(Torch.device(device));
  }
}
