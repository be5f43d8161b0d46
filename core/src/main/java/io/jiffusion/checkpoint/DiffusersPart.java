package io.jiffusion.checkpoint;

import io.jiffusion.config.NetworkConfig;
import io.jiffusion.config.ProcessConfig;
import io.jiffusion.config.RunConfig;
import io.jiffusion.weights.ArrayFile;
import java.nio.file.Path;
import java.util.Map;

/** A network's class, its configuration, and its name map. */
record DiffusersPart(String kind, NetworkConfig network, NameMap map) {
  static DiffusersPart of(PeerConfig config, Record network, NameMap map) {
    return new DiffusersPart(config.text("_class_name"), NetworkConfig.of(network), map);
  }

  /** With its weights and its process, which may be null. */
  StoredModel stored(Path file, ArrayFile arrays, ProcessConfig process, boolean averaged) {
    return StoredModel.of(
        new RunConfig(null, network, process, null),
        new RunFolder.Source(
            "diffusers " + kind, file.getFileName().toString(), averaged ? "ema" : "raw"),
        arrays,
        map);
  }

  /** Numbers that name maps of diffusers ask for. */
  static Map<String, Integer> levels(int number) {
    return Map.of("levels", number);
  }
}
