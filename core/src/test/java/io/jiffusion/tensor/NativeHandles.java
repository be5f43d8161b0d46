package io.jiffusion.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A test that leaves more native objects behind than it found has leaked them, and fails. For every
 * test class that touches the engine: {@code @ExtendWith(NativeHandles.class)}.
 */
public final class NativeHandles implements BeforeEachCallback, AfterEachCallback {
  private static final ExtensionContext.Namespace SPACE =
      ExtensionContext.Namespace.create(NativeHandles.class);
  private static boolean warm;

  @Override
  public void beforeEach(ExtensionContext context) {
    warmUp();
    context.getStore(SPACE).put("handles", Torch.liveHandles());
  }

  @Override
  public void afterEach(ExtensionContext context) {
    long before = context.getStore(SPACE).get("handles", Long.class);
    assertThat(Torch.liveHandles())
        .as("native objects alive after the test")
        .isLessThanOrEqualTo(before);
  }

  /**
   * Makes what lives as long as the program: the engine itself, and the script of {@link
   * TensorList}.
   */
  private static synchronized void warmUp() {
    if (!warm) {
      try (Scope scope = Scope.open();
          TensorList list = new TensorList(List.of(Tensor.of(new float[] {3}, 1)))) {
        list.norms();
      }
      warm = true;
    }
  }
}
