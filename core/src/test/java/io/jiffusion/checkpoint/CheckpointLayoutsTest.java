package io.jiffusion.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.config.Binder;
import io.jiffusion.config.Home;
import io.jiffusion.config.ProcessConfig;
import io.jiffusion.pipeline.Model;
import io.jiffusion.weights.Array;
import io.jiffusion.weights.ArrayFile;
import io.jiffusion.weights.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The same network as people's trainings leave it: wrapped, averaged, sharded, in folders. */
class CheckpointLayoutsTest {
  private static final String WEIGHTS = "diffusion_pytorch_model.safetensors";
  private static final Path MODEL = PeerCase.of("diffusers-unet2d/no-attention-rect").folder();
  private static final Path OPENAI = PeerCase.of("openai/guided-new").folder();

  @TempDir Path folder;

  private static ReadOptions options(String weights, String scheduler) {
    return new ReadOptions(null, null, weights, scheduler);
  }

  /** The arrays of a file under other names, multiplied by a number. */
  private static Map<String, Array> arrays(Path file, String prefix, float factor) {
    Map<String, Array> arrays = new LinkedHashMap<>();
    try (ArrayFile whole = CheckpointFile.open(file)) {
      whole
          .arrays()
          .forEach(
              (name, info) -> {
                float[] values = whole.floats(name);
                for (int i = 0; i < values.length; i++) {
                  values[i] *= factor;
                }
                arrays.put(prefix + name, Array.of(values, info.shape()));
              });
    }
    return arrays;
  }

  private Path part(String name, Map<String, Array> arrays) throws IOException {
    Path part = Files.createDirectories(folder.resolve(name));
    Files.copy(MODEL.resolve("config.json"), part.resolve("config.json"));
    Safetensors.write(part.resolve(WEIGHTS), arrays, Map.of());
    return part;
  }

  private static Array some(int... shape) {
    long[] sizes = new long[shape.length];
    int count = 1;
    for (int i = 0; i < shape.length; i++) {
      sizes[i] = shape[i];
      count *= shape[i];
    }
    return Array.of(new float[count], sizes);
  }

  private static void isTheModelTimes(float factor, StoredModel stored) {
    try (stored;
        StoredModel whole = Checkpoints.open(MODEL)) {
      float[] expected = whole.weights().floats("in.weight");
      float[] values = stored.weights().floats("in.weight");
      assertThat(stored.weights().arrays().keySet()).isEqualTo(whole.weights().arrays().keySet());
      for (int i = 0; i < values.length; i++) {
        assertThat(values[i]).isEqualTo(factor * expected[i]);
      }
    }
  }

  // ---- names ----

  @ParameterizedTest
  @ValueSource(
      strings = {
        "module.",
        "_orig_mod.",
        "module._orig_mod.",
        "_orig_mod.module.",
        "unet.",
        "model.",
        "ema_model.",
        "module.unet._orig_mod.",
        "state_dict/model.unet.",
        "my_own_wrapper."
      })
  void whatWrapsEveryNameIsTakenOff(String prefix) throws IOException {
    Path part = part("unet", arrays(MODEL.resolve(WEIGHTS), prefix, 1));
    isTheModelTimes(1, Checkpoints.open(part));
    isTheModelTimes(1, Checkpoints.open(part.resolve(WEIGHTS)));
  }

  @Test
  void whatWrapsSomeNamesOnlyIsNotTakenOff() throws IOException {
    Map<String, Array> arrays = arrays(MODEL.resolve(WEIGHTS), "", 1);
    arrays.put("module.conv_in.bias", arrays.remove("conv_in.bias"));
    Path part = part("unet", arrays);
    assertThatThrownBy(() -> Checkpoints.open(part))
        .isInstanceOf(JiffusionException.class)
        .hasMessageContaining("missing: conv_in.bias")
        .hasMessageContaining("not in the network: module.conv_in.bias");
  }

  @Test
  void whatATrainingKeepsBesideItsNetworkIsLeftAside() throws IOException {
    Map<String, Array> arrays = arrays(MODEL.resolve(WEIGHTS), "unet.", 1);
    arrays.put("vae.encoder.conv_in.weight", some(4, 3, 3, 3));
    arrays.put("optimizer/state/0/exp_avg", some(5));
    arrays.put("optimizer_state_dict/state/0/exp_avg", some(5));
    arrays.put("betas", some(10));
    arrays.put("step", some());
    isTheModelTimes(1, Checkpoints.open(part("unet", arrays)));
    arrays.put("another.layer.weight", some(5));
    Path other = part("other", arrays);
    assertThatThrownBy(() -> Checkpoints.open(other))
        .isInstanceOf(JiffusionException.class)
        .hasMessageContaining("missing: conv_in.weight");
  }

  @ParameterizedTest
  @CsvSource({"auto, 2, ema", "ema, 2, ema", "raw, 1, raw"})
  void averagesBesideTheWeightsAreChosen(String weights, float factor, String said)
      throws IOException {
    Map<String, Array> arrays = arrays(MODEL.resolve(WEIGHTS), "online_model.", 1);
    arrays.putAll(arrays(MODEL.resolve(WEIGHTS), "ema_model.", 2));
    arrays.put("initted", some());
    Path part = part("unet", arrays);
    StoredModel stored = Checkpoints.open(part, options(weights, null));
    assertThat(stored.run().source().weights()).isEqualTo(said);
    isTheModelTimes(factor, stored);
    isTheModelTimes(factor, Checkpoints.open(part.resolve(WEIGHTS), options(weights, null)));
  }

  @Test
  void weightsThatAreNotThereAreNotReplaced() throws IOException {
    Path part = part("unet", arrays(MODEL.resolve(WEIGHTS), "", 1));
    for (Path path : new Path[] {part, part.resolve(WEIGHTS), OPENAI}) {
      assertThatThrownBy(() -> Checkpoints.open(path, options("ema", null)))
          .isInstanceOf(JiffusionException.class)
          .hasMessageEndingWith(" has no weights ema, only raw; take --weights auto");
    }
  }

  @Test
  void averagesWithoutNamesAreNoNetwork() throws IOException {
    Map<String, Array> arrays = arrays(MODEL.resolve(WEIGHTS), "model/", 1);
    arrays.put("ema/shadow_params/0", some(5));
    Path part = part("unet", arrays);
    isTheModelTimes(1, Checkpoints.open(part));
    assertThatThrownBy(() -> Checkpoints.open(part, options("ema", null)))
        .isInstanceOf(JiffusionException.class)
        .hasMessageEndingWith("has averaged weights without names; take --weights raw");
  }

  @ParameterizedTest
  @ValueSource(strings = {"module.", "ema_model._orig_mod.", "model/"})
  void aCheckpointOfOneFileIsUnwrappedToo(String prefix) throws IOException {
    Files.copy(OPENAI.resolve("config.json"), folder.resolve("config.json"));
    Path file = folder.resolve("model000010.safetensors");
    Safetensors.write(file, arrays(OPENAI.resolve("model000010.pt"), prefix, 1), Map.of());
    try (StoredModel wrapped = Checkpoints.open(file);
        StoredModel whole = Checkpoints.open(OPENAI)) {
      assertThat(wrapped.weights().floats("middle.attn.q.weight"))
          .isEqualTo(whole.weights().floats("middle.attn.q.weight"));
      assertThat(wrapped.run().source().weights())
          .isEqualTo(prefix.startsWith("ema") ? "ema" : "raw");
    }
  }

  @Test
  void aStateOfDiffusersAsksForItsConfiguration() throws IOException {
    Path file = Files.copy(MODEL.resolve(WEIGHTS), folder.resolve("model.safetensors"));
    assertThatThrownBy(() -> Checkpoints.open(file))
        .isInstanceOf(JiffusionException.class)
        .hasMessage(
            file
                + " has a network of diffusers, which does not say its shape: put its config.json"
                + " (with _class_name) beside it, or name the file by --config");
    Path config = MODEL.resolve("config.json");
    isTheModelTimes(1, Checkpoints.open(file, new ReadOptions(config, null, "auto", null)));
    isTheModelTimes(1, Checkpoints.open(folder, new ReadOptions(config, null, "auto", null)));
  }

  // ---- folders ----

  /** As diffusers' training scripts leave it: {@code checkpoint-N/unet} and {@code unet_ema}. */
  @ParameterizedTest
  @CsvSource({"auto, 2, ema", "ema, 2, ema", "raw, 1, raw"})
  void aTrainingsCheckpointIsReadByItsParts(String weights, float factor, String said)
      throws IOException {
    part("checkpoint-10/unet", arrays(MODEL.resolve(WEIGHTS), "", 1));
    part("checkpoint-10/unet_ema", arrays(MODEL.resolve(WEIGHTS), "", 2));
    Path checkpoint = folder.resolve("checkpoint-10");
    Files.writeString(checkpoint.resolve("optimizer.bin"), "");
    StoredModel stored = Checkpoints.open(checkpoint, options(weights, null));
    assertThat(stored.run().source().weights()).isEqualTo(said);
    assertThat(stored.run().config().process()).isNull();
    isTheModelTimes(factor, stored);
    assertThatThrownBy(() -> Checkpoints.open(folder))
        .isInstanceOf(JiffusionException.class)
        .hasMessageEndingWith("; there are models in its checkpoint-10");
  }

  @Test
  void averagesThatAreNotThereAreNotReplaced() throws IOException {
    part("unet", arrays(MODEL.resolve(WEIGHTS), "", 1));
    isTheModelTimes(1, Checkpoints.open(folder));
    assertThatThrownBy(() -> Checkpoints.open(folder, options("ema", null)))
        .isInstanceOf(JiffusionException.class)
        .hasMessage(folder + " has no weights ema, only unet");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "diffusion_pytorch_model.fp16.safetensors",
        "diffusion_pytorch_model.bf16.safetensors",
        "diffusion_pytorch_model.ema.safetensors",
        "model.safetensors"
      })
  void everyVariantOfAFileIsFound(String name) throws IOException {
    Path part = part("unet", arrays(MODEL.resolve(WEIGHTS), "", 1));
    Files.move(part.resolve(WEIGHTS), part.resolve(name));
    isTheModelTimes(1, Checkpoints.open(part));
  }

  @Test
  void theBestVariantIsTaken() throws IOException {
    Path part = part("unet", arrays(MODEL.resolve(WEIGHTS), "", 1));
    for (String other : new String[] {"non_ema", "fp16", "ema"}) {
      Safetensors.write(
          part.resolve("diffusion_pytorch_model." + other + ".safetensors"),
          arrays(MODEL.resolve(WEIGHTS), "", other.equals("non_ema") ? 2 : 3),
          Map.of());
    }
    isTheModelTimes(1, Checkpoints.open(part));
    isTheModelTimes(2, Checkpoints.open(part, options("raw", null)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "diffusion_pytorch_model.safetensors.index.json",
        "diffusion_pytorch_model.safetensors.index.fp16.json",
        "model.safetensors.index.json"
      })
  void shardsAreFoundByTheirIndex(String index) throws IOException {
    Path part = part("unet", arrays(MODEL.resolve(WEIGHTS), "", 1));
    Files.delete(part.resolve(WEIGHTS));
    StringBuilder map = new StringBuilder();
    Map<String, Map<String, Array>> shards = new LinkedHashMap<>();
    int i = 0;
    for (var array : arrays(MODEL.resolve(WEIGHTS), "", 1).entrySet()) {
      String shard = "diffusion_pytorch_model-0000" + (1 + i++ % 2) + "-of-00002.safetensors";
      shards
          .computeIfAbsent(shard, key -> new LinkedHashMap<>())
          .put(array.getKey(), array.getValue());
      map.append(map.isEmpty() ? "" : ",").append("\"" + array.getKey() + "\":\"" + shard + "\"");
    }
    shards.forEach((name, inside) -> Safetensors.write(part.resolve(name), inside, Map.of()));
    Files.writeString(part.resolve(index), "{\"weight_map\":{" + map + "}}");
    isTheModelTimes(1, Checkpoints.open(part));
  }

  // ---- the process ----

  private static final String SCHEDULER =
      "{\"_class_name\": \"DDPMScheduler\", \"beta_schedule\": \"squaredcos_cap_v2\","
          + " \"num_train_timesteps\": 500, \"prediction_type\": \"v_prediction\"}";

  private ProcessConfig process(String scheduler) throws IOException {
    Path given = Files.createDirectories(folder.resolve("scheduler"));
    Files.writeString(given.resolve("scheduler_config.json"), SCHEDULER);
    Path part = part("part", arrays(MODEL.resolve(WEIGHTS), "", 1));
    try (StoredModel stored =
        Checkpoints.open(part, options("auto", scheduler.replace("FOLDER", folder.toString())))) {
      return stored.run().config().process();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "FOLDER, cosine, 500, v",
    "FOLDER/scheduler, cosine, 500, v",
    "FOLDER/scheduler/scheduler_config.json, cosine, 500, v",
    "DDPMScheduler, linear, 1000, eps",
    "HeunDiscreteScheduler, linear, 1000, eps",
    "cosine, cosine, 1000, eps",
    "flow, flow, 1000, velocity",
    "ve, ve, 1000, score"
  })
  void aModelWithoutAProcessIsToldOne(String given, String schedule, int steps, String predicts)
      throws IOException {
    ProcessConfig process = process(given);
    assertThat(Binder.name(process.schedule())).isEqualTo(schedule);
    assertThat(process.steps()).isEqualTo(steps);
    assertThat(Binder.name(process.predicts())).isEqualTo(predicts);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
      NoSuchScheduler   | illegal _class_name: NoSuchScheduler, is no scheduler that is known here
      nothing.json      | illegal scheduler: nothing.json, must be a file such as scheduler_config.json, a class of diffusers such as DDPMScheduler, or one of linear,
      """)
  void whatIsNoSchedulerIsRefused(String given, String message) {
    assertThatThrownBy(() -> process(given))
        .isInstanceOf(JiffusionException.class)
        .hasMessageStartingWith(message.strip());
  }

  /** As {@code DPMSolverMultistepScheduler.from_config(pipeline.scheduler.config)}. */
  @Test
  void anotherSchedulerTakesOverThePipelinesSettings() throws IOException {
    part("unet", arrays(MODEL.resolve(WEIGHTS), "", 1));
    Path given = Files.createDirectories(folder.resolve("scheduler"));
    Files.writeString(given.resolve("scheduler_config.json"), SCHEDULER);
    Files.writeString(folder.resolve("model_index.json"), "{}");
    try (StoredModel stored =
        Checkpoints.open(folder, options("auto", "DPMSolverMultistepScheduler"))) {
      ProcessConfig process = stored.run().config().process();
      assertThat(Binder.name(process.schedule())).isEqualTo("cosine");
      assertThat(process.steps()).isEqualTo(500);
      assertThat(Binder.name(process.predicts())).isEqualTo("v");
    }
  }

  @Test
  void aModelThatNobodyToldItsProcessSaysHow() throws IOException {
    Path part = part("unet", arrays(MODEL.resolve(WEIGHTS), "", 1));
    assertThatThrownBy(() -> Model.load(part))
        .isInstanceOf(JiffusionException.class)
        .hasMessage(
            part.resolve(WEIGHTS)
                + " tells no process, must be a diffusion model with its scheduler: tell it by"
                + " --scheduler, as a scheduler_config.json or a name such as DDPMScheduler;"
                + " predict works without one");
  }

  @Test
  void aPipelineWithoutItsSchedulerIsReadWithoutAProcess() throws IOException {
    part("unet", arrays(MODEL.resolve(WEIGHTS), "", 1));
    Files.writeString(folder.resolve("model_index.json"), "{}");
    try (StoredModel stored = Checkpoints.open(folder)) {
      assertThat(stored.run().config().process()).isNull();
    }
  }

  @Test
  void aRunFolderSaysItsProcessItself() throws IOException {
    Path bundled = Home.model(Home.BUNDLED);
    assertThatThrownBy(() -> Checkpoints.open(bundled, options("auto", "DDPMScheduler")))
        .isInstanceOf(JiffusionException.class)
        .hasMessageEndingWith(
            "is a run folder, which says its process itself; leave --scheduler out, or change"
                + " process in its run.json");
    assertThatThrownBy(() -> Checkpoints.open(bundled, options("raw", null)))
        .isInstanceOf(JiffusionException.class)
        .hasMessageEndingWith("leave --config, --flags and --weights out");
    Path run = folder.resolve("run");
    try (StoredModel stored =
        Checkpoints.open(part("unet", arrays(MODEL.resolve(WEIGHTS), "", 1)))) {
      stored.write(run);
    }
    try (StoredModel stored = Checkpoints.open(run, options("auto", "cosine"))) {
      assertThat(Binder.name(stored.run().config().process().schedule())).isEqualTo("cosine");
    }
  }
}
