package io.jiffusion.checkpoint;

import io.jiffusion.weights.ArrayFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What tensors a file of any program holds, whatever they mean.
 *
 * @param name as the file has it
 * @param type of its numbers, such as F32
 * @param shape such as [64, 3, 3, 3]
 * @param count of numbers
 */
public record Tensors(String name, String type, String shape, long count) {

  /**
   * Lists the tensors of a safetensors or PyTorch file, of an index of several, or of the file that
   * a folder has.
   *
   * @throws io.jiffusion.base.JiffusionException if there is none, or it is damaged
   */
  public static List<Tensors> of(Path path) {
    List<Tensors> tensors = new ArrayList<>();
    Path run = path.resolve(RunFolder.WEIGHTS);
    Path file = RunFolder.isOne(path) ? run : CheckpointFile.of(path);
    try (ArrayFile arrays =
        file == null ? Checkpoints.open(path).weights() : CheckpointFile.open(file)) {
      arrays
          .arrays()
          .forEach(
              (name, info) ->
                  tensors.add(
                      new Tensors(
                          name,
                          info.type().toString(),
                          Arrays.toString(info.shape()),
                          info.count())));
    }
    return tensors;
  }
}
