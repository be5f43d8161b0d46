package io.jiffusion.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.jiffusion.checkpoint.Checkpoints;
import io.jiffusion.checkpoint.PeerCase;
import io.jiffusion.checkpoint.RunFolder;
import io.jiffusion.checkpoint.StoredModel;
import io.jiffusion.config.Home;
import io.jiffusion.config.RunConfig;
import io.jiffusion.execute.EagerExecution;
import io.jiffusion.execute.PlanExecution;
import io.jiffusion.network.Condition;
import io.jiffusion.network.Conditions;
import io.jiffusion.network.Execution;
import io.jiffusion.network.Network;
import io.jiffusion.network.Ops;
import io.jiffusion.network.Shape;
import io.jiffusion.tensor.NativeHandles;
import io.jiffusion.tensor.Precision;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What runs a network, and how far its speed costs quality. */
@ExtendWith(NativeHandles.class)
class ExecutionsTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "diffusers-unet2d/ddpm-cifar10-narrow",
        "diffusers-unet2d/class-scaleshift-resnet",
        "diffusers-unet2d/ncsnpp-fourier-skip",
        "openai/improved-learn",
        "openai/guided-new",
        "openai/superres",
        "ddim-checkpoint/ddim-small",
        "edm/adm-edm",
        "score-sde/ve-ncsnpp",
        "unet-condition/sd-like",
        "unet-condition/dit-2-layers",
        "dit/original",
        "latent-diffusion/kl-class-context"
      })
  void theNetworkOfEveryProgramIsCompiled(String resource) {
    try (StoredModel stored = Checkpoints.open(PeerCase.of(resource).folder())) {
      assertCompiled(stored, stored.run().config().network().network());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"autoencoders/kl-quant", "autoencoders/vq"})
  void anAutoencoderIsCompiled(String resource) {
    try (StoredModel stored = Checkpoints.open(PeerCase.of(resource).folder())) {
      assertCompiled(stored, stored.run().config().network().encoder());
      assertCompiled(stored, stored.run().config().network().decoder());
    }
  }

  private static void assertCompiled(StoredModel stored, Network network) {
    for (String precision : List.of("fp32", "bf16")) {
      try (Execution execution =
          Executions.load(stored, network, new ModelOptions(precision, 1, 2))) {
        boolean plan = precision.equals("fp32") || Precision.fastest() == Precision.BF16;
        assertThat(execution)
            .as(precision)
            .isInstanceOf(plan ? PlanExecution.class : EagerExecution.class);
      }
    }
  }

  /** It has a mean over all pixels, which belongs to classifiers: plans lack it. */
  private record WithMean() implements Network {
    @Override
    public <T> T apply(Ops<T> ops, T x, T label, Condition<T> condition) {
      return ops.addChannels(x, ops.mean(x));
    }

    @Override
    public Shape input() {
      return Shape.of(2, 4, 4);
    }

    @Override
    public int classes() {
      return 0;
    }
  }

  @Test
  void whatPlansLackRunsOnLibtorchAsAWhole() {
    try (Execution execution = Executions.fresh(new WithMean(), new ModelOptions("fp32", 1, 1))) {
      assertThat(execution).isInstanceOf(EagerExecution.class);
      float[] x = new float[32];
      Arrays.fill(x, 0, 16, 3);
      float[] expected = new float[32];
      Arrays.fill(expected, 0, 16, 6);
      assertThat(execution.evaluate(x, 1, new float[1], Conditions.NONE)).isEqualTo(expected);
    }
  }

  @Test
  @Tag("long")
  void theBundledModelsDigitsInBf16AreThoseOfLibtorchInFp32() {
    assumeThat(Precision.fastest()).as("made for bf16").isEqualTo(Precision.BF16);
    SampleRequest request =
        SampleRequest.of(256)
            .seed(1)
            .sampler("ddim")
            .steps(20)
            .classes(IntStream.range(0, 256).map(i -> i % 10).toArray())
            .floats(true);
    Path folder = Home.model(Home.BUNDLED);
    float[] fast;
    try (Model model = Model.load(folder, ModelOptions.of().precision("bf16"))) {
      fast = model.sample(request).values();
    }
    float[] plain;
    RunConfig config = RunFolder.read(folder).config();
    Network network = config.network().network();
    try (Model model =
        Model.of(
            config,
            new EagerExecution(
                network,
                Executions.weights(folder.resolve(RunFolder.WEIGHTS), network),
                Precision.FP32,
                4,
                2))) {
      plain = model.sample(request).values();
    }
    List<Double> ratios = new ArrayList<>();
    int size = plain.length / 256;
    for (int image = 0; image < 256; image++) {
      double error = 0;
      for (int i = image * size; i < (image + 1) * size; i++) {
        error += Math.pow(fast[i] - plain[i], 2) / size;
      }
      ratios.add(10 * Math.log10(4 / error)); // of the range from -1 to 1
    }
    ratios.sort(null);
    System.out.printf(
        "PSNR of bf16 to fp32 over 256 images: median %.1f dB, 5th percentile %.1f dB, least %.1f%n",
        ratios.get(128), ratios.get(12), ratios.get(0));
    assertThat(ratios.get(128)).isGreaterThan(35);
    assertThat(ratios.get(12)).isGreaterThan(25);
    assertThat(rightClasses(fast)).isBetween(rightClasses(plain) - 3, rightClasses(plain) + 3);
  }

  /** How many of 256 images the bundled classifier takes for what they were to be. */
  private static int rightClasses(float[] images) {
    try (ImageClassifier classifier =
        ImageClassifier.load(Home.folder().resolve("models/mnist-classifier"))) {
      int[] seen = classifier.classify(images).classes();
      return (int) IntStream.range(0, 256).filter(i -> seen[i] == i % 10).count();
    }
  }

  @Test
  void weightsAndClassesThatDoNotFitAreTold() {
    Network network = RunConfig.of("mnist", List.of("network.unet.channels=8")).network().network();
    ModelOptions options = new ModelOptions("fp32", 1, 1);
    assertThatThrownBy(() -> Executions.of(network, (name, from, count) -> new float[1], options))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageMatching("illegal weights of .+: 1 values, must be \\d+ from number 0 on, .*");
    try (Execution execution = Executions.fresh(network, options)) {
      float[] x = new float[(int) network.input().count()];
      for (int label : new int[] {-1, 11}) {
        Conditions classes = Conditions.classes(new int[] {label});
        assertThatThrownBy(() -> execution.evaluate(x, 1, new float[1], classes))
            .isInstanceOf(IllegalArgumentException.class)
            .hasMessage("illegal class: " + label + ", must be from 0 to 10 for this network");
      }
    }
  }
}
