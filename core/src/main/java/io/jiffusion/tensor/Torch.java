package io.jiffusion.tensor;

import org.bytedeco.javacpp.Loader;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.openblas.global.openblas;
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
    String place = "org/bytedeco/pytorch/" + Loader.getPlatform() + "-gpu/";
    if (Natives.resource(place + System.mapLibraryName("jnitorch")) == null) {
      return false;
    }
    load();
    return torch.hasCUDA() && torch.cuda_is_available();
  }

  /**
   * Finds a device by name.
   *
   * @param name {@code cpu}, {@code cuda}, or {@code auto} for a GPU where there is one that the
   *     natives can use
   * @throws IllegalArgumentException if the name is another, or a GPU is asked for where none can
   *     be used
   */
  public static Device device(String name) {
    return switch (name) {
      case "cpu" -> Device.CPU;
      case "auto" -> hasCuda() ? Device.CUDA : Device.CPU;
      case "cuda" -> {
        if (!hasCuda()) {
          throw new IllegalArgumentException(
              "illegal device: cuda, must be cpu here: there is no GPU that these natives"
                  + " can use; build with mvn -Pgpu package on a machine with an NVIDIA GPU, CUDA 13 and cuDNN 9");
        }
        yield Device.CUDA;
      }
      default ->
          throw new IllegalArgumentException(
              "illegal device: " + name + ", must be cpu, cuda or auto");
    };
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
   * Native objects alive, of all threads: the same before and after a piece of work that leaks
   * nothing.
   */
  public static long liveHandles() {
    return Pointer.totalCount();
  }
}
