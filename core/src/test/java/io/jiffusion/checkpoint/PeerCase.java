package io.jiffusion.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.pipeline.ArrayFiles;
import io.jiffusion.pipeline.Predict;
import io.jiffusion.pipeline.Values;
import io.jiffusion.weights.Array;
import io.jiffusion.weights.Safetensors;
import io.jiffusion.weights.SafetensorsFile;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A small checkpoint of another program among the test resources, with inputs and outputs that this
 * program recorded in {@code io.safetensors}.
 *
 * @param folder where they are
 */
public record PeerCase(Path folder) {

  public static PeerCase of(String resource) {
    try {
      return new PeerCase(Path.of(PeerCase.class.getResource("/" + resource).toURI()));
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }

  /** A recorded array. */
  Values recorded(String name) {
    return ArrayFiles.values(folder.resolve("io.safetensors") + ":" + name);
  }

  /** Recorded whole numbers. */
  public int[] wholes(String name) {
    try (SafetensorsFile file = Safetensors.open(folder.resolve("io.safetensors"))) {
      return Arrays.stream(file.longs(name)).mapToInt(Math::toIntExact).toArray();
    }
  }

  /** What a model makes of a recorded input at the recorded times. */
  Values predict(Path model, ReadOptions options, String input, Predict.Inputs given) {
    int[] wholes = wholes("timestep");
    float[] times = new float[wholes.length];
    for (int i = 0; i < times.length; i++) {
      times[i] = wholes[i];
    }
    try (StoredModel stored = Checkpoints.open(model, options)) {
      return Predict.of(stored, recorded(input), times, given);
    }
  }

  /** Compares each image with the recorded one, relative to its largest value. */
  public void check(Values actual, String output, double tolerance) {
    float[] expected = recorded(output).values();
    assertThat(actual.values()).hasSameSizeAs(expected);
    int images = (int) actual.shape()[0];
    int size = expected.length / images;
    for (int image = 0; image < images; image++) {
      double difference = 0;
      double largest = 0;
      for (int i = image * size; i < (image + 1) * size; i++) {
        difference = Math.max(difference, Math.abs(actual.values()[i] - expected[i]));
        largest = Math.max(largest, Math.abs(expected[i]));
      }
      assertThat(difference / largest).as("%s of image %d", output, image).isLessThan(tolerance);
    }
  }

  /** A copy of a diffusers folder, its tensors changed. */
  public static Path changed(Path model, Path copy, Consumer<Map<String, Array>> change) {
    String weights = "diffusion_pytorch_model.safetensors";
    Map<String, Array> arrays = new LinkedHashMap<>();
    try (SafetensorsFile file = Safetensors.open(model.resolve(weights))) {
      file.arrays()
          .forEach((name, info) -> arrays.put(name, Array.of(file.floats(name), info.shape())));
      change.accept(arrays);
      Files.createDirectories(copy);
      Files.copy(model.resolve("config.json"), copy.resolve("config.json"));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    Safetensors.write(copy.resolve(weights), arrays, Map.of());
    return copy;
  }

  /** A copy of a folder's configuration alone, its text changed. */
  public static Path configured(Path model, Path copy, String from, String to) {
    try {
      String text = Files.readString(model.resolve("config.json"));
      assertThat(text).contains(from);
      Files.createDirectories(copy);
      Files.writeString(copy.resolve("config.json"), text.replace(from, to));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
    return copy;
  }
}
