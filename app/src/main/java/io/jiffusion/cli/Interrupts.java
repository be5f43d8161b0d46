package io.jiffusion.cli;

import io.jiffusion.base.Cancellation;
import java.io.PrintStream;
import java.lang.reflect.Proxy;
import java.util.function.Supplier;

/**
 * Ctrl-C, SIGTERM and SIGHUP: the first asks the work to end at its next step, a second Ctrl-C ends
 * the process at once and says what that loses.
 *
 * <p>A shutdown hook does not learn which signal came; {@code sun.misc.Signal} tells, and is
 * reached by reflection, because the compiler warns of it though there is nothing else. A signal
 * that the process was started to ignore, as by nohup, stays ignored.
 */
final class Interrupts {
  private static final int HUP = 1;
  private static final int INT = 2;
  private static final int TERM = 15;
  private static final int BY_SIGNAL = 128;
  private static final long MILLIS_TO_SAY = 500;

  private final Cancellation cancellation;
  private final PrintStream err;
  private volatile int signal;
  private volatile boolean saved;
  private volatile Supplier<String> lost = () -> "what is not written yet is lost";

  Interrupts(Cancellation cancellation, PrintStream err) {
    this.cancellation = cancellation;
    this.err = err;
  }

  void watch() {
    handle("INT", INT);
    handle("TERM", TERM);
    handle("HUP", HUP); // the terminal is gone
  }

  /**
   * What is said at a second Ctrl-C.
   *
   * @param words asked then, on another thread
   */
  void onLoss(Supplier<String> words) {
    lost = words;
  }

  /** The work was asked to stop and has saved all, so that nothing is lost. */
  void saved() {
    saved = true;
  }

  /** Whether a signal came. */
  boolean came() {
    return signal != 0;
  }

  /**
   * With which code the process ends after a signal.
   *
   * @param code of the command: work that was done in spite of the signal is done
   * @return 128 and the number of the signal, as a shell tells it; 0 where a system's SIGTERM or
   *     SIGHUP made the work save
   */
  int exitCode(int code) {
    if (code != Console.INTERRUPTED) {
      return code;
    }
    return saved && signal != INT ? 0 : BY_SIGNAL + signal;
  }

  private void handle(String name, int number) {
    try {
      Class<?> type = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object ours =
          Proxy.newProxyInstance(
              handler.getClassLoader(),
              new Class<?>[] {handler},
              (self, method, arguments) -> {
                if (method.getName().equals("handle")) {
                  came(number);
                }
                return null;
              });
      type.getMethod("handle", type, handler)
          .invoke(null, type.getConstructor(String.class).newInstance(name), ours);
    } catch (ReflectiveOperationException e) {
      // A JVM without these signals (or run with -Xrs) ends as it would without us.
    }
  }

  private void came(int number) {
    if (signal != 0 && number == INT) {
      say(() -> "ended at once: " + lost.get());
      end();
    }
    signal = signal == 0 ? number : signal;
    cancellation.cancel();
    if (number == INT) {
      say(() -> "stopping; another Ctrl-C ends this at once");
    }
  }

  /** Says it if somebody listens: who does not read what a program prints may want to end it. */
  private void say(Supplier<String> words) {
    Thread speaker = new Thread(() -> err.println(words.get()), "jiffusion-last-words");
    speaker.setDaemon(true);
    speaker.start();
    try {
      speaker.join(MILLIS_TO_SAY);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /**
   * Ends the process by the signal itself. An orderly end would have native libraries tidy up under
   * the threads that still compute, which crashes.
   */
  private static void end() {
    try {
      Class<?> type = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object interrupt = type.getConstructor(String.class).newInstance("INT");
      type.getMethod("handle", type, handler)
          .invoke(null, interrupt, handler.getField("SIG_DFL").get(null));
      type.getMethod("raise", type).invoke(null, interrupt);
      Thread.sleep(MILLIS_TO_SAY);
    } catch (ReflectiveOperationException | InterruptedException e) {
      // ended below
    }
    Runtime.getRuntime().halt(Console.INTERRUPTED);
  }
}
