package io.jiffusion.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.jiffusion.base.Cancellation;
import io.jiffusion.base.Progress;
import io.jiffusion.config.RunConfig;
import io.jiffusion.data.Images;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Callers that wait, and callers on virtual threads. */
@Timeout(30)
class ModelCallersTest {
  private static final RunConfig CONFIG =
      RunConfig.of("mnist", List.of("network.unet.height=8", "network.unet.width=8"));

  @Test
  void closeEndsCallsThatWaitForTheirTurnToo() throws InterruptedException {
    Model model = Model.of(CONFIG, new GaussianExecution(CONFIG, 4));
    CountDownLatch running = new CountDownLatch(1);
    Thread first = caller(new AtomicReference<>(), model, running);
    running.await();
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    Thread second = caller(thrown, model, new CountDownLatch(1));
    while (second.getState() != Thread.State.WAITING) {
      Thread.sleep(5);
    }
    model.close();
    first.join();
    second.join();
    assertThat(thrown.get()).isInstanceOf(CancellationException.class);
  }

  @Test
  @EnabledForJreRange(min = JRE.JAVA_21)
  void aVirtualThreadMaySample() throws Exception {
    AtomicReference<float[]> values = new AtomicReference<>();
    SampleRequest request = SampleRequest.of(2).steps(5).floats(true);
    try (Model model = Model.of(CONFIG, new GaussianExecution(CONFIG, 4))) {
      Runnable body = () -> values.set(model.sample(request).values());
      Thread thread =
          (Thread) Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, body);
      thread.join();
      assertThat(values.get()).isEqualTo(model.sample(request).values());
    }
  }

  @Test
  void imagesAreMadeWhileTheCallerDoesSomethingElse() throws Exception {
    try (Model model = Model.of(CONFIG, new GaussianExecution(CONFIG, 4))) {
      SampleRequest request = SampleRequest.of(2).steps(5).floats(true);
      List<String> heard = new ArrayList<>();
      SampleListener listener =
          new SampleListener() {
            @Override
            public void progress(Progress progress) {
              heard.add(progress.done() + " done");
            }

            @Override
            public void predicted(int first, int step, Supplier<Images> x0) {
              heard.add("step " + step + " of " + x0.get().count());
            }

            @Override
            public void made(int first, Images images) {
              heard.add(images.count() + " made");
            }
          };
      SampleResult result = model.sampleAsync(request, listener).get();
      assertThat(result.images().values()).isEqualTo(model.sample(request).values());
      assertThat(heard)
          .containsSubsequence("step 0 of 2", "2 done", "step 1 of 2", "step 4 of 2", "2 made");
    }
  }

  @Test
  void whatGoesOnFromImagesMayCallTheModelFromAnotherThread() throws Exception {
    try (Model model = Model.of(CONFIG, new GaussianExecution(CONFIG, 4))) {
      SampleRequest request = SampleRequest.of(2).steps(5).floats(true);
      CountDownLatch hung = new CountDownLatch(1);
      SampleListener waits =
          new SampleListener() {
            @Override
            public void made(int first, Images images) {
              try {
                hung.await();
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            }
          };
      CompletableFuture<SampleResult> first = model.sampleAsync(request, waits);
      CompletableFuture<Images> there = first.thenApply(result -> model.sample(request));
      CompletableFuture<Images> elsewhere = first.thenApplyAsync(result -> model.sample(request));
      hung.countDown();
      assertThat(elsewhere.get().values()).isEqualTo(first.get().images().values());
      assertThat(catchThrowable(there::get))
          .hasCauseInstanceOf(IllegalStateException.class)
          .hasMessageContaining("must come from another thread or after that call");
    }
  }

  @Test
  void theLastPredictionIsTheImage() {
    try (Model model = Model.of(CONFIG, new GaussianExecution(CONFIG, 4))) {
      AtomicReference<Images> last = new AtomicReference<>();
      SampleListener listener =
          new SampleListener() {
            @Override
            public void predicted(int first, int step, Supplier<Images> x0) {
              last.set(x0.get());
            }
          };
      SampleRequest request = SampleRequest.of(2).steps(5);
      Images images = model.sample(request, listener, new Cancellation()).images();
      assertThat(last.get().bytes()).isEqualTo(images.bytes());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cancel", "timeout", "close"})
  void workThatNobodyWaitsForEndsAtItsNextStep(String how) throws Exception {
    Model model = Model.of(CONFIG, new GaussianExecution(CONFIG, 4));
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch ended = new CountDownLatch(1);
    AtomicInteger steps = new AtomicInteger();
    SampleListener listener =
        new SampleListener() {
          @Override
          public void predicted(int first, int step, Supplier<Images> x0) {
            steps.incrementAndGet();
            begun.countDown();
            try {
              ended.await();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          }
        };
    CompletableFuture<SampleResult> future =
        model.sampleAsync(SampleRequest.of(1).steps(1000), listener);
    begun.await();
    switch (how) {
      case "cancel" -> future.cancel(true);
      case "timeout" -> future.completeExceptionally(new TimeoutException());
      default -> new Thread(model::close).start();
    }
    while (how.equals("close") && closes(model)) {
      Thread.sleep(5);
    }
    ended.countDown();
    assertThat(catchThrowable(future::get)).isNotNull();
    model.close(); // waits for what still runs
    assertThat(steps).hasValueLessThanOrEqualTo(2);
    assertThat(catchThrowable(() -> model.sampleAsync(SampleRequest.of(1))))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("this model is closed");
  }

  /** Whether a model that is being closed still takes requests. */
  private static boolean closes(Model model) {
    return catchThrowable(() -> model.sampleAsync(SampleRequest.of(1))) == null;
  }

  @Test
  void whoHearsOfProgressMaySampleAndClose() {
    Model model = Model.of(CONFIG, new GaussianExecution(CONFIG, 4));
    SampleRequest request = SampleRequest.of(2).steps(5).floats(true);
    float[] expected = model.sample(request).values();
    List<float[]> within = new ArrayList<>();
    model.sample(
        request,
        progress -> {
          if (within.isEmpty()) {
            within.add(model.sample(request).values());
          }
        });
    assertThat(within.get(0)).isEqualTo(expected);
    assertThat(catchThrowable(() -> model.sample(request.steps(1000), progress -> model.close())))
        .isInstanceOf(CancellationException.class);
    assertThat(catchThrowable(() -> model.sample(request))).hasMessage("this model is closed");
  }

  @Test
  void whatRunsOnTheModelsOwnThreadIsToldThatItWouldWaitForItself() {
    SampleRequest request = SampleRequest.of(2).steps(5);
    try (Model model = Model.of(CONFIG, new GaussianExecution(CONFIG, 4))) {
      for (Runnable call : List.<Runnable>of(() -> model.sample(request), model::close)) {
        SampleListener calling =
            new SampleListener() {
              @Override
              public void made(int first, Images images) {
                call.run();
              }
            };
        assertThat(catchThrowable(() -> model.sample(request, calling, new Cancellation())))
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining("must come from another thread or after that call");
      }
      assertThat(model.sample(request).count()).isEqualTo(2);
    }
  }

  @Test
  void anErrorOfWhoHearsOfProgressEndsTheWorkBeforeItIsThrown() {
    try (Model model = Model.of(CONFIG, new GaussianExecution(CONFIG, 4))) {
      assertThat(
              catchThrowable(
                  () ->
                      model.sample(
                          SampleRequest.of(64).steps(1000),
                          progress -> {
                            throw new AssertionError("of the caller");
                          })))
          .isInstanceOf(AssertionError.class)
          .hasMessage("of the caller");
    }
  }

  private static Thread caller(
      AtomicReference<Throwable> thrown, Model model, CountDownLatch running) {
    SampleRequest request = SampleRequest.of(64).steps(1000);
    Thread thread =
        new Thread(
            () ->
                thrown.set(
                    catchThrowable(() -> model.sample(request, progress -> running.countDown()))));
    thread.start();
    return thread;
  }
}
