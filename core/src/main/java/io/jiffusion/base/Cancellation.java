package io.jiffusion.base;

import java.util.concurrent.CancellationException;

/** A request to stop, looked at between steps; once set it stays set. Safe from any thread. */
public final class Cancellation {
  private volatile boolean requested;

  /** Nobody has asked yet. */
  public Cancellation() {}

  /** Asks the work to end at the next step. */
  public void cancel() {
    requested = true;
  }

  public boolean requested() {
    return requested;
  }

  /**
   * Returns if nobody asked to stop.
   *
   * @throws CancellationException if the work shall end here
   */
  public void check() {
    if (requested) {
      throw new CancellationException("cancelled");
    }
  }
}
