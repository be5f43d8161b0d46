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
import io.jiffusion.weights.Safetensors;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.TreeSet;

/** Puts a network and its weights together. */
final class Executions {
  private Executions() {}

  /** Makes a stored model run; its file is closed. */
  static Execution load(Stored stored, Model.Options options) {
    try (ArrayFile arrays = stored.weights()) {
      return load(stored, stored.run().config().network().network(), options);
    }
  }

  /** Makes one of a stored model's networks run. */
  static Execution load(Stored stored, Network network, Model.Options options) {
    int block = options.block() > 0 ? options.block() : EagerExecution.blockFor(network);
    int threads =
        options.threads() > 0 ? options.threads() : Runtime.getRuntime().availableProcessors();
    return new EagerExecution(
        network,
        weights(stored.weights(), stored.run().config().network().parameters(), network),
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

  /** Reads the weights of a network that has a file of its own. */
  static Params weights(Path path, Network network) {
    try (ArrayFile arrays = Safetensors.open(path)) {
      return weights(arrays, Shapes.of(network, 1).parameters(), network);
    }
  }

  /**
   * Reads a network's weights.
   *
   * @param all parameters that the file must have, those of this network among them
   * @throws JiffusionException if tensors are missing, left over or of another shape; all of them
   *     are listed
   */
  private static Params weights(ArrayFile arrays, Collection<Parameter> all, Network network) {
    Set<String> left = new TreeSet<>(arrays.arrays().keySet());
    Set<String> problems = new LinkedHashSet<>();
    for (Parameter parameter : all) {
      String name = parameter.name();
      if (!left.remove(name)) {
        problems.add("missing: " + name);
      } else {
        Shape given = new Shape(arrays.arrays().get(name).shape());
        if (!given.equals(parameter.shape())) {
          problems.add(name + " is " + given + ", must be " + parameter.shape());
        }
      }
    }
    left.forEach(name -> problems.add("not in the network: " + name));
    if (!problems.isEmpty()) {
      throw new JiffusionException(
          arrays.path()
              + " does not fit the network: "
              + String.join("; ", problems.stream().limit(20).toList())
              + (problems.size() > 20 ? " and " + (problems.size() - 20) + " more" : ""));
    }
    Params params = new Params();
    for (Parameter parameter : Shapes.of(network, 1).parameters()) {
      try (Scope scope = Scope.open()) {
        float[] values = arrays.floats(parameter.name());
        params.put(parameter.name(), Tensor.of(values, parameter.shape().sizes()));
      } catch (RuntimeException e) {
        params.close();
        throw e;
      }
    }
    return params;
  }
}
