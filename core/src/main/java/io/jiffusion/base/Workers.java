package io.jiffusion.base;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Threads for work that cannot be stopped half-way, such as native calls: who waits for it waits
 * until it is done, interrupted or not, and memory that it uses can be freed afterwards.
 */
public final class Workers implements AutoCloseable {
  private final ExecutorService threads;
  private final Runnable first;
  private final ThreadLocal<Boolean> ready = ThreadLocal.withInitial(() -> false);

  /**
   * Makes the threads, which do not keep the program alive.
   *
   * @param name of each thread
   * @param count at least 1
   * @param first what each thread does before its first work; where that fails, the work fails
   */
  public Workers(String name, int count, Runnable first) {
    this.first = first;
    threads =
        Executors.newFixedThreadPool(
            count,
            body -> {
              Thread thread = new Thread(body, name);
              thread.setDaemon(true);
              return thread;
            });
  }

  public <T> Future<T> submit(Callable<T> work) {
    return threads.submit(
        () -> {
          if (!ready.get()) {
            first.run();
            ready.set(true);
          }
          return work.call();
        });
  }

  /**
   * The results of all, in order. If some fail, waits for the others and throws the first failure.
   */
  public static <T> List<T> all(List<Future<T>> running) {
    List<T> results = new ArrayList<>();
    RuntimeException failure = null;
    for (Future<T> future : running) {
      try {
        results.add(result(future));
      } catch (RuntimeException e) {
        failure = failure == null ? e : failure;
      }
    }
    if (failure != null) {
      throw failure;
    }
    return results;
  }

  /** Waits for a result; an interruption is kept for whoever looks next. */
  public static <T> T result(Future<T> future) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return future.get();
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException e) {
          throw e.getCause() instanceof RuntimeException cause
              ? cause
              : new IllegalStateException(e.getCause());
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Takes no more work and waits for what there is. */
  @Override
  public void close() {
    threads.shutdown();
    boolean interrupted = false;
    while (!threads.isTerminated()) {
      try {
        threads.awaitTermination(1, TimeUnit.MINUTES);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
