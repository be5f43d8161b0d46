package io.jiffusion.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.jiffusion.base.Cancellation;
import io.jiffusion.config.RunConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

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
        assertThat(
                catchThrowable(
                    () ->
                        model.sample(
                            request,
                            progress -> {},
                            new Cancellation(),
                            (first, images) -> call.run())))
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
