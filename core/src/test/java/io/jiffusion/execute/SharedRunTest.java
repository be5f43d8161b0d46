package io.jiffusion.execute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.execute.Emitter.Action;
import io.jiffusion.execute.Emitter.Step;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two threads at one plan. */
@Timeout(60)
class SharedRunTest {
  private static final int STEPS = 2_000;

  /** Each step reads what both halves of the one before have written, and then adds to it. */
  private static List<Step> sums(long[] halves, List<Thread> workers) {
    List<Step> steps = new ArrayList<>();
    long[] sum = new long[1];
    for (int i = 0; i < STEPS; i++) {
      steps.add(
          step(
              vectors -> sum[0] = halves[0] + 31 * halves[1],
              vectors -> halves[0] = 3 * sum[0] + 1,
              vectors -> {
                halves[1] = 5 * sum[0] + 2;
                workers.add(Thread.currentThread());
              }));
    }
    return steps;
  }

  private static Step step(Action first, Action... halves) {
    return new Step("", "", 0, "", first, List.of(halves));
  }

  @Test
  void theResultIsTheSameWithAHelperAndWithout() throws InterruptedException {
    long[] alone = new long[2];
    new SharedRun(sums(alone, new ArrayList<>()), List.of()).run();
    for (int round = 0; round < 20; round++) {
      long[] together = new long[2];
      SharedRun run = new SharedRun(sums(together, new ArrayList<>()), List.of());
      Thread helper = helper(run);
      run.run();
      helper.join();
      assertThat(together).containsExactly(alone);
    }
  }

  @Test
  void aHelperTakesSecondHalves() throws InterruptedException {
    CountDownLatch taken = new CountDownLatch(1);
    List<Thread> workers = new ArrayList<>();
    SharedRun run =
        run(
            vectors -> await(taken),
            vectors -> {
              workers.add(Thread.currentThread());
              taken.countDown();
            });
    Thread helper = helper(run);
    run.run();
    helper.join();
    assertThat(workers).containsExactly(helper);
  }

  @Test
  void aHelperThatComesTooLateGoesAgain() {
    List<Thread> workers = new ArrayList<>();
    SharedRun run = new SharedRun(sums(new long[2], workers), List.of());
    run.run();
    run.help();
    assertThat(workers).hasSize(STEPS).containsOnly(Thread.currentThread());
  }

  @Test
  void aHelpersFailureEndsTheRun() throws InterruptedException {
    CountDownLatch taken = new CountDownLatch(1);
    SharedRun run =
        run(
            vectors -> await(taken),
            vectors -> {
              taken.countDown();
              throw new IllegalStateException("the second half");
            });
    Thread helper = helper(run);
    assertThatThrownBy(run::run).hasMessage("the second half");
    helper.join();
  }

  @Test
  void aFailureWaitsForTheHelper() throws InterruptedException {
    CountDownLatch taken = new CountDownLatch(1);
    long[] done = new long[1];
    SharedRun run =
        run(
            vectors -> {
              await(taken);
              throw new IllegalStateException("the first half");
            },
            vectors -> {
              taken.countDown();
              for (int i = 0; i < 1_000_000; i++) {
                done[0] += i % 7;
              }
              done[0] = -1;
            });
    Thread helper = helper(run);
    assertThatThrownBy(run::run).hasMessage("the first half");
    assertThat(done[0]).isEqualTo(-1);
    helper.join();
  }

  private static Thread helper(SharedRun run) {
    Thread helper = new Thread(run::help);
    helper.start();
    return helper;
  }

  private static SharedRun run(Action half, Action other) {
    return new SharedRun(List.of(step(vectors -> {}, half, other)), List.of());
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
