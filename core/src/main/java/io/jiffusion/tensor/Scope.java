package io.jiffusion.tensor;

import java.util.function.Supplier;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;

/**
 * The life of native memory: every tensor made while a scope is open on this thread is freed when
 * the innermost one closes.
 *
 * <p>A step of training or sampling is a scope, and each block of a network is a scope inside it.
 * What lives on is the result of {@link #of}, and nothing else.
 */
public final class Scope implements AutoCloseable {
  private final PointerScope pointers;

  private Scope() {
    Torch.load();
    pointers = new PointerScope();
  }

  /** Opens a scope on this thread; close it on the same thread. */
  public static Scope open() {
    return new Scope();
  }

  /** Runs a body in a scope of its own and lets only its result out, into the scope around it. */
  public static Tensor of(Supplier<Tensor> body) {
    PointerScope outer = innermost();
    try (Scope scope = new Scope()) {
      Tensor result = body.get();
      outer.attach(result.pointer);
      return result;
    }
  }

  /** Whether a scope is open on this thread, so that tensors can be made. */
  static boolean isOpen() {
    return PointerScope.getInnerScope() != null;
  }

  /**
   * The innermost scope of this thread.
   *
   * @throws IllegalStateException if none is open: native memory can only be made inside a scope
   */
  static PointerScope innermost() {
    PointerScope scope = PointerScope.getInnerScope();
    if (scope == null) {
      throw new IllegalStateException(
          "no scope is open on this thread: wrap the work in Scope.open()");
    }
    return scope;
  }

  /**
   * Turns the recording of gradients on or off for this thread, until the surrounding scope closes.
   */
  public static void gradients(boolean on) {
    innermost();
    new AutoGradMode(on);
  }

  @Override
  public void close() {
    pointers.close();
  }
}
