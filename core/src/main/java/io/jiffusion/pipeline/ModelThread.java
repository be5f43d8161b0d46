package io.jiffusion.pipeline;

import io.jiffusion.base.Cancellation;
import io.jiffusion.base.Progress;
import io.jiffusion.base.Workers;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The thread on which a model works: calls queue, and each ends early where somebody asks for it,
 * at its next step.
 */
final class ModelThread {
  private static final AtomicInteger NUMBER = new AtomicInteger();

  /** What is done for a caller. */
  @FunctionalInterface
  interface Call<T> {
    /**
     * Does it.
     *
     * @param progress to be told often: a cancellation from outside is only seen then
     * @param cancellation to be checked as often
     */
    T on(Consumer<Progress> progress, Cancellation cancellation);
  }

  private final Workers worker =
      new Workers("jiffusion-model-" + NUMBER.incrementAndGet(), 1, this::begins);
  private final Set<Cancellation> running = ConcurrentHashMap.newKeySet();
  private volatile Thread self;
  private volatile boolean closed;

  private void begins() {
    self = Thread.currentThread();
  }

  /** Makes on this thread what its calls need; where that fails, the thread ends. */
  <T> T make(Supplier<T> maker) {
    try {
      return Workers.result(worker.submit(maker::get));
    } catch (RuntimeException e) {
      worker.close();
      throw e;
    }
  }

  boolean closed() {
    return closed;
  }

  /**
   * Does a call and waits for it; progress is told on the calling thread.
   *
   * @throws CancellationException if somebody cancelled, or the calling thread was interrupted
   * @throws IllegalStateException if this is closed
   */
  <T> T call(Call<T> call, Consumer<Progress> progress, Cancellation cancellation) {
    mustNotBeWithin("a model");
    Cancellation own = new Cancellation();
    BlockingQueue<Progress> told = new LinkedBlockingQueue<>();
    Progress end = new Progress("", 0, 0, 0, "");
    Future<T> result =
        submit(
            own,
            () -> {
              try {
                own.check();
                cancellation.check();
                return call.on(
                    step -> {
                      if (cancellation.requested()) {
                        own.cancel();
                      }
                      told.add(step);
                    },
                    own);
              } finally {
                told.add(end);
              }
            });
    listen(told, end, progress, own);
    return Workers.result(result);
  }

  /**
   * Has a call done while the caller does something else. Whoever completes what is returned, by
   * cancelling it or otherwise, ends the call.
   *
   * @throws IllegalStateException if this is closed
   */
  <T> CompletableFuture<T> start(Call<T> call, Consumer<Progress> progress) {
    Cancellation own = new Cancellation();
    CompletableFuture<T> future = new CompletableFuture<>();
    future.whenComplete((result, error) -> own.cancel());
    submit(
        own,
        () -> {
          try {
            own.check();
            future.complete(call.on(progress, own));
          } catch (RuntimeException | Error e) {
            future.completeExceptionally(e);
          }
          return null;
        });
    return future;
  }

  private <T> Future<T> submit(Cancellation own, Callable<T> body) {
    running.add(own);
    // Asked after the registration, so that either close sees this call or this call sees close.
    if (!closed) {
      try {
        return worker.submit(
            () -> {
              try {
                return body.call();
              } finally {
                running.remove(own);
              }
            });
      } catch (RejectedExecutionException e) {
        // closed since
      }
    }
    running.remove(own);
    throw new IllegalStateException("this model is closed");
  }

  /**
   * Passes progress on until the work has ended, come what may: nobody returns while the model
   * still works for him.
   */
  private static void listen(
      BlockingQueue<Progress> told, Progress end, Consumer<Progress> progress, Cancellation own) {
    boolean interrupted = false;
    Throwable thrown = null;
    while (true) {
      try {
        Progress next = told.take();
        if (next == end) {
          break;
        }
        if (thrown == null) {
          progress.accept(next);
        }
      } catch (InterruptedException e) {
        interrupted = true;
        own.cancel();
      } catch (RuntimeException | Error e) {
        thrown = e;
        own.cancel();
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (thrown instanceof Error error) {
      throw error;
    }
    if (thrown != null) {
      throw (RuntimeException) thrown;
    }
  }

  /** This thread does one thing after the other: who waits on it for another waits for ever. */
  private void mustNotBeWithin(String call) {
    if (Thread.currentThread() == self) {
      throw new IllegalStateException(
          "illegal call of "
              + call
              + " by what a call of this model runs, such as a sampler or who"
              + " gets its images, must come from another thread or after that call; or load a second"
              + " model");
    }
  }

  /**
   * Ends running calls at their next step, then frees what was made.
   *
   * @param free is run once, on this thread
   */
  void close(Runnable free) {
    mustNotBeWithin("close");
    boolean first;
    synchronized (this) {
      first = !closed;
      closed = true;
    }
    running.forEach(Cancellation::cancel);
    if (first) {
      Workers.result(
          worker.submit(
              () -> {
                free.run();
                return null;
              }));
      worker.close();
    }
  }
}
