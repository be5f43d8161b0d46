package io.jiffusion.pipeline;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.checkpoint.StoredModel;
import io.jiffusion.execute.EagerExecution;
import io.jiffusion.execute.PlanExecution;
import io.jiffusion.execute.Unplanned;
import io.jiffusion.network.Execution;
import io.jiffusion.network.Network;
import io.jiffusion.network.Parameter;
import io.jiffusion.network.Shape;
import io.jiffusion.network.Shapes;
import io.jiffusion.network.WeightSource;
import io.jiffusion.tensor.Device;
import io.jiffusion.tensor.Params;
import io.jiffusion.tensor.Precision;
import io.jiffusion.tensor.Scope;
import io.jiffusion.tensor.Tensor;
import io.jiffusion.tensor.Torch;
import io.jiffusion.weights.ArrayFile;
import io.jiffusion.weights.Safetensors;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts a network and its weights together, and chooses what runs it. */
public final class Executions {
  private static final Logger LOG = LoggerFactory.getLogger(Executions.class);

  private Executions() {}

  /**
   * Makes a stored model run; its file is closed with the execution, or at once if this fails.
   *
   * @throws JiffusionException if the weights do not fit the network
   */
  public static Execution load(StoredModel stored, ModelOptions options) {
    boolean loaded = false;
    try {
      Network network = stored.run().config().network().network();
      Execution execution = load(stored, network, options, true);
      loaded = true;
      return execution;
    } finally {
      if (!loaded) {
        stored.weights().close();
      }
    }
  }

  /**
   * Makes one of a stored model's networks run, while the model's file is open.
   *
   * @throws JiffusionException if the weights do not fit the network
   */
  public static Execution load(StoredModel stored, Network network, ModelOptions options) {
    return load(stored, network, options, false);
  }

  private static Execution load(
      StoredModel stored, Network network, ModelOptions options, boolean owned) {
    check(stored.weights(), stored.run().config().network().parameters());
    return of(
        network, stored.weights()::floats, owned ? stored.weights()::close : () -> {}, options);
  }

  /**
   * Makes a network run: by a compiled plan where there can be one, else operation by operation,
   * which is said, not silent.
   *
   * @param weights asked as long as the execution is open
   * @param options the null class is not looked at
   */
  public static Execution of(Network network, WeightSource weights, ModelOptions options) {
    return of(network, weights, () -> {}, options);
  }

  private static Execution of(
      Network network, WeightSource weights, Runnable end, ModelOptions options) {
    Precision precision = Precision.of(options.precision());
    int threads =
        options.threads() > 0 ? options.threads() : Runtime.getRuntime().availableProcessors();
    int given = options.block();
    Supplier<Execution> eager =
        () ->
            new EagerExecution(
                network,
                weights(weights, network),
                precision,
                given > 0 ? given : EagerExecution.blockFor(network),
                threads);
    if (Torch.device() == Device.CPU) {
      try {
        int block = given > 0 ? given : PlanExecution.blockFor(network, precision);
        return new PlanExecution(network, weights, eager, end, precision, block, threads);
      } catch (Unplanned e) {
        LOG.info("The network is not compiled but runs on libtorch, slower: {}", e.getMessage());
      }
    }
    Execution execution = eager.get();
    end.run();
    return execution;
  }

  /** A network with the weights that training starts from. */
  public static Execution fresh(Network network, ModelOptions options) {
    Map<String, float[]> weights = new HashMap<>();
    for (Parameter parameter : Shapes.of(network, 1).parameters()) {
      weights.put(parameter.name(), parameter.fresh(0));
    }
    return of(
        network,
        (name, from, count) ->
            Arrays.copyOfRange(weights.get(name), (int) from, (int) from + count),
        options);
  }

  /** Reads the weights of a network that has a file of its own. */
  static Params weights(Path path, Network network) {
    try (ArrayFile arrays = Safetensors.open(path)) {
      check(arrays, Shapes.of(network, 1).parameters());
      return weights(arrays::floats, network);
    }
  }

  private static Params weights(WeightSource reader, Network network) {
    Params params = new Params();
    for (Parameter parameter : Shapes.of(network, 1).parameters()) {
      try (Scope scope = Scope.open()) {
        int count = Math.toIntExact(parameter.shape().count());
        float[] values = reader.floats(parameter.name(), 0, count);
        params.put(parameter.name(), Tensor.of(values, parameter.shape().sizes()));
      } catch (RuntimeException e) {
        params.close();
        throw e;
      }
    }
    return params;
  }

  /**
   * Looks whether a file has a network's weights.
   *
   * @throws JiffusionException if tensors are missing, left over or of another shape; all of them
   *     are listed
   */
  private static void check(ArrayFile arrays, Collection<Parameter> all) {
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
  }
}
