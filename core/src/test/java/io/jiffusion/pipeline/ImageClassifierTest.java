package io.jiffusion.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.base.Cancellation;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.config.PredictionType;
import io.jiffusion.config.ProcessConfig;
import io.jiffusion.config.ScheduleType;
import io.jiffusion.data.ImageSet;
import io.jiffusion.process.Batch;
import io.jiffusion.process.Gradient;
import io.jiffusion.process.Noise;
import io.jiffusion.weights.Array;
import io.jiffusion.weights.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageClassifierTest {
  private static final ImageSet DATA = Stripes.of(300, 8, 3, 0);

  private static final ProcessConfig NOISE = noise(ScheduleType.COSINE);

  @TempDir Path folder;

  private static ProcessConfig noise(ScheduleType schedule) {
    return ProcessConfig.draft(schedule, PredictionType.EPS).set("steps", 50).make();
  }

  @Test
  void learnsToTellClassesApart() {
    List<Double> losses = new ArrayList<>();
    ImageClassifier.train(
        DATA,
        null,
        folder,
        60,
        0,
        progress -> losses.add(Double.parseDouble(progress.note().substring("loss ".length()))),
        new Cancellation());
    assertThat(losses).hasSize(60);
    assertThat(losses.get(59)).isLessThan(losses.get(0) / 4);
    try (ImageClassifier judge = ImageClassifier.load(folder)) {
      assertThat(judge.accuracy(Stripes.of(60, 8, 3, 1))).isGreaterThan(0.95);
      assertThat(judge.size()).isEqualTo(8);
    }
  }

  @Test
  void guidesNoisyImagesTowardsAClassIfItWasTrainedOnNoise() {
    ImageClassifier.train(DATA, NOISE, folder, 100, 0, progress -> {}, new Cancellation());
    try (ImageClassifier judge = ImageClassifier.load(folder)) {
      assertThat(judge.noisy()).isTrue();
      assertThat(judge.accuracy(DATA, 0.1, 1)).isGreaterThan(0.9);
      assertThat(judge.accuracy(DATA, 1, 1)).isLessThan(0.6);
      Batch x = Noise.start(new long[] {1, 2, 3, 4, 5, 6}, 1, 8, 8);
      int[] classes = {0, 1, 2, 0, 1, 2};
      Gradient gradient = judge.gradient(NOISE, classes);
      double[] t = {0.2, 0.2, 0.2, 0.2, 0.2, 0.2};
      for (int i = 0; i < 20; i++) {
        x = Batch.lincomb(1, x, 0.5, gradient.at(x, t));
      }
      assertThat(judge.classify(floats(x)).classes()).isEqualTo(classes);
      ProcessConfig other = noise(ScheduleType.LINEAR);
      assertThatThrownBy(() -> judge.gradient(other, classes))
          .hasMessage(
              "illegal classifier: trained on noise of cosine with 50 steps, must be that of the"
                  + " model it guides, linear with 50 steps; train one with jiffusion"
                  + " train-classifier --noisy");
    }
  }

  private static float[] floats(Batch x) {
    float[] floats = new float[x.data().length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) x.data()[i];
    }
    return floats;
  }

  @Test
  void refusesToGuideByAClassifierOfCleanImages() {
    train(folder, 1);
    try (ImageClassifier judge = ImageClassifier.load(folder)) {
      assertThat(judge.noisy()).isFalse();
      assertThatThrownBy(() -> judge.gradient(NOISE, 0))
          .hasMessage(
              "illegal classifier: trained on clean images, must be trained on noisy ones to"
                  + " guide; train one with jiffusion train-classifier --noisy");
    }
  }

  @Test
  void theSameSeedGivesTheSameFile() throws IOException {
    train(folder.resolve("a"), 3);
    train(folder.resolve("b"), 3);
    assertThat(Files.readAllBytes(folder.resolve("a/weights.safetensors")))
        .isEqualTo(Files.readAllBytes(folder.resolve("b/weights.safetensors")));
  }

  @Test
  void anImageIsSeenTheSameAloneAndAmongOthers() {
    train(folder, 2);
    try (ImageClassifier judge = ImageClassifier.load(folder)) {
      float[] images = ImageClassifier.examples(DATA, new int[] {5, 1, 2});
      ImageClassifier.Classification all = judge.classify(images);
      ImageClassifier.Classification last = judge.classify(Arrays.copyOfRange(images, 128, 192));
      assertThat(all.classes()).hasSize(3);
      assertThat(all.features()).hasSize(3 * judge.config().features());
      assertThat(last.classes()[0]).isEqualTo(all.classes()[2]);
      assertThat(last.features()).isEqualTo(Arrays.copyOfRange(all.features(), 2 * 128, 3 * 128));
      assertThatThrownBy(() -> judge.classify(new float[65]))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("illegal images: 65 values, must be one or more whole images of [1, 8, 8]");
    }
  }

  @Test
  void cancellingWritesNothing() {
    Cancellation cancellation = new Cancellation();
    assertThatThrownBy(
            () ->
                ImageClassifier.train(
                    DATA, null, folder, 100, 0, step -> cancellation.cancel(), cancellation))
        .isInstanceOf(CancellationException.class);
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void refusesAFolderWithoutAClassifier() {
    assertThatThrownBy(() -> ImageClassifier.load(folder))
        .isInstanceOf(JiffusionException.class)
        .hasMessage(
            "no classifier in %s: it has no weights.safetensors, must be a folder that jiffusion train-classifier made",
            folder);
  }

  @Test
  void refusesTheWeightsOfSomethingElse() {
    Path file = folder.resolve("weights.safetensors");
    Safetensors.write(file, Map.of("a", Array.of(new float[1], 1)), Map.of());
    assertThatThrownBy(() -> ImageClassifier.load(folder))
        .isInstanceOf(JiffusionException.class)
        .hasMessage(
            "%s holds no classifier, must be a file that jiffusion train-classifier made", file);
  }

  @Test
  void refusesDamagedFiles() throws IOException {
    Path file = folder.resolve("weights.safetensors");
    train(folder, 1);
    byte[] whole = Files.readAllBytes(file);
    Files.write(file, Arrays.copyOf(whole, whole.length - 10));
    assertThatThrownBy(() -> ImageClassifier.load(folder))
        .isInstanceOf(JiffusionException.class)
        .hasMessageContaining(file.toString());

    String shape =
        "{\"inputChannels\":1,\"size\":9,\"channels\":16,\"features\":128,\"classes\":3}";
    Safetensors.write(file, Map.of("a", Array.of(new float[1], 1)), Map.of("classifier", shape));
    assertThatThrownBy(() -> ImageClassifier.load(folder))
        .isInstanceOf(JiffusionException.class)
        .hasMessageContaining("size 9")
        .hasMessageContaining("classifier in " + file);

    Safetensors.write(
        file,
        Map.of("a", Array.of(new float[1], 1)),
        Map.of("classifier", shape.replace(":9", ":8")));
    assertThatThrownBy(() -> ImageClassifier.load(folder))
        .isInstanceOf(JiffusionException.class)
        .hasMessageContaining("does not fit the network: missing: layer.0.conv.weight")
        .hasMessageContaining("not in the network: a");
  }

  private static void train(Path folder, int steps) {
    ImageClassifier.train(DATA, null, folder, steps, 0, progress -> {}, new Cancellation());
  }
}
