package io.jiffusion.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.execute.DiffusersUnet;
import io.jiffusion.network.SuperResolutionConfig;
import io.jiffusion.pipeline.Predict;
import io.jiffusion.pipeline.Predict.Inputs;
import io.jiffusion.weights.Array;
import io.jiffusion.weights.ArrayFile;
import io.jiffusion.weights.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Rarer settings of other programs' networks, as these evaluate them; their weights a formula. */
class PeerNetworksTest {
  private static final String WEIGHTS = "diffusion_pytorch_model.safetensors";

  @TempDir Path folder;

  /** The case's configuration, and its weights written out. */
  private Path model(String name) throws IOException {
    Path given = PeerCase.of("peer-networks/" + name).folder();
    Map<String, Array> arrays = new LinkedHashMap<>();
    JsonNode all = JsonMapper.shared().readTree(Files.readAllBytes(given.resolve("weights.json")));
    for (JsonNode tensor : all.get("tensors")) {
      long[] shape = new long[tensor.get("shape").size()];
      int count = 1;
      Iterator<JsonNode> sizes = tensor.get("shape").iterator();
      for (int i = 0; i < shape.length; i++) {
        shape[i] = sizes.next().asInt();
        count *= (int) shape[i];
      }
      float[] values =
          DiffusersUnet.byFormula(
              tensor.get("name").asString(),
              count,
              tensor.get("offset").asDouble(),
              tensor.get("scale").asDouble());
      arrays.put(tensor.get("name").asString(), Array.of(values, shape));
    }
    Safetensors.write(folder.resolve(WEIGHTS), arrays, Map.of());
    Files.copy(given.resolve("config.json"), folder.resolve("config.json"));
    return folder;
  }

  @ParameterizedTest
  @CsvSource({
    "attnskip-narrow, 1e-5",
    "attnskip-heads, 1e-5",
    "class-timestep, 1e-5",
    "condition-class-timestep, 1e-5",
    "improved-heads, 1e-5",
    "guided-heads, 1e-5",
    "guided-heads-new, 1e-5",
    "improved-superres, 1e-5"
  })
  void aNetworkGivesTheOriginalsNumbers(String name, double tolerance) throws IOException {
    PeerCase peer = PeerCase.of("peer-networks/" + name);
    Inputs given;
    try (ArrayFile io = CheckpointFile.open(peer.folder().resolve("io.safetensors"))) {
      given =
          new Inputs(
              io.arrays().containsKey("y") ? peer.wholes("y") : null,
              io.arrays().containsKey("context") ? peer.recorded("context") : null,
              io.arrays().containsKey("low_res") ? peer.recorded("low_res") : null,
              null);
    }
    float[] times = peer.recorded("timestep").values();
    try (StoredModel stored = Checkpoints.open(model(name))) {
      peer.check(Predict.of(stored, peer.recorded("sample"), times, given), "output", tolerance);
    }
    Path run = folder.resolve("run");
    try (StoredModel stored = Checkpoints.open(folder)) {
      stored.write(run);
    }
    try (StoredModel again = Checkpoints.open(run)) {
      peer.check(Predict.of(again, peer.recorded("sample"), times, given), "output", tolerance);
    }
  }

  @Test
  void aSuperResolutionTakesTheScriptsDefaultsForItsSizes() throws IOException {
    Path model = model("improved-superres");
    Path config = model.resolve("config.json");
    Files.writeString(
        config,
        Files.readString(config)
            .replace("\"large_size\": 64,", "\"channel_mult\": \"1,2,3,4\",")
            .replace("\"small_size\": 16,", "")
            .replace("16,8", "64,32"));
    try (StoredModel stored = Checkpoints.open(model)) {
      SuperResolutionConfig made = stored.run().config().network().superResolution();
      assertThat(made.unet().height()).isEqualTo(256);
      assertThat(made.smallHeight()).isEqualTo(64);
    }
  }

  /** Improved-diffusion's classes have no argument for the size. */
  @Test
  void aNetworkOfNoSizeAsksForIt() throws IOException {
    Path model = model("improved-heads");
    Path config = model.resolve("config.json");
    Files.writeString(config, Files.readString(config).replace("\"image_size\": 8", "\"dims\": 2"));
    assertThatThrownBy(() -> Checkpoints.open(model))
        .isInstanceOf(JiffusionException.class)
        .hasMessageContaining("does not say the size of its images")
        .hasMessageContaining("tell it by --flags \"--image_size 64\"");
    ReadOptions told = new ReadOptions(null, "--image_size 16", "auto", null);
    try (StoredModel stored = Checkpoints.open(model, told)) {
      assertThat(stored.run().config().network().unet().width()).isEqualTo(16);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"identity", "projection", "simple_projection"})
  void aVectorInPlaceOfAClassIsRefused(String kind) {
    Path config =
        PeerCase.configured(
            PeerCase.of("peer-networks/class-timestep").folder(),
            folder.resolve("model"),
            "\"class_embed_type\": \"timestep\"",
            "\"class_embed_type\": \"" + kind + "\"");
    assertThatThrownBy(() -> Checkpoints.open(config))
        .isInstanceOf(JiffusionException.class)
        .hasMessageStartingWith(
            "illegal class_embed_type: "
                + kind
                + ", wants a vector of numbers from the caller in place of a class, which is not"
                + " known here: must be null or timestep");
  }
}
