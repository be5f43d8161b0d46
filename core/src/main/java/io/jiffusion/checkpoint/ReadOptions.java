package io.jiffusion.checkpoint;

import io.jiffusion.base.Check;
import java.nio.file.Path;
import java.util.List;

/**
 * How a checkpoint is to be read, where it does not say it itself.
 *
 * @param config file with its configuration; null for the one that lies beside it
 * @param flags its configuration as flags of the original program, as {@code --image_size 64}; null
 *     for none
 * @param weights which of its weights: ema, raw, or auto for the averaged ones if there are some
 * @param scheduler its process, where it does not say it or another is wanted: a {@code
 *     scheduler_config.json} of diffusers or its folder, the name of such a class, or a {@link
 *     io.jiffusion.config.ScheduleType}; null for its own
 */
public record ReadOptions(Path config, String flags, String weights, String scheduler) {
  /** As the checkpoint says. */
  public static final ReadOptions AUTO = new ReadOptions(null, null, "auto", null);

  public ReadOptions {
    Check.oneOf(List.of("auto", "ema", "raw"), "weights", weights);
  }
}
