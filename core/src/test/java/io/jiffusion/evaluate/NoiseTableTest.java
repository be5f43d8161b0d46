package io.jiffusion.evaluate;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.base.Cancellation;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.checkpoint.NoiseTable;
import io.jiffusion.checkpoint.RunFolder;
import io.jiffusion.config.RunConfig;
import io.jiffusion.data.ImageSet;
import io.jiffusion.pipeline.GaussianExecution;
import io.jiffusion.pipeline.ImageClassifier;
import io.jiffusion.pipeline.Model;
import io.jiffusion.pipeline.SampleRequest;
import io.jiffusion.pipeline.Stripes;
import io.jiffusion.schedule.NoiseSchedule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class NoiseTableTest {
  private static final RunConfig CONFIG =
      RunConfig.of(
          "mnist", List.of("network.unet.height=8", "network.unet.width=8", "process.steps=20"));
  private static final RunFolder RUN = RunFolder.of(CONFIG, 1234);
  private static final ImageSet DATA = Stripes.of(200, 8, 10, 0);

  @TempDir Path folder;

  private static NoiseTable table(int step) {
    double[] noise = new double[20];
    Arrays.fill(noise, 0.75);
    return new NoiseTable(1, step, CONFIG.process(), 64, 7, noise);
  }

  @Test
  void measuresTheNoiseThatAModelPredictsForImagesOfTheirOwnClass() {
    List<Long> totals = new ArrayList<>();
    NoiseTable table;
    try (Model model = Model.of(CONFIG, new GaussianExecution(CONFIG, 4))) {
      table =
          NoiseMeasurement.of(
              model, RUN, DATA, 100, 7, step -> totals.add(step.total()), new Cancellation());
    }
    NoiseSchedule schedule = CONFIG.process().noiseSchedule();
    double spread = 0; // of the data around what the model takes for their mean
    float[] values = ImageClassifier.examples(DATA, RealImages.some(DATA, 100));
    for (int i = 0; i < values.length; i++) {
      double from = values[i] - 0.1 * DATA.label(2 * (i / 64));
      spread += from * from / values.length;
    }
    double std = GaussianExecution.STD;
    for (int i = 0; i < 20; i++) {
      double alpha = Math.pow(schedule.alpha((i + 1) / 20.0), 2);
      double sigma = Math.pow(schedule.sigma((i + 1) / 20.0), 2);
      double expected = sigma * (alpha * spread + sigma) / Math.pow(alpha * std * std + sigma, 2);
      assertThat(table.noise()[i]).isCloseTo(expected, within(0.05 * expected));
    }
    assertThat(totals).hasSize(2 * 20).containsOnly(2000L);
    assertThat(table.step()).isEqualTo(1234);
    assertThat(table.process()).isEqualTo(CONFIG.process());
  }

  @Test
  void whatIsWrittenReadsBackTheSame() {
    table(1234).write(folder);
    NoiseTable back = NoiseTable.read(folder, RUN);
    assertThat(back.noise()).containsExactly(table(1234).noise());
    assertThat(back.count()).isEqualTo(64);
    assertThat(back.seed()).isEqualTo(7);
  }

  @Test
  void aTableOfAProcessWithBetasOfItsOwnIsRead() {
    String betas = IntStream.range(0, 20).mapToObj(i -> "0.0" + (11 + i)).collect(joining(","));
    RunConfig own = CONFIG.with(List.of("process.conventions.betas=[" + betas + "]"));
    RunFolder run = RunFolder.of(own, 1234);
    double[] noise = new double[20];
    Arrays.fill(noise, 0.75);
    new NoiseTable(1, 1234, own.process(), 64, 7, noise).write(folder);
    assertThat(NoiseTable.read(folder, run).process()).isEqualTo(own.process());
    RunFolder other = RunFolder.of(own.with(List.of("process.conventions.betas=null")), 1234);
    assertThatThrownBy(() -> NoiseTable.read(folder, other))
        .isInstanceOf(JiffusionException.class)
        .hasMessageContaining("of another process");
  }

  @Test
  void aModelThatWasNotMeasuredIsTold() {
    assertThatThrownBy(() -> NoiseTable.read(folder, RUN))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "illegal sampler: the noise of "
                + folder
                + " was not measured (there is no noise.json), must be for analytic variances;"
                + " measure it with jiffusion measure "
                + folder);
  }

  @Test
  void aTableOfOtherWeightsOrAnotherProcessIsRefused() {
    table(1000).write(folder);
    assertThatThrownBy(() -> NoiseTable.read(folder, RUN))
        .isInstanceOf(JiffusionException.class)
        .hasMessage(
            folder.resolve("noise.json")
                + " was measured after 1000 training steps, must be of the weights beside it, after"
                + " 1234; measure again with jiffusion measure "
                + folder);
    table(1234).write(folder);
    RunFolder cosine = RunFolder.of(CONFIG.with(List.of("process.schedule=cosine")), 1234);
    assertThatThrownBy(() -> NoiseTable.read(folder, cosine))
        .isInstanceOf(JiffusionException.class)
        .hasMessageContaining("after 1234 training steps of another process, must be");
  }

  @Test
  void aDamagedTableIsRefused() throws IOException {
    table(1234).write(folder);
    Path file = folder.resolve("noise.json");
    String json = Files.readString(file);
    Files.writeString(file, json.substring(0, json.length() / 2));
    assertThatThrownBy(() -> NoiseTable.read(folder, RUN))
        .isInstanceOf(JiffusionException.class)
        .hasMessageContaining("is not valid JSON");
    Files.writeString(file, json.replaceFirst("0\\.75, ", ""));
    assertThatThrownBy(() -> NoiseTable.read(folder, RUN))
        .isInstanceOf(JiffusionException.class)
        .hasMessageContaining("illegal noise: 19 values, must be 20, one for each step");
    Files.writeString(file, json.replaceFirst("0\\.75", "-1"));
    assertThatThrownBy(() -> NoiseTable.read(folder, RUN))
        .isInstanceOf(JiffusionException.class)
        .hasMessageContaining("illegal noise: a value below 0, must be mean squares");
  }

  @Test
  void analyticDdpmTakesTheMeasuredVariance() {
    SampleRequest request =
        SampleRequest.of(2).sampler("analytic-ddpm").steps(5).classes(3).floats(true);
    try (Model measured =
            Model.of(CONFIG, new GaussianExecution(CONFIG, 4), table(1234).variance());
        Model not = Model.of(CONFIG, new GaussianExecution(CONFIG, 4))) {
      assertThat(measured.sample(request).values())
          .isNotEqualTo(measured.sample(request.sampler("ddpm")).values());
      assertThatThrownBy(() -> not.sample(request))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("measure it with jiffusion measure RUN");
      assertThat(not.sample(request.sampler("ddpm")).count()).isEqualTo(2);
    }
  }
}
