package io.jiffusion.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.base.Draft;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.config.Binder;
import io.jiffusion.config.Conventions;
import io.jiffusion.config.Home;
import io.jiffusion.config.NetworkConfig;
import io.jiffusion.config.PredictionType;
import io.jiffusion.config.ProcessConfig;
import io.jiffusion.config.RunConfig;
import io.jiffusion.config.ScheduleType;
import io.jiffusion.data.Images;
import io.jiffusion.network.UnetConfig;
import io.jiffusion.pipeline.ArrayFiles;
import io.jiffusion.pipeline.Codec;
import io.jiffusion.pipeline.Model;
import io.jiffusion.pipeline.ModelOptions;
import io.jiffusion.pipeline.Predict;
import io.jiffusion.pipeline.Predict.Inputs;
import io.jiffusion.pipeline.SampleRequest;
import io.jiffusion.pipeline.Values;
import io.jiffusion.process.Variance;
import io.jiffusion.weights.ArrayFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Checkpoints as the programs that wrote them evaluate them. What each recorded, and within which
 * tolerance it must be met, is told by the originals' own rounding.
 */
class PeersTest {
  @TempDir Path folder;

  // ---- the same numbers ----

  @ParameterizedTest
  @CsvSource({
    "openai/improved-learn, auto, sample, output, 1e-4",
    "openai/improved-learn, auto, small_sample, small_output, 1e-4",
    "openai/guided-new, auto, sample, output, 1e-4",
    "openai/guided-new, auto, small_sample, small_output, 1e-4",
    "openai/superres, auto, sample, output, 1e-4",
    "openai/superres, auto, small_sample, small_output, 1e-4",
    "ddim-checkpoint/ddim-small, auto, sample, output_ema, 1e-4",
    "ddim-checkpoint/ddim-small, ema, small_sample, small_output_ema, 1e-4",
    "ddim-checkpoint/ddim-small, raw, sample, output_weights, 1e-4",
    "score-sde/ve-ncsnpp, auto, sample, output_ema, 4e-4",
    "score-sde/ve-ncsnpp, raw, sample, output_weights, 4e-4",
    "score-sde/ve-ncsnpp, ema, small_sample, small_output_ema, 4e-4",
    "diffusers-unet2d/ddpm-cifar10-narrow, auto, sample, output, 1e-4",
    "diffusers-unet2d/ddpm-cifar10-narrow, auto, small_sample, small_output, 1e-4",
    "diffusers-unet2d/defaults-heads8, auto, sample, output, 1e-4",
    "diffusers-unet2d/class-scaleshift-resnet, auto, sample, output, 1e-4",
    "diffusers-unet2d/class-scaleshift-resnet, auto, small_sample, small_output, 1e-4",
    "diffusers-unet2d/no-attention-rect, auto, sample, output, 1e-4",
    "diffusers-unet2d/ncsnpp-fourier-skip, auto, sample, output, 5e-4",
    "diffusers-unet2d/ncsnpp-fourier-skip, auto, small_sample, small_output, 5e-4"
  })
  void aNetworkGivesTheOriginalsNumbers(
      String resource, String weights, String input, String output, double tolerance) {
    PeerCase peer = PeerCase.of(resource);
    try (StoredModel stored =
        Checkpoints.open(peer.folder(), new ReadOptions(null, null, weights, null))) {
      peer.check(
          Predict.of(stored, peer.recorded(input), times(peer), given(peer)), output, tolerance);
    }
  }

  @Test
  void edmsNetworkAndItsDenoiserGiveTheOriginalsNumbers() {
    PeerCase peer = PeerCase.of("edm/adm-edm");
    Inputs classes = new Inputs(oneHot(peer.recorded("class_labels")), null, null, null);
    try (StoredModel stored = Checkpoints.open(peer.folder())) {
      float[] labels = peer.recorded("raw_noise_label").values();
      peer.check(Predict.of(stored, peer.recorded("raw_x"), labels, classes), "raw_F", 1e-4);
      peer.check(Predict.of(stored, peer.recorded("small_x"), labels, classes), "small_F", 1e-4);
      float[] sigmas = peer.recorded("sigma").values();
      peer.check(Predict.denoised(stored, peer.recorded("x"), sigmas, classes), "D", 1e-4);
    }
  }

  @Test
  void anAutoencoderOfDistributionsGivesTheOriginalsNumbers() {
    PeerCase peer = PeerCase.of("autoencoders/kl-quant");
    try (StoredModel stored = Checkpoints.open(peer.folder())) {
      Codec codec = Codec.of(stored);
      Map<String, Values> encoded = codec.encode(peer.recorded("image"), peer.recorded("noise"));
      assertThat(encoded.keySet()).containsExactly("sample", "mean", "logvar");
      peer.check(encoded.get("mean"), "mean", 1e-4);
      peer.check(encoded.get("logvar"), "logvar", 1e-4);
      peer.check(encoded.get("sample"), "latent_sample", 1e-4);
      peer.check(codec.encode(peer.recorded("small_image"), null).get("mean"), "small_mean", 1e-4);
      peer.check(codec.decode(peer.recorded("z"), true), "decoded", 1e-4);
      peer.check(codec.decode(peer.recorded("small_z"), true), "small_decoded", 1e-4);
    }
  }

  @Test
  void anAutoencoderWithCodesGivesTheOriginalsNumbers() {
    PeerCase peer = PeerCase.of("autoencoders/vq");
    try (StoredModel stored = Checkpoints.open(peer.folder())) {
      Codec codec = Codec.of(stored);
      Map<String, Values> encoded = codec.encode(peer.recorded("image"), null);
      assertThat(encoded.keySet()).containsExactly("latents", "indices", "quantized");
      peer.check(encoded.get("latents"), "latents", 1e-4);
      peer.check(encoded.get("quantized"), "quantized", 1e-4);
      assertThat(encoded.get("indices").values()).isEqualTo(peer.recorded("indices").values());
      peer.check(codec.decode(peer.recorded("latents"), true), "decoded", 1e-4);
      peer.check(codec.decode(peer.recorded("latents"), false), "decoded_not_quantized", 1e-4);
    }
  }

  private static float[] times(PeerCase peer) {
    try {
      return peer.recorded("timestep").values();
    } catch (JiffusionException e) {
      return peer.recorded("timesteps").values();
    }
  }

  private static Inputs given(PeerCase peer) {
    int[] classes = null;
    Values lowRes = null;
    try (ArrayFile io = CheckpointFile.open(peer.folder().resolve("io.safetensors"))) {
      for (String name : List.of("y", "class_labels")) {
        classes = io.arrays().containsKey(name) ? peer.wholes(name) : classes;
      }
      lowRes = io.arrays().containsKey("low_res") ? peer.recorded("low_res") : null;
    }
    return new Inputs(classes, null, lowRes, null);
  }

  private static int[] oneHot(Values labels) {
    int rows = (int) labels.shape()[0];
    int width = (int) labels.shape()[1];
    int[] classes = new int[rows];
    for (int i = 0; i < rows * width; i++) {
      classes[i / width] = labels.values()[i] == 1 ? i % width : classes[i / width];
    }
    return classes;
  }

  // ---- what they say about the process ----

  @ParameterizedTest
  @CsvSource({
    "openai/improved-learn, rescaled-linear, eps, true, true, LEARNED_RANGE",
    "openai/guided-new, rescaled-linear, eps, true, true, LEARNED_RANGE",
    "ddim-checkpoint/ddim-small, linear, eps, false, false, LARGE",
    "score-sde/ve-ncsnpp, ve, score, false, false, LARGE",
    "edm/adm-edm, edm, edm, false, false, SMALL"
  })
  void theProcessIsTheOriginals(
      String resource,
      String schedule,
      String predicts,
      boolean clip,
      boolean rederive,
      Variance variance) {
    ProcessConfig process = Checkpoints.describe(PeerCase.of(resource).folder()).config().process();
    assertThat(Binder.name(process.schedule())).isEqualTo(schedule);
    assertThat(Binder.name(process.predicts())).isEqualTo(predicts);
    assertThat(process.clip()).isEqualTo(clip);
    assertThat(process.rederive()).isEqualTo(rederive);
    assertThat(process.variance()).isEqualTo(variance);
  }

  @Test
  void aModelOfUnsignedImagesSaysSo() {
    ProcessConfig process =
        Checkpoints.describe(PeerCase.of("score-sde/ve-ncsnpp").folder()).config().process();
    assertThat(process.known().dataRange()).isEqualTo("unsigned");
    assertThat(process.timeLabel().at(1)).isEqualTo(50, within(1e-9));
  }

  @ParameterizedTest
  @CsvSource({"True, rescaled, 124.75", "False, null, 499"})
  void openAiRescalesTheTimesWhereItsFlagSaysSo(String flag, String label, double at) {
    Path checkpoint = PeerCase.of("openai/improved-learn").folder();
    String flags = "--diffusion_steps 4000 --noise_schedule cosine --rescale_timesteps " + flag;
    try (StoredModel stored =
        Checkpoints.open(checkpoint, new ReadOptions(null, flags, "auto", null))) {
      ProcessConfig process = stored.run().config().process();
      assertThat(Binder.name(process.schedule())).isEqualTo("cosine");
      assertThat(String.valueOf(process.known().label())).isEqualTo(label);
      assertThat(process.timeLabel().at(0.125)).isEqualTo(at, within(1e-9));
    }
    assertThatThrownBy(
            () ->
                Checkpoints.open(
                    checkpoint, new ReadOptions(null, "--diffusion_steps 4000", "auto", null)))
        .isInstanceOf(JiffusionException.class)
        .hasMessageStartingWith("missing rescale_timesteps");
  }

  // ---- whole pipelines ----

  /** As diffusers samples from the same noises: the state before it becomes bytes. */
  @ParameterizedTest
  @CsvSource({
    "ddim:eps=network, 10, ddim10",
    "ddim:eps=derived, 10, ddim10_clipped",
    "ddpm, 5, ddpm5"
  })
  void aPipelineEndsInTheOriginalsPicture(String sampler, int steps, String recorded)
      throws IOException {
    PeerCase peer = PeerCase.of("diffusers-unet2d/ddpm-cifar10-narrow");
    String all = peer.folder().resolve("pipeline.safetensors") + ":";
    SampleRequest request =
        SampleRequest.of(1)
            .sampler(sampler)
            .steps(steps)
            .spacing("leading")
            .floats(true)
            .noise(ArrayFiles.values(all + "noise").values());
    boolean ancestral = sampler.equals("ddpm");
    if (ancestral) {
      request = request.draws(ArrayFiles.values(all + "ddpm5_noises").values());
    }
    try (Model model = Model.load(pipeline(peer), ModelOptions.of().precision("fp32"))) {
      Images made = model.sample(request);
      float[] expected =
          ArrayFiles.values(all + recorded + (ancestral ? "_trajectory" : "_final")).values();
      int size = made.values().length;
      for (int i = 0; i < size; i++) {
        // the recording's own bound is 1e-3 of the largest value, here about 1
        assertThat(made.values()[i]).isEqualTo(expected[expected.length - size + i], within(2e-4f));
      }
      float[] bytes = ArrayFiles.values(all + recorded + "_uint8").values();
      int others = 0;
      for (int i = 0; i < size; i++) {
        int difference = Math.abs((int) bytes[i] - (made.bytes()[i] & 0xFF));
        assertThat(difference).isLessThanOrEqualTo(1);
        others += difference;
      }
      assertThat(others).isLessThanOrEqualTo(size / 200);
    }
  }

  /** The pipeline's folder, of the parts among the resources. */
  private Path pipeline(PeerCase peer) throws IOException {
    Path unet = Files.createDirectories(folder.resolve("pipeline/unet"));
    Path scheduler = Files.createDirectories(folder.resolve("pipeline/scheduler"));
    for (String name : List.of("config.json", "diffusion_pytorch_model.safetensors")) {
      Files.copy(peer.folder().resolve(name), unet.resolve(name));
    }
    String name = "scheduler_config.json";
    Files.copy(peer.folder().resolve(name), scheduler.resolve(name));
    Files.writeString(folder.resolve("pipeline/model_index.json"), "{}");
    return folder.resolve("pipeline");
  }

  @Test
  void thePipelinesOwnSamplerIsKnown() throws IOException {
    Path pipeline = pipeline(PeerCase.of("diffusers-unet2d/ddpm-cifar10-narrow"));
    Conventions known = Checkpoints.describe(pipeline).config().process().known();
    assertThat(known.sampler()).isEqualTo("ddpm");
    assertThat(known.spacing()).isEqualTo("leading");
    assertThat(known.steps()).isEqualTo(1000);
    assertThat(known.singlePrecision()).isTrue();
  }

  // ---- in and out again ----

  @ParameterizedTest
  @ValueSource(
      strings = {
        "openai/guided-new",
        "ddim-checkpoint/ddim-small",
        "score-sde/ve-ncsnpp",
        "edm/adm-edm",
        "autoencoders/vq"
      })
  void anImportedModelIsTheSameToTheBit(String resource) {
    Path run = folder.resolve("run");
    try (StoredModel stored = Checkpoints.open(PeerCase.of(resource).folder())) {
      stored.write(run);
      try (StoredModel again = Checkpoints.open(run)) {
        assertThat(again.run()).usingRecursiveComparison().isEqualTo(stored.run());
        sameWeights(again, stored);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "class-scaleshift-resnet",
        "defaults-heads8",
        "no-attention-rect",
        "ddpm-cifar10-narrow"
      })
  void anExportedModelIsReadAgainToTheBit(String name) throws IOException {
    PeerCase peer = PeerCase.of("diffusers-unet2d/" + name);
    try (StoredModel unet = Checkpoints.open(peer.folder())) {
      RunConfig config =
          new RunConfig(
              null,
              unet.run().config().network(),
              RunConfig.of("cifar10", List.of()).process(),
              null);
      StoredModel whole = new StoredModel(RunFolder.of(config, 0), unet.weights());
      Checkpoints.export(whole, folder.resolve("out"), "stored");
      try (StoredModel again = Checkpoints.open(folder.resolve("out"))) {
        Values x = peer.recorded("sample");
        assertThat(Predict.of(again, x, times(peer), given(peer)).values())
            .isEqualTo(Predict.of(unet, x, times(peer), given(peer)).values());
        sameWeights(again, unet);
      }
    }
  }

  @Test
  void theBundledModelComesBackFromDiffusersToTheBit() {
    try (StoredModel stored = Checkpoints.open(Home.model(Home.BUNDLED))) {
      Checkpoints.export(stored, folder.resolve("out"), "stored");
      try (StoredModel again = Checkpoints.open(folder.resolve("out"))) {
        sameWeights(again, stored);
      }
    }
  }

  private static final Set<PredictionType> OF_TABLES =
      EnumSet.of(PredictionType.EPS, PredictionType.X0, PredictionType.V);

  /**
   * Tables that diffusers has no word for go as their betas; predictions without one, not at all.
   */
  @ParameterizedTest
  @EnumSource
  void everyScheduleWithEveryPredictionIsExportedAsItIsOrRefused(ScheduleType schedule) {
    PeerCase peer = PeerCase.of("diffusers-unet2d/defaults-heads8");
    try (StoredModel unet = Checkpoints.open(peer.folder())) {
      NetworkConfig network = unet.run().config().network();
      for (PredictionType predicts : PredictionType.values()) {
        if (predicts == PredictionType.VELOCITY && schedule != ScheduleType.FLOW) {
          continue; // no such process
        }
        ProcessConfig process = ProcessConfig.draft(schedule, predicts).set("steps", 200).make();
        RunFolder run = RunFolder.of(new RunConfig(null, network, process, null), 0);
        StoredModel model = new StoredModel(run, unet.weights());
        Path out = folder.resolve(predicts.name());
        if (schedule.isTable() && OF_TABLES.contains(predicts)) {
          Checkpoints.export(model, out, "stored");
          sameProcess(Checkpoints.describe(out).config().process(), process);
        } else {
          assertThatThrownBy(() -> Checkpoints.export(model, out, "stored"))
              .isInstanceOf(JiffusionException.class)
              .hasMessageEndingWith(
                  schedule.isTable()
                      ? "predicts " + Binder.name(predicts) + ", must be one of eps, x0, v"
                      : "schedule " + Binder.name(schedule) + ", must be a table of betas");
          assertThat(out).doesNotExist();
        }
      }
    }
  }

  private static void sameProcess(ProcessConfig again, ProcessConfig process) {
    assertThat(again.predicts()).isEqualTo(process.predicts());
    for (int i = 1; i <= process.steps(); i++) {
      double t = (double) i / process.steps();
      assertThat(again.noiseSchedule().alpha(t))
          .isEqualTo(process.noiseSchedule().alpha(t), within(1e-5));
    }
  }

  @Test
  void aRunFolderIsImportedWithItsMeasuredNoise() throws IOException {
    Path bundled = Home.model(Home.BUNDLED);
    try (StoredModel stored = Checkpoints.open(bundled)) {
      stored.write(folder.resolve("copy"));
      try (StoredModel again = Checkpoints.open(folder.resolve("copy"))) {
        assertThat(again.run()).usingRecursiveComparison().isEqualTo(stored.run());
        sameWeights(again, stored);
      }
    }
    assertThat(folder.resolve("copy/noise.json"))
        .hasSameTextualContentAs(bundled.resolve("noise.json"));
  }

  private static void sameWeights(StoredModel a, StoredModel b) {
    assertThat(a.weights().arrays().keySet()).isEqualTo(b.weights().arrays().keySet());
    for (String name : a.weights().arrays().keySet()) {
      assertThat(a.weights().arrays().get(name).type())
          .isEqualTo(b.weights().arrays().get(name).type());
      assertThat(a.weights().floats(name)).as(name).isEqualTo(b.weights().floats(name));
    }
  }

  /** Those that are told are few; an option that comes later is not among them. */
  @ParameterizedTest
  @CsvSource({"middleBlocks, 1", "upHeads, 2", "sinusoid, 64"})
  void anOptionOfTheNetworkThatDiffusersHasNoWordForIsRefused(String option, int value) {
    PeerCase peer = PeerCase.of("diffusers-unet2d/defaults-heads8");
    try (StoredModel unet = Checkpoints.open(peer.folder())) {
      UnetConfig changed = Draft.of(unet.run().config().network().unet()).set(option, value).make();
      RunConfig config =
          new RunConfig(
              null,
              NetworkConfig.of(changed),
              ProcessConfig.draft(ScheduleType.LINEAR, PredictionType.EPS).make(),
              null);
      StoredModel model = new StoredModel(RunFolder.of(config, 0), unet.weights());
      assertThatThrownBy(() -> Checkpoints.export(model, folder.resolve("out"), "stored"))
          .isInstanceOf(JiffusionException.class)
          .hasMessageEndingWith(option + " " + value + ", must be left out");
      assertThat(folder.resolve("out")).doesNotExist();
    }
  }

  @Test
  void whatDiffusersCannotSayIsRefused() {
    try (StoredModel stored = Checkpoints.open(PeerCase.of("score-sde/ve-ncsnpp").folder())) {
      assertThatThrownBy(() -> Checkpoints.export(stored, folder.resolve("out"), "stored"))
          .isInstanceOf(JiffusionException.class)
          .hasMessageEndingWith(
              "cannot be told in diffusers' words: network, must be a plain unet");
      assertThat(folder.resolve("out")).doesNotExist();
      assertThatThrownBy(() -> Checkpoints.export(stored, folder, "fp8"))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  // ---- errors ----

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
      openai/improved-learn/ema_0.9999_000010.pt | is a checkpoint of OpenAI's, which does not say what its network is: tell the flags
      ddim-checkpoint/ddim-small/ckpt.pth        | does not say what its network is: tell ddim's configuration by --config FILE
      score-sde/ve-ncsnpp/checkpoint_1.pth       | is a checkpoint of score_sde_pytorch, which does not say what its network is
      edm/adm-edm/weights.safetensors            | is a network of EDM's, but its arguments are missing
      """)
  void aCheckpointWithoutItsConfigurationSaysWhatIsMissing(String file, String message)
      throws IOException {
    Path whole = PeerCase.of(file).folder();
    Path alone = Files.copy(whole, folder.resolve(whole.getFileName()));
    assertThatThrownBy(() -> Checkpoints.open(alone))
        .isInstanceOf(JiffusionException.class)
        .hasMessageContaining(message.strip());
  }

  @Test
  void theStateOfAnOptimizerIsNoModel() throws IOException {
    Path state = PeerCase.of("torch-files/optimizer-adam.pt").folder();
    Path file = Files.copy(state, folder.resolve("opt000010.pt"));
    assertThatThrownBy(() -> Checkpoints.open(file))
        .isInstanceOf(JiffusionException.class)
        .hasMessage(
            file
                + " is the state of an optimizer, must be a model: with OpenAI's programs model….pt"
                + " or ema_….pt beside it");
  }

  @Test
  void severalCheckpointsOfAFolderAreNamed() throws IOException {
    for (String name : List.of("model000000.pt", "ema_0.9999_000000.pt")) {
      Files.writeString(folder.resolve(name), "");
    }
    assertThatThrownBy(() -> Checkpoints.open(folder))
        .isInstanceOf(JiffusionException.class)
        .hasMessage(
            folder
                + " has several checkpoints, one must be named: ema_0.9999_000000.pt,"
                + " model000000.pt");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
      "act_fn": "silu"                    | "act_fn": "mish"                    | illegal act_fn: mish, must be one of silu, swish, gelu
      "time_embedding_type": "positional" | "time_embedding_type": "learned"    | illegal time_embedding_type: learned, must be positional, no other is known here
      "downsample_type": "conv"           | "downsample_type": "pool"           | illegal downsample_type: pool, must be one of conv, resnet
      "DownBlock2D"                       | "KDownBlock2D"                      | illegal down_block_types
      """)
  void settingsOfOtherNetworksAreRefused(String from, String to, String message) {
    Path model =
        PeerCase.configured(
            PeerCase.of("diffusers-unet2d/defaults-heads8").folder(),
            folder.resolve("model"),
            from.strip(),
            to.strip());
    assertThatThrownBy(() -> Checkpoints.open(model))
        .isInstanceOf(JiffusionException.class)
        .hasMessageStartingWith(message.strip());
  }

  @Test
  void aFlagMustNotContradictTheConfiguration() {
    Path checkpoint = PeerCase.of("openai/guided-new").folder();
    assertThatThrownBy(
            () ->
                Checkpoints.open(
                    checkpoint, new ReadOptions(null, "--num_classes 7", "auto", null)))
        .isInstanceOf(JiffusionException.class)
        .hasMessageContaining("num_classes is 7 by flag --num_classes and 5 by line ");
  }
}
