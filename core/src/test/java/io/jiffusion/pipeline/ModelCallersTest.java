package io.jiffusion.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

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
    Model model = new Model(CONFIG, "fp32", () -> new GaussianExecution(CONFIG, 4));
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
    try (Model model = new Model(CONFIG, "fp32", () -> new GaussianExecution(CONFIG, 4))) {
      Runnable body = () -> values.set(model.sample(request).values());
      Thread thread =
          (Thread) Thread.class.getMethod("startVirtualThread", Runnable.class).invoke(null, body);
      thread.join();
      assertThat(values.get()).isEqualTo(model.sample(request).values());
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
