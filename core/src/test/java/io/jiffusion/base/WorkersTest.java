package io.jiffusion.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

class WorkersTest {

  @Test
  void resultsComeInTheOrderOfTheWork() {
    AtomicInteger prepared = new AtomicInteger();
    try (Workers workers = new Workers("test", 2, prepared::incrementAndGet)) {
      CountDownLatch second = new CountDownLatch(1);
      Future<Integer> slow =
          workers.submit(
              () -> {
                second.await();
                return 1;
              });
      Future<Integer> quick =
          workers.submit(
              () -> {
                second.countDown();
                return 2;
              });
      assertThat(Workers.all(List.of(slow, quick))).containsExactly(1, 2);
      assertThat(prepared).hasValue(2);
    }
  }

  @Test
  void aFailureIsThrownWhenTheOthersAreDone() {
    AtomicBoolean done = new AtomicBoolean();
    try (Workers workers = new Workers("test", 2, () -> {})) {
      CountDownLatch failed = new CountDownLatch(1);
      List<Future<Object>> running =
          List.of(
              workers.submit(
                  () -> {
                    failed.countDown();
                    throw new JiffusionException("of the first");
                  }),
              workers.submit(
                  () -> {
                    failed.await();
                    Thread.sleep(20);
                    done.set(true);
                    throw new JiffusionException("of the second");
                  }));
      assertThatThrownBy(() -> Workers.all(running))
          .isInstanceOf(JiffusionException.class)
          .hasMessage("of the first");
      assertThat(done).isTrue();
    }
  }

  @Test
  void closingWaitsForTheWorkEvenIfInterrupted() {
    AtomicBoolean done = new AtomicBoolean();
    Workers workers = new Workers("test", 1, () -> {});
    workers.submit(
        () -> {
          Thread.sleep(20);
          done.set(true);
          return null;
        });
    Thread.currentThread().interrupt();
    workers.close();
    assertThat(Thread.interrupted()).isTrue();
    assertThat(done).isTrue();
  }

  @Test
  void anInterruptedWaitReturnsTheResultAndKeepsTheInterruption() {
    try (Workers workers = new Workers("test", 1, () -> {})) {
      Future<Integer> work =
          workers.submit(
              () -> {
                Thread.sleep(20);
                return 7;
              });
      Thread.currentThread().interrupt();
      assertThat(Workers.result(work)).isEqualTo(7);
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  @Timeout(30)
  void whatFailsBeforeTheFirstWorkFailsTheWorkAndNobodyWaitsForEver() {
    AtomicInteger tries = new AtomicInteger();
    Runnable first =
        () -> {
          if (tries.incrementAndGet() == 1) {
            throw new JiffusionException("no engine");
          }
        };
    try (Workers workers = new Workers("test", 1, first)) {
      Future<Integer> failed = workers.submit(() -> 1);
      assertThatThrownBy(() -> Workers.result(failed)).hasMessage("no engine");
      assertThat(Workers.result(workers.submit(() -> 2))).isEqualTo(2);
      assertThat(Workers.result(workers.submit(() -> 3))).isEqualTo(3);
      assertThat(tries).hasValue(2);
    }
  }
}
