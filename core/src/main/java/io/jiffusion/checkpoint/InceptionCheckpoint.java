package io.jiffusion.checkpoint;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.network.InceptionV3;
import io.jiffusion.network.Parameter;
import io.jiffusion.network.Shape;
import io.jiffusion.network.Shapes;
import io.jiffusion.network.WeightSource;
import io.jiffusion.weights.ArrayFile;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The weights of {@link InceptionV3} as pytorch-fid and torch-fidelity publish them: each
 * convolution without bias, {@code NAME.conv.weight}, followed by a batch norm, {@code NAME.bn.*},
 * which is put into the filters here:
 *
 * <pre>{@code
 * scale = weight / (running_var + 0.001)^½
 * filter · scale,  bias − running_mean · scale
 * }</pre>
 */
public final class InceptionCheckpoint {
  /** SHA-256 of the published file, pt_inception-2015-12-05-6726825d.pth. */
  public static final String PUBLISHED =
      "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2";

  private static final String MARK = "Mixed_5b.branch1x1.conv.weight";
  private static final double EPS = 1e-3;
  private static final List<String> NORM = List.of("weight", "bias", "running_mean", "running_var");

  private InceptionCheckpoint() {}

  /** Whether a file's tensors are named as an Inception's are. */
  public static boolean isOne(ArrayFile file) {
    return file.arrays().containsKey(MARK);
  }

  /**
   * Reads all weights.
   *
   * @return under the network's names
   * @throws JiffusionException if tensors are missing, left over or of another shape
   */
  public static WeightSource read(ArrayFile file) {
    Collection<Parameter> parameters = Shapes.of(new InceptionV3(), 1).parameters();
    check(file, parameters);
    Map<String, float[]> weights = new HashMap<>();
    for (Parameter parameter : parameters) {
      String name = parameter.name();
      if (name.equals("fc.weight")) {
        weights.put(name, file.floats(name));
      } else if (name.endsWith(".weight")) {
        fold(file, name.substring(0, name.length() - ".weight".length()), weights);
      }
    }
    return (name, from, count) ->
        Arrays.copyOfRange(weights.get(name), (int) from, (int) from + count);
  }

  private static void fold(ArrayFile file, String name, Map<String, float[]> weights) {
    float[] filters = file.floats(name + ".conv.weight");
    float[][] norm =
        NORM.stream().map(part -> file.floats(name + ".bn." + part)).toArray(float[][]::new);
    int out = norm[0].length;
    int size = filters.length / out;
    float[] bias = new float[out];
    for (int channel = 0; channel < out; channel++) {
      double scale = norm[0][channel] / Math.sqrt(norm[3][channel] + EPS);
      for (int i = 0; i < size; i++) {
        filters[channel * size + i] = (float) (filters[channel * size + i] * scale);
      }
      bias[channel] = (float) (norm[1][channel] - norm[2][channel] * scale);
    }
    weights.put(name + ".weight", filters);
    weights.put(name + ".bias", bias);
  }

  private static void check(ArrayFile file, Collection<Parameter> parameters) {
    Map<String, Shape> wanted = new HashMap<>();
    for (Parameter parameter : parameters) {
      String name = parameter.name();
      if (name.equals("fc.weight")) {
        wanted.put(name, Shape.of(InceptionV3.LOGITS, parameter.shape().size(1)));
        wanted.put("fc.bias", Shape.of(InceptionV3.LOGITS));
      } else if (name.endsWith(".weight")) {
        String layer = name.substring(0, name.length() - ".weight".length());
        wanted.put(layer + ".conv.weight", parameter.shape());
        NORM.forEach(
            part -> wanted.put(layer + ".bn." + part, Shape.of(parameter.shape().size(0))));
      }
    }
    Set<String> left = new TreeSet<>(file.arrays().keySet());
    // the classifier beside the network's middle served its training; batches counted serve nobody
    left.removeIf(name -> name.startsWith("AuxLogits.") || name.endsWith(".num_batches_tracked"));
    List<String> problems = new ArrayList<>();
    wanted.forEach(
        (name, shape) -> {
          if (!left.remove(name)) {
            problems.add("missing: " + name);
          } else if (!new Shape(file.arrays().get(name).shape()).equals(shape)) {
            problems.add(
                name + " is " + new Shape(file.arrays().get(name).shape()) + ", must be " + shape);
          }
        });
    left.forEach(name -> problems.add("not in the network: " + name));
    if (!problems.isEmpty()) {
      throw new JiffusionException(
          file.path()
              + " is no Inception v3 of pytorch-fid or torch-fidelity: "
              + String.join("; ", problems.stream().sorted().limit(10).toList())
              + (problems.size() > 10 ? " and " + (problems.size() - 10) + " more" : ""));
    }
  }
}
