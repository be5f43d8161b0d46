package io.jiffusion.pipeline;

import io.jiffusion.execute.EagerExecution;
import io.jiffusion.network.Execution;
import io.jiffusion.network.Network;
import io.jiffusion.network.Parameter;
import io.jiffusion.network.Shape;
import io.jiffusion.network.Shapes;
import io.jiffusion.random.Key;
import io.jiffusion.random.Purpose;
import io.jiffusion.run.JiffusionException;
import io.jiffusion.tensor.Params;
import io.jiffusion.tensor.Precision;
import io.jiffusion.tensor.Scope;
import io.jiffusion.tensor.Tensor;
import io.jiffusion.weights.ArrayFile;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.TreeSet;

/** Puts a network and its weights together. */
final class Executions {
  private Executions() {}

  /** Makes a stored model run; its file is closed. */
  static Execution load(Stored stored, Model.Options options) {
    Network network = stored.run().config().network().network();
    int block = options.block() > 0 ? options.block() : EagerExecution.blockFor(network);
    int threads =
        options.threads() > 0 ? options.threads() : Runtime.getRuntime().availableProcessors();
    return new EagerExecution(
        network,
        weights(stored.weights(), network),
        Precision.of(options.precision()),
        block,
        threads);
  }

  /** A network with the weights that training starts from. */
  static Execution fresh(Network network, Precision precision, int block, int threads) {
    Params params = new Params();
    for (Parameter parameter : Shapes.of(network, 1).parameters()) {
      try (Scope scope = Scope.open()) {
        float[] values =
            parameter
                .init()
                .values(
                    new Key(0, parameter.name().hashCode(), Purpose.INIT),
                    Math.toIntExact(parameter.shape().count()));
        params.put(parameter.name(), Tensor.of(values, parameter.shape().sizes()));
      }
    }
    return new EagerExecution(network, params, precision, block, threads);
  }

  /**
   * Reads a network's weights.
   *
   * @throws JiffusionException if tensors are missing, left over or of another shape; all of them
   *     are listed
   */
  static Params weights(ArrayFile arrays, Network network) {
    try (ArrayFile file = arrays) {
      Set<String> left = new TreeSet<>(file.arrays().keySet());
      Set<String> problems = new LinkedHashSet<>();
      Params params = new Params();
      for (Parameter parameter : Shapes.of(network, 1).parameters()) {
        String name = parameter.name();
        if (!left.remove(name)) {
          problems.add("missing: " + name);
        } else if (!new Shape(file.arrays().get(name).shape()).equals(parameter.shape())) {
          problems.add(
              name
                  + " is "
                  + new Shape(file.arrays().get(name).shape())
                  + ", must be "
                  + parameter.shape());
        } else {
          try (Scope scope = Scope.open()) {
            params.put(name, Tensor.of(file.floats(name), parameter.shape().sizes()));
          }
        }
      }
      left.forEach(name -> problems.add("not in the network: " + name));
      if (!problems.isEmpty()) {
        params.close();
        throw new JiffusionException(
            file.path()
                + " does not fit the network: "
                + String.join("; ", problems.stream().limit(20).toList())
                + (problems.size() > 20 ? " and " + (problems.size() - 20) + " more" : ""));
      }
      return params;
    }
  }
}
