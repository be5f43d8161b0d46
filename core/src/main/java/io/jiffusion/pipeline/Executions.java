package io.jiffusion.pipeline;

import io.jiffusion.network.Execution;
import java.nio.file.Path;

/** Puts a network and its weights together. */
final class Executions {
  private Executions() {}

  static Execution load(Path folder, NetworkConfig network, Model.Options options) {
    throw new UnsupportedOperationException();
  }
}
