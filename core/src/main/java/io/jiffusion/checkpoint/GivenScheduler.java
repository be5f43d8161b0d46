package io.jiffusion.checkpoint;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.config.Binder;
import io.jiffusion.config.ProcessConfig;
import io.jiffusion.config.RunConfig;
import io.jiffusion.config.ScheduleType;
import io.jiffusion.config.Tree;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * The process that is told for a model by {@code --scheduler}: a file of diffusers' scheduler, or
 * the folder of one; the name of such a class; or the name of one of our schedules.
 */
final class GivenScheduler {
  private static final String CLASS = "_class_name";

  private GivenScheduler() {}

  /**
   * What is told.
   *
   * @param own what the model's folder says of its scheduler, which another class takes over as
   *     {@code from_config} of diffusers does; null if it says nothing
   * @throws JiffusionException if there is no such file or name
   */
  static ProcessConfig process(String given, PeerConfig own) {
    Path file = file(Path.of(given));
    if (file != null) {
      PeerConfig settings = PeerConfig.read(file);
      if (!settings.has(CLASS)) {
        throw new JiffusionException(
            file + " is no scheduler of diffusers: it has no " + CLASS + ", such as DDPMScheduler");
      }
      return DiffusersScheduler.read(settings);
    }
    for (ScheduleType schedule : ScheduleType.values()) {
      if (Binder.name(schedule).equals(given)) {
        String predicts = "process.predicts=" + Binder.name(schedule.predicts());
        return RunConfig.of("cifar10", List.of("process.schedule=" + given, predicts)).process();
      }
    }
    if (given.matches("[A-Za-z0-9]+Scheduler")) {
      Map<String, Tree> keys = new LinkedHashMap<>(own == null ? Map.of() : own.keys());
      keys.put(CLASS, new Tree(given, "--scheduler " + given));
      return DiffusersScheduler.read(
          new PeerConfig(keys, own == null ? "--scheduler " + given : own.place()));
    }
    throw new JiffusionException(
        "illegal scheduler: "
            + given
            + ", must be a file such as scheduler_config.json, a class of diffusers such as"
            + " DDPMScheduler, or one of "
            + Arrays.stream(ScheduleType.values())
                .map(Binder::name)
                .collect(Collectors.joining(", ")));
  }

  private static Path file(Path path) {
    return List.of(
            path,
            path.resolve("scheduler_config.json"),
            path.resolve("scheduler").resolve("scheduler_config.json"))
        .stream()
        .filter(Files::isRegularFile)
        .findFirst()
        .orElse(null);
  }
}
