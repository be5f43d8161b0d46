package io.jiffusion.execute;

import io.jiffusion.execute.Operation.Channels;
import io.jiffusion.execute.Operation.Concat;
import io.jiffusion.execute.Operation.Elementwise;
import io.jiffusion.execute.Operation.Embedding;
import io.jiffusion.execute.Operation.Fourier;
import io.jiffusion.execute.Operation.Input;
import io.jiffusion.execute.Operation.Linear;
import io.jiffusion.execute.Operation.Log;
import io.jiffusion.execute.Operation.OneHot;
import io.jiffusion.execute.Operation.Sinusoid;
import io.jiffusion.network.Ops.Order;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The part of a network that works on one row an image: embeddings of time and class, and what the
 * blocks make of them. Computed in plain Java, float32, once for each (label, class): the images of
 * a step mostly share them. Safe for use from any thread.
 */
final class VectorProgram {
  private static final long MOST_FLOATS = 1 << 24; // kept

  /** What an image's vectors depend on, and nothing else: the key by which they are remembered. */
  private record Key(float label, int klass, List<Float> augment) {}

  private final List<Node> nodes;
  private final List<Node> wanted;
  private final Map<String, float[]> weights = new HashMap<>();
  private final Map<Key, Map<Node, float[]>> known =
      new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Key, Map<Node, float[]>> eldest) {
          return size() > 1 && size() * floats() > MOST_FLOATS;
        }
      };

  /**
   * For a graph whose rewriting is done.
   *
   * @param parameters gives the numbers of a parameter
   * @throws Unplanned if it has an operation that this cannot do
   */
  VectorProgram(Graph graph, Function<String, float[]> parameters) {
    nodes = graph.nodes().stream().filter(Node::vector).toList();
    wanted =
        nodes.stream()
            .filter(
                node ->
                    graph.nodes().stream()
                        .anyMatch(user -> !user.vector() && user.needs().contains(node)))
            .toList();
    for (Node node : nodes) {
      if (node.operation instanceof Linear linear) {
        String name = linear.names().get(0);
        float[] stored = parameters.apply(name + ".weight");
        weights.put(name + ".weight", transposed(stored, node.channels()));
        if (linear.bias()) {
          weights.put(name + ".bias", parameters.apply(name + ".bias"));
        }
      } else if (node.operation instanceof Embedding table) {
        weights.put(table.name(), parameters.apply(table.name() + ".weight"));
      } else if (node.operation instanceof Fourier fourier) {
        weights.put(fourier.name(), parameters.apply(fourier.name()));
      } else if (!known(node.operation)) {
        throw new Unplanned(node.operation.toString());
      }
    }
  }

  private static boolean known(Operation operation) {
    return operation instanceof Input
        || operation instanceof Sinusoid
        || operation instanceof Log
        || operation instanceof OneHot
        || operation instanceof Channels
        || operation instanceof Concat
        || operation instanceof Elementwise;
  }

  private long floats() {
    return wanted.stream().mapToLong(Node::channels).sum();
  }

  /** Columns side by side: a product then runs along rows, which is fast. */
  private static float[] transposed(float[] weight, int rows) {
    int columns = weight.length / rows;
    float[] out = new float[weight.length];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        out[column * rows + row] = weight[row * columns + column];
      }
    }
    return out;
  }

  /** The vectors of one image that images and sequences need. */
  Map<Node, float[]> of(float label, int klass, float[] augment) {
    List<Float> rest = new ArrayList<>();
    for (float value : augment) {
      rest.add(value);
    }
    Key key = new Key(label, klass, rest);
    synchronized (known) {
      Map<Node, float[]> values = known.get(key);
      if (values != null) {
        return values;
      }
    }
    Map<Node, float[]> all = new HashMap<>();
    for (Node node : nodes) {
      all.put(node, value(node, key, all));
    }
    all.keySet().retainAll(wanted);
    synchronized (known) {
      known.put(key, all);
    }
    return all;
  }

  private float[] value(Node node, Key key, Map<Node, float[]> values) {
    float[] x = node.inputs.isEmpty() ? null : values.get(node.input());
    if (node.operation instanceof Input input) {
      return switch (input.given()) {
        case LABEL -> new float[] {key.label};
        case CLASSES -> new float[] {key.klass};
        default -> augment(key);
      };
    } else if (node.operation instanceof Sinusoid sinusoid) {
      return halves(angles(x[0], node.channels() / 2, sinusoid.shift()), sinusoid.order());
    } else if (node.operation instanceof Fourier fourier) {
      float[] angles = weights.get(fourier.name()).clone();
      for (int i = 0; i < angles.length; i++) {
        angles[i] = x[0] * angles[i] * 2 * (float) Math.PI;
      }
      return halves(angles, fourier.order());
    } else if (node.operation instanceof Log) {
      return new float[] {(float) Math.log(x[0])};
    } else if (node.operation instanceof OneHot) {
      float[] out = new float[node.channels()];
      if (x[0] < out.length) {
        out[(int) x[0]] = 1;
      }
      return out;
    } else if (node.operation instanceof Embedding table) {
      int from = (int) x[0] * node.channels();
      return Arrays.copyOfRange(weights.get(table.name()), from, from + node.channels());
    } else if (node.operation instanceof Linear linear) {
      return linear(linear, x, node.channels());
    } else if (node.operation instanceof Channels part) {
      return Arrays.copyOfRange(x, part.from(), part.from() + part.count());
    } else if (node.operation instanceof Concat) {
      float[] other = values.get(node.inputs.get(1));
      float[] out = Arrays.copyOf(x, x.length + other.length);
      System.arraycopy(other, 0, out, x.length, other.length);
      return out;
    }
    Elementwise what = (Elementwise) node.operation;
    float[] other = what.function().binary() ? values.get(node.inputs.get(1)) : null;
    float[] out = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      out[i] = apply(what, x[i], other == null ? 0 : other[i]);
    }
    return out;
  }

  private static float[] augment(Key key) {
    float[] out = new float[key.augment.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = key.augment.get(i);
    }
    return out;
  }

  /** Rounded as PyTorch rounds, see {@link Eager#sinusoid}. */
  private static float[] angles(float label, int half, int shift) {
    float[] angles = new float[half];
    for (int i = 0; i < half; i++) {
      float exponent = (float) -Math.log(10_000) * i / (half - shift);
      angles[i] = label * (float) Math.exp(exponent);
    }
    return angles;
  }

  private static float[] halves(float[] angles, Order order) {
    int half = angles.length;
    float[] out = new float[2 * half];
    int sines = order == Order.SIN_COS ? 0 : half;
    for (int i = 0; i < half; i++) {
      out[sines + i] = (float) Math.sin(angles[i]);
      out[half - sines + i] = (float) Math.cos(angles[i]);
    }
    return out;
  }

  private float[] linear(Linear linear, float[] x, int width) {
    String name = linear.names().get(0);
    float[] weight = weights.get(name + ".weight");
    float[] out = linear.bias() ? weights.get(name + ".bias").clone() : new float[width];
    for (int column = 0; column < x.length; column++) {
      float factor = x[column];
      int from = column * width;
      for (int i = 0; i < width; i++) {
        out[i] += factor * weight[from + i];
      }
    }
    return out;
  }

  private static float apply(Elementwise what, float x, float other) {
    return switch (what.function()) {
      case SILU -> (float) (x / (1 + Math.exp(-x)));
      case GELU -> (float) (0.5 * x * (1 + erf(x / Math.sqrt(2))));
      case GELU_TANH -> {
        double inner = Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x);
        yield (float) (0.5 * x * (1 + Math.tanh(inner)));
      }
      case RELU -> Math.max(0, x);
      case TANH -> (float) Math.tanh(x);
      case AFFINE -> (float) (x * what.factor() + what.term());
      case ADD -> x + other;
      case MULTIPLY -> x * other;
    };
  }

  /** By its power series; beyond 4 it is 1 to float's precision. */
  private static double erf(double x) {
    if (Math.abs(x) > 4) {
      return Math.signum(x);
    }
    double power = x;
    double sum = x;
    for (int n = 1; Math.abs(power) > 1e-12; n++) {
      power *= -x * x / n;
      sum += power / (2 * n + 1);
    }
    return 2 / Math.sqrt(Math.PI) * sum;
  }
}
