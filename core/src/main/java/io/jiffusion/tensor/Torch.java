package io.jiffusion.tensor;

import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.openblas.global.openblas;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.global.torch;

/** The engine as a whole: loading it, and its settings for a thread. */
public final class Torch {
  private static boolean loaded;
  private static volatile Device device = Device.CPU;

  private Torch() {}

  /**
   * Loads the native libraries, once.
   *
   * @throws io.jiffusion.base.JiffusionException if the natives of this platform are not on the
   *     class path, or cannot be unpacked
   */
  public static synchronized void load() {
    if (loaded) {
      return;
    }
    Natives.libtorch();
    // Its own threads would fight those of the engine for the same cores.
    openblas.blas_set_num_threads(1);
    loaded = true;
  }

  /** Whether there is a GPU that the natives can use; natives for processors are not loaded. */
  static boolean hasCuda() {
    String place = "/org/bytedeco/pytorch/" + Loader.getPlatform() + "-gpu/";
    if (Torch.class.getResource(place + System.mapLibraryName("jnitorch")) == null) {
      return false;
    }
    load();
    return torch.hasCUDA() && torch.cuda_is_available();
  }

  /** Chooses where all tensors of this process are made; before the first of them. */
  public static void use(Device chosen) {
    device = chosen;
  }

  /** Where all tensors of this process are made. */
  public static Device device() {
    return device;
  }

  /** Native threads that an operation called from this thread may use. */
  public static void threads(int count) {
    load();
    torch.set_num_threads(count);
  }

  /**
   * Turns the recording of gradients on or off for this thread, until the surrounding scope closes.
   */
  public static void gradients(boolean on) {
    Scope.innermost();
    new AutoGradMode(on);
  }

  /**
   * Native objects alive, of all threads: the same before and after a piece of work that leaks
   * nothing.
   */
  public static long liveHandles() {
    return Pointer.totalCount();
  }

  /** A native error's first line: the rest is C++ stack frames. */
  static String firstLine(Throwable error) {
    String message = String.valueOf(error.getMessage());
    int end = message.indexOf('\n');
    return end < 0 ? message : message.substring(0, end);
  }
}
