package io.jiffusion.evaluate;

import io.jiffusion.config.NetworkConfig;
import io.jiffusion.config.RunConfig;
import io.jiffusion.config.Tree;
import io.jiffusion.network.Network;
import io.jiffusion.network.Parameter;
import io.jiffusion.network.Shapes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * What a model's network is made of and what it costs, known without running it.
 *
 * @param input shape of one image, such as {@code [1, 32, 32]}
 * @param parameters numbers learned
 * @param tensors that these are in
 * @param flops additions and multiplications of an evaluation of one image
 * @param layers in the order of evaluation
 */
public record Inspection(
    String input, long parameters, int tensors, long flops, List<Layer> layers) {

  /**
   * One layer.
   *
   * @param name such as {@code down.0.res.1.conv1}
   * @param kind such as {@code conv3x3}
   * @param output shape of the result for one image
   * @param parameters numbers learned
   * @param flops additions and multiplications
   */
  public record Layer(String name, String kind, String output, long parameters, long flops) {}

  /**
   * Looks at a configuration's network.
   *
   * @throws IllegalArgumentException if its sizes do not fit together
   */
  public static Inspection of(RunConfig config) {
    NetworkConfig network = config.network();
    List<Network> networks =
        network.isAutoencoder()
            ? List.of(network.encoder(), network.decoder())
            : List.of(network.network());
    long flops = 0;
    List<Layer> layers = new ArrayList<>();
    for (Network each : networks) {
      Shapes shapes = Shapes.of(each, 1);
      flops += shapes.flops();
      shapes.operations().stream()
          .map(o -> new Layer(o.name(), o.kind(), o.output().toString(), o.parameters(), o.flops()))
          .forEach(layers::add);
    }
    Collection<Parameter> parameters = network.parameters();
    return new Inspection(
        networks.get(0).input().toString(),
        parameters.stream().mapToLong(each -> each.shape().count()).sum(),
        parameters.size(),
        flops,
        layers);
  }

  /** All of it as JSON on one line. */
  public String toJson() {
    return Tree.of(this).toJson();
  }
}
