package io.jiffusion.cli;

import io.jiffusion.run.Cancellation;
import java.lang.reflect.Proxy;

/**
 * Ctrl-C and SIGTERM: the first asks the work to end at its next step, a second Ctrl-C ends the
 * process at once.
 *
 * <p>A shutdown hook does not learn which signal came; {@code sun.misc.Signal} tells, and is
 * reached by reflection, because the compiler warns of it though there is nothing else.
 */
final class Interrupts {
  private final Cancellation cancellation;
  private volatile int exitCode = -1;

  private Interrupts(Cancellation cancellation) {
    this.cancellation = cancellation;
  }

  static Interrupts watch(Cancellation cancellation) {
    Interrupts interrupts = new Interrupts(cancellation);
    interrupts.handle("INT", Main.INTERRUPTED);
    interrupts.handle("TERM", 0);
    return interrupts;
  }

  /** With which code the process ends: 130 after Ctrl-C, 0 after SIGTERM, −1 if neither came. */
  int exitCode() {
    return exitCode;
  }

  private void handle(String name, int code) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object proxy =
          Proxy.newProxyInstance(
              handler.getClassLoader(),
              new Class<?>[] {handler},
              (self, method, arguments) -> {
                if (method.getName().equals("handle")) {
                  if (exitCode >= 0 && code == Main.INTERRUPTED) {
                    Runtime.getRuntime().halt(code);
                  }
                  exitCode = code;
                  cancellation.cancel();
                }
                return null;
              });
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
    } catch (ReflectiveOperationException e) {
      // A JVM without these signals (or run with -Xrs) ends as it would without us.
    }
  }
}
