package io.jiffusion.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.jiffusion.base.Cancellation;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.Progress;
import io.jiffusion.config.RunConfig;
import io.jiffusion.data.Images;
import io.jiffusion.process.Batch;
import io.jiffusion.sampler.Sampler;
import io.jiffusion.sampler.Walk;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(30)
class ModelTest {
  private static final RunConfig CONFIG =
      RunConfig.of(
          "mnist", List.of("network.unet.height=8", "network.unet.width=8", "process.clip=false"));

  private final GaussianExecution execution = new GaussianExecution(CONFIG, 4);
  private final Model model = Model.of(CONFIG, execution);

  @AfterEach
  void close() {
    model.close();
  }

  @Test
  void theSameRequestGivesTheSamePixelsWhateverTheBatch() {
    SampleRequest request =
        SampleRequest.of(10).sampler("ddpm").steps(20).seed(3).classes(1, 2).floats(true);
    float[] all = model.sample(request).values();
    assertThat(model.sample(request.batch(1)).values()).isEqualTo(all);
    assertThat(model.sample(request.batch(5)).values()).isEqualTo(all);
    assertThat(model.sample(request.seed(4)).values()).isNotEqualTo(all);
  }

  @Test
  void anImageOfManyIsTheSameAlone() {
    SampleRequest request =
        SampleRequest.of(5)
            .sampler("ddim:eta=0.5")
            .steps(10)
            .seed(3)
            .classes(1, 2, 7)
            .guidance(1.5)
            .floats(true);
    float[] all = model.sample(request).values();
    for (int i = 0; i < 5; i++) {
      float[] alone = model.sample(request.only(i)).values();
      assertThat(alone).isEqualTo(java.util.Arrays.copyOfRange(all, i * 64, (i + 1) * 64));
    }
  }

  @Test
  void givenNoiseIsWhereSamplingStarts() {
    float[] noise = new float[2 * 64];
    noise[0] = 1;
    SampleResult result =
        model.sample(
            SampleRequest.of(2).steps(5).noise(noise).trajectory(true).floats(true),
            p -> {},
            new Cancellation());
    assertThat(result.trajectory()).hasSize(6);
    assertThat(result.trajectory().get(0).values()).isEqualTo(noise);
    assertThat(result.trajectory().get(5).values()).isEqualTo(result.images().values());
    assertThat(result.images().values()[0]).isNotEqualTo(result.images().values()[1]);
  }

  @Test
  void samplesHaveMeanAndSpreadOfTheirClass() {
    float[] values =
        model
            .sample(SampleRequest.of(64).sampler("ddpm").steps(1000).classes(5).floats(true))
            .values();
    double mean =
        IntStream.range(0, values.length).mapToDouble(i -> values[i]).average().orElseThrow();
    double variance =
        IntStream.range(0, values.length)
            .mapToDouble(i -> (values[i] - mean) * (values[i] - mean))
            .average()
            .orElseThrow();
    assertThat(mean).isBetween(0.47, 0.53);
    assertThat(Math.sqrt(variance)).isBetween(0.48, 0.52);
  }

  @Test
  void guidanceMovesTheMeanAwayFromTheNullClass() {
    SampleRequest request = SampleRequest.of(16).steps(20).classes(0).floats(true);
    assertThat(mean(model.sample(request.guidance(3)))).isLessThan(mean(model.sample(request)) - 1);
  }

  @Test
  void evaluationsAndPassesAreCounted() {
    SampleRequest request = SampleRequest.of(6).steps(7).classes(1).batch(4);
    assertThat(model.sample(request, p -> {}, new Cancellation()))
        .extracting(SampleResult::evaluations, SampleResult::passes)
        .containsExactly(7L, 42L);
    assertThat(model.sample(request.guidance(2), p -> {}, new Cancellation()))
        .extracting(SampleResult::evaluations, SampleResult::passes)
        .containsExactly(7L, 84L);
    assertThat(SamplePlan.of(CONFIG.process(), request.guidance(2)))
        .extracting(SamplePlan::evaluations, SamplePlan::passes)
        .containsExactly(7, 14);
  }

  @Test
  void progressIsToldOnTheCallersThreadUpToTheTotal() {
    List<Progress> told = new ArrayList<>();
    Set<Thread> threads = new HashSet<>();
    model.sample(
        SampleRequest.of(8).steps(3).batch(4),
        progress -> {
          told.add(progress);
          threads.add(Thread.currentThread());
        });
    assertThat(threads).containsExactly(Thread.currentThread());
    assertThat(told).extracting(Progress::done).containsExactly(4L, 8L, 12L, 16L, 20L, 24L);
    assertThat(told).extracting(Progress::total).containsOnly(24L);
  }

  @Test
  void theWorkIsDoneOnTheModelsOwnDaemonThread() {
    model.sample(SampleRequest.of(1).steps(1));
    assertThat(execution.thread).isNotSameAs(Thread.currentThread());
    assertThat(execution.thread.isDaemon()).isTrue();
    assertThat(execution.thread.getName()).startsWith("jiffusion-model-");
  }

  @Test
  void callsOfManyThreadsQueueAndGiveWhatTheyGiveAlone() throws InterruptedException {
    SampleRequest request = SampleRequest.of(4).sampler("ddpm").steps(10).floats(true);
    float[][] together = new float[8][];
    Thread[] threads = new Thread[8];
    for (int i = 0; i < 8; i++) {
      int seed = i;
      threads[i] = new Thread(() -> together[seed] = model.sample(request.seed(seed)).values());
      threads[i].start();
    }
    for (int i = 0; i < 8; i++) {
      threads[i].join();
      assertThat(together[i]).isEqualTo(model.sample(request.seed(i)).values());
    }
  }

  @Test
  void cancellingEndsTheCallAtTheNextStep() {
    Cancellation cancellation = new Cancellation();
    assertThatThrownBy(
            () ->
                model.sample(
                    SampleRequest.of(4).steps(500),
                    progress -> {
                      if (progress.done() == 8) {
                        cancellation.cancel();
                      }
                    },
                    cancellation))
        .isInstanceOf(CancellationException.class);
    assertThat(execution.calls).isLessThan(500);
    assertThat(model.sample(SampleRequest.of(1).steps(2))).isNotNull();
  }

  @Test
  void anInterruptOfTheCallerCancelsItsCallAndStaysSet() {
    Throwable thrown =
        catchThrowable(
            () ->
                model.sample(
                    SampleRequest.of(4).steps(500),
                    progress -> Thread.currentThread().interrupt()));
    assertThat(Thread.interrupted()).isTrue();
    assertThat(thrown).isInstanceOf(CancellationException.class);
    assertThat(model.sample(SampleRequest.of(1).steps(2))).isNotNull();
  }

  @Test
  void anExceptionOfTheListenerEndsTheCallAndReachesTheCaller() {
    assertThatThrownBy(
            () ->
                model.sample(
                    SampleRequest.of(4).steps(500),
                    progress -> {
                      throw new UnsupportedOperationException("mine");
                    }))
        .isInstanceOf(UnsupportedOperationException.class)
        .hasMessage("mine");
    assertThat(model.sample(SampleRequest.of(1).steps(2))).isNotNull();
  }

  @Test
  void closeLetsTheRunningStepEndAndEndsTheCall() throws InterruptedException {
    CountDownLatch running = new CountDownLatch(1);
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread caller =
        new Thread(
            () ->
                thrown.set(
                    catchThrowable(
                        () ->
                            model.sample(
                                SampleRequest.of(64).steps(1000),
                                progress -> running.countDown()))));
    caller.start();
    running.await();
    model.close();
    caller.join();
    assertThat(thrown.get()).isInstanceOf(CancellationException.class);
    assertThat(execution.closed).isTrue();
    model.close();
  }

  @Test
  void aClosedModelRefusesCallsButItsImagesLiveOn() {
    Images images = model.sample(SampleRequest.of(1).steps(1));
    model.close();
    assertThat(images.bytes()).hasSize(64);
    assertThatThrownBy(() -> model.sample(SampleRequest.of(1)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("this model is closed");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"classes\": [10]} | illegal classes: 10, must be from 0 to 9 for this model",
        "{\"steps\": 1001} | illegal steps: 1001, must be from 1 to 1000",
        "{\"sampler\": \"ddim:eta=99\"} | illegal eta: 99.0, must be at most ",
      })
  void aRequestThatDoesNotFitTheModelIsRefused(String json, String message) {
    assertThatThrownBy(() -> model.sample(SampleRequest.ofJson(json)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void noiseOfAnotherSizeIsRefused() {
    assertThatThrownBy(() -> model.sample(SampleRequest.of(2).noise(new float[64])))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("illegal noise: 64 values, must be 128: 2 images of [1, 8, 8]");
  }

  @Test
  void classesOfAModelWithoutClassesAreRefused() {
    RunConfig config = RunConfig.of("folder", List.of());
    try (Model other = Model.of(config, new GaussianExecution(config, 1))) {
      assertThatThrownBy(() -> other.sample(SampleRequest.of(1).classes(3)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("illegal classes: 3, must be none, because this model has no classes");
    }
  }

  @Test
  void aModelThatCannotBeLoadedIsToldByItsFolder(@TempDir Path folder) {
    assertThatThrownBy(() -> Model.load(folder))
        .isInstanceOf(JiffusionException.class)
        .hasMessageStartingWith("no model in " + folder + ": it has no run.json");
  }

  private static double mean(Images images) {
    double sum = 0;
    for (float value : images.values()) {
      sum += value;
    }
    return sum / images.values().length;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "null | illegal result of the sampler mine: null, must be [2, 1, 8, 8], as the state",
        "small | illegal result of the sampler mine: [1, 1, 2, 2], must be [2, 1, 8, 8], as the state",
        "nan | illegal result of the sampler mine: image 0 is not finite, must be numbers",
        "step | a step returned null, must be the state at its next time",
      })
  void aSamplerOfOnesOwnThatReturnsNoImagesIsTold(String what, String message) {
    Sampler mine =
        new Sampler() {
          @Override
          public Batch sample(Walk walk, Batch x) {
            double[] nan = new double[x.data().length];
            Arrays.fill(nan, Double.NaN);
            return switch (what) {
              case "null" -> null;
              case "small" -> new Batch(1, 1, 2, 2, new double[4]);
              case "nan" -> x.with(nan);
              default -> walk.run(x, (k, xt, t, s) -> null);
            };
          }

          @Override
          public String toString() {
            return "mine";
          }
        };
    try (Model model = Model.of(CONFIG, new GaussianExecution(CONFIG, 4))) {
      assertThatThrownBy(() -> model.sample(SampleRequest.of(2).steps(3), mine))
          .hasMessageStartingWith(message);
    }
  }
}
