package io.jiffusion.checkpoint;

import io.jiffusion.base.Draft;
import io.jiffusion.config.NetworkConfig;
import io.jiffusion.config.RunConfig;
import io.jiffusion.network.TinyAutoencoderConfig;
import io.jiffusion.weights.ArrayFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * TAESD's own files, encoder and decoder in one: lists of layers, whose shapes say all there is to
 * know. Images are in [0, 1].
 */
final class TaesdCheckpoint implements Format {

  @Override
  public boolean knows(ArrayFile arrays, PeerConfig config) {
    return arrays.arrays().containsKey("encoder.1.conv.0.weight")
        && arrays.arrays().containsKey("decoder.1.weight");
  }

  @Override
  public StoredModel open(Path path, ArrayFile arrays, PeerConfig config, ReadOptions options) {
    Map<String, ArrayFile.Info> tensors = arrays.arrays();
    List<Integer> blocks = new ArrayList<>();
    int pooled = 0;
    int layer = 0;
    int levels = 0;
    for (; tensors.containsKey("encoder." + (layer + 1) + ".conv.0.weight"); levels++) {
      int first = ++layer; // after the convolution that begins a level
      pooled += tensors.containsKey("encoder." + first + ".pool.0.weight") ? 1 : 0;
      while (tensors.containsKey("encoder." + layer + ".conv.0.weight")) {
        layer++;
      }
      blocks.add(layer - first);
    }
    int channels = (int) tensors.get("encoder.0.weight").shape()[0];
    List<Integer> wide = Collections.nCopies(levels, channels);
    List<Integer> decoder = new ArrayList<>();
    int at = 3; // behind a function, a convolution and a function
    for (int i = 0; i < levels; i++) {
      int first = at;
      while (tensors.containsKey("decoder." + at + ".conv.0.weight")) {
        at++;
      }
      decoder.add(at - first);
      at += 2; // a doubling and a convolution
    }
    return StoredModel.of(
        new RunConfig(
            null,
            NetworkConfig.of(
                Draft.of(TinyAutoencoderConfig.class)
                    .set("imageChannels", (int) tensors.get("encoder.0.weight").shape()[1])
                    .set("outputChannels", 3)
                    .set("height", 8 << (levels - 1))
                    .set("width", 8 << (levels - 1))
                    .set("encoderChannels", wide)
                    .set("encoderBlocks", blocks)
                    .set("decoderChannels", wide)
                    .set("decoderBlocks", decoder)
                    .set("latents", (int) tensors.get("decoder.1.weight").shape()[1])
                    .set("pooled", pooled)
                    .set("signed", false)
                    .set("scale", 1)
                    .make()),
            null,
            null),
        new RunFolder.Source("taesd", path.getFileName().toString(), "raw"),
        arrays,
        NameMap.of("tiny-autoencoder", Map.of()));
  }
}
