package io.jiffusion.execute;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.Fixtures;
import io.jiffusion.network.Conditions;
import io.jiffusion.tensor.NativeHandles;
import io.jiffusion.tensor.Params;
import io.jiffusion.tensor.Precision;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/** Our U-Net against diffusers' UNet2DModel 0.42.1: same weights, same input, same output. */
@ExtendWith(NativeHandles.class)
class DiffusersUnetTest {
  /**
   * Of the fixtures' README: the largest difference as a share of the largest value, for each
   * image.
   */
  private static final double TOLERANCE = 1e-4;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ddpm-cifar10-narrow",
        "defaults-heads8",
        "class-scaleshift-resnet",
        "no-attention-rect"
      })
  void equalsDiffusersWithTheSameWeights(String name) {
    String folder = "diffusers-unet2d/" + name;
    Map<String, Fixtures.Array> stored =
        Fixtures.tensors(folder + "/diffusion_pytorch_model.safetensors");
    Function<String, float[]> weights =
        key -> {
          assertThat(stored).containsKey(key);
          return floats(stored.remove(key).values());
        };
    check(folder, weights);
    assertThat(stored).isEmpty();
  }

  @Test
  void equalsDiffusersAtFullSize() {
    String folder = "cifar10-fullsize";
    Map<String, JsonNode> formulas = new HashMap<>();
    Fixtures.json(folder + "/weights.json")
        .get("tensors")
        .forEach(node -> formulas.put(node.get("name").asString(), node));
    check(
        folder,
        key -> {
          JsonNode formula = formulas.get(key);
          int count = 1;
          for (JsonNode size : formula.get("shape")) {
            count *= size.asInt();
          }
          return DiffusersUnet.byFormula(
              key, count, formula.get("offset").asDouble(), formula.get("scale").asDouble());
        });
  }

  private static void check(String folder, Function<String, float[]> weights) {
    DiffusersUnet unet = DiffusersUnet.of(folder);
    Map<String, Fixtures.Array> io = Fixtures.tensors(folder + "/io.safetensors");
    Fixtures.Array times = io.get("timestep");
    int images = times.shape()[0];
    int[] classes = io.containsKey("class_labels") ? io.get("class_labels").ints() : null;
    Params params = unet.weights(weights);
    try (EagerExecution execution =
        new EagerExecution(unet.network(), params, Precision.FP32, images, 1)) {
      float[] labels = floats(times.values());
      compare(
          io.get("output"),
          execution.evaluate(
              floats(io.get("sample").values()), images, labels, Conditions.classes(classes)));
      compare(
          io.get("small_output"),
          execution.evaluate(
              floats(io.get("small_sample").values()),
              images,
              labels,
              Conditions.classes(classes)));
    }
  }

  private static void compare(Fixtures.Array expected, float[] actual) {
    for (int image = 0; image < expected.shape()[0]; image++) {
      double[] wanted = expected.row(image);
      double largest = Arrays.stream(wanted).map(Math::abs).max().orElseThrow();
      double error = 0;
      for (int i = 0; i < wanted.length; i++) {
        error = Math.max(error, Math.abs(wanted[i] - actual[image * wanted.length + i]));
      }
      assertThat(error / largest).as("image %d", image).isLessThanOrEqualTo(TOLERANCE);
    }
  }

  private static float[] floats(double[] values) {
    float[] out = new float[values.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) values[i];
    }
    return out;
  }
}
