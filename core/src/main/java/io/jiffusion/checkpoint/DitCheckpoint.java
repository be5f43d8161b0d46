package io.jiffusion.checkpoint;

import io.jiffusion.base.Draft;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.config.NetworkConfig;
import io.jiffusion.config.PredictionType;
import io.jiffusion.config.ProcessConfig;
import io.jiffusion.config.RunConfig;
import io.jiffusion.config.ScheduleType;
import io.jiffusion.network.DitConfig;
import io.jiffusion.process.Variance;
import io.jiffusion.weights.ArrayFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * Checkpoints of facebookresearch/DiT: the network alone, as they are given away, or trained and
 * averaged. Of the network's arguments only the number of heads is not in the shapes; the named
 * models have it by their width.
 */
final class DitCheckpoint implements Format {
  private static final String PATCHES = "x_embedder.proj.weight";
  private static final String TABLE = "y_embedder.embedding_table.weight";
  private static final String LAST = "final_layer.linear.weight";

  /** Heads of DiT-S, B, L and XL. */
  private static final Map<Integer, Integer> HEADS = Map.of(384, 6, 768, 12, 1024, 16, 1152, 16);

  @Override
  public boolean knows(ArrayFile arrays, PeerConfig config) {
    return !groups(arrays).isEmpty();
  }

  /** Where the file has a network: averaged, trained, or the only one. */
  private static List<String> groups(ArrayFile arrays) {
    return List.of("ema/", "model/", "").stream()
        .filter(group -> arrays.arrays().containsKey(group + PATCHES))
        .filter(group -> arrays.arrays().containsKey(group + LAST))
        .toList();
  }

  @Override
  public StoredModel open(Path path, ArrayFile arrays, PeerConfig config, ReadOptions options) {
    List<String> groups = groups(arrays);
    String group = groups.get(options.weights().equals("raw") ? groups.size() - 1 : 0);
    if (options.weights().equals("ema") && group.equals("model/")) {
      throw new JiffusionException(path + " has no weights ema, only raw; take --weights auto");
    }
    ArrayFile own = arrays.under(group);
    DitConfig dit = dit(path, own, config == null ? PeerConfig.none(path.toString()) : config);
    return StoredModel.of(
        new RunConfig(null, NetworkConfig.of(dit), process(dit), null),
        new RunFolder.Source(
            "DiT", path.getFileName().toString(), group.equals("ema/") ? "ema" : "raw"),
        own,
        NameMap.of("dit", Map.of()));
  }

  private static DitConfig dit(Path path, ArrayFile arrays, PeerConfig config) {
    long[] first = shape(path, arrays, PATCHES, 4); // [width, channels, patch, patch]
    if (first[3] < 1) {
      throw new JiffusionException(path + " has a convolution " + PATCHES + " of no pixels");
    }
    int width = (int) first[0];
    int patch = (int) first[3];
    int depth = 0;
    while (arrays.arrays().containsKey("blocks." + depth + ".attn.qkv.weight")) {
      depth++;
    }
    Integer heads =
        config.has("num_heads") ? (Integer) config.whole("num_heads") : HEADS.get(width);
    if (heads == null) {
      throw new JiffusionException(
          path
              + " is a DiT of width "
              + width
              + ", which no named model has: its number of heads must be told as num_heads in a"
              + " config.json beside it, or by --config");
    }
    return Draft.of(DitConfig.class)
        .set("inputChannels", (int) first[1])
        .set("outputChannels", (int) shape(path, arrays, LAST, 2)[0] / patch / patch)
        .set("size", patch * side(path, arrays, config, patch))
        .set("patch", patch)
        .set("width", width)
        .set("heads", heads)
        .set("depth", depth)
        .set("classes", (int) shape(path, arrays, TABLE, 2)[0])
        .set("shift", 0)
        .set("feedEps", 1e-6)
        .make();
  }

  /** Patches in a row. */
  private static int side(Path path, ArrayFile arrays, PeerConfig config, int patch) {
    return config.has("input_size")
        ? config.whole("input_size") / patch
        : (int) Math.round(Math.sqrt(shape(path, arrays, "pos_embed", 3)[1]));
  }

  private static long[] shape(Path path, ArrayFile arrays, String name, int rank) {
    ArrayFile.Info info = arrays.arrays().get(name);
    if (info == null || info.shape().length != rank) {
      throw new JiffusionException(
          path + " has no tensor " + name + " of " + rank + " axes, must have one like a DiT");
    }
    return info.shape();
  }

  private static ProcessConfig process(DitConfig dit) {
    return ProcessConfig.draft(ScheduleType.LINEAR, PredictionType.EPS)
        .set(
            "variance",
            dit.outputChannels() == 2 * dit.inputChannels()
                ? Variance.LEARNED_RANGE
                : Variance.LARGE)
        .make();
  }
}
