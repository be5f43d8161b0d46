package io.jiffusion.tensor;

import io.jiffusion.base.AtomicFile;
import io.jiffusion.base.JiffusionException;
import java.io.IOException;
import java.net.JarURLConnection;
import java.net.URL;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.zip.CRC32;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.Loader;
import org.bytedeco.pytorch.global.torch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Loads the native libraries. JavaCPP unpacks them from their jars into a cache that all processes
 * share, and has libraries that bring the same OpenMP share one by links, whose direction is the
 * order of loading; it changes links without a lock, under processes that have the files in use. So
 *
 * <ul>
 *   <li>oneDNN is always loaded before libtorch, and no link ever changes;
 *   <li>each set of jars has a cache folder of its own, which no other program changes;
 *   <li>one process at a time unpacks, and the others wait for it.
 * </ul>
 */
public final class Natives {
  private static final Logger LOG = LoggerFactory.getLogger(Natives.class);
  private static final String CACHE = "org.bytedeco.javacpp.cachedir";
  private static final String ANOTHER =
      "name another folder by -D"
          + CACHE
          + "=FOLDER, which the command takes in JIFFUSION_JAVA_OPTS";

  /** A library, and the jars that bring it: each with a file that only it has. */
  private enum Library {
    ONE_DNN("dnnl", "javacpp", "opencl/OpenCL", "dnnl"),
    LIBTORCH("torch", "javacpp", "openblas", "pytorch/torch");

    final String word;
    final List<String> jars;

    Library(String word, String... jars) {
      this.word = word;
      this.jars = List.of(jars);
    }

    private void load() {
      Loader.load(this == ONE_DNN ? dnnl.class : torch.class);
    }
  }

  private static final Map<Library, String> MISSING = new EnumMap<>(Library.class);
  private static final Map<Library, JiffusionException> FAILED = new EnumMap<>(Library.class);
  private static Path cache;

  private Natives() {}

  /**
   * Loads oneDNN, once.
   *
   * @return what the class path lacks, which is warned of once; empty if it is loaded
   * @throws JiffusionException if it cannot be unpacked or loaded
   */
  public static synchronized String oneDnn() {
    boolean first = !MISSING.containsKey(Library.ONE_DNN);
    String missing = load(Library.ONE_DNN);
    if (first && !missing.isEmpty()) {
      LOG.warn("oneDNN cannot be used, and libtorch is slower: {}", missing);
    }
    return missing;
  }

  /**
   * Loads libtorch, once.
   *
   * @throws JiffusionException if the class path lacks it, or it cannot be unpacked or loaded
   */
  static synchronized void libtorch() {
    oneDnn();
    String missing = load(Library.LIBTORCH);
    if (!missing.isEmpty()) {
      throw new JiffusionException("libtorch cannot be used: " + missing);
    }
  }

  private static String load(Library library) {
    if (FAILED.containsKey(library)) {
      throw FAILED.get(library);
    }
    if (!MISSING.containsKey(library)) {
      // JavaCPP would otherwise stall in System.gc() whenever resident memory passes its own bound.
      for (String bound : List.of("maxPhysicalBytes", "maxBytes")) {
        System.getProperties().putIfAbsent("org.bytedeco.javacpp." + bound, "0");
      }
      try {
        MISSING.put(library, unpacked(library));
      } catch (JiffusionException e) {
        FAILED.put(library, e); // a class that failed to initialise is not tried again
        throw e;
      }
    }
    return MISSING.get(library);
  }

  /** Loads a library, and has it unpacked before; returns what the class path lacks for it. */
  private static String unpacked(Library library) {
    try {
      if (cache == null) {
        cache = cache();
      }
      Path done = cache.resolve("jiffusion-" + library.word + "-" + set() + ".done");
      if (Files.exists(done)) {
        library.load();
        return "";
      }
      try (FileChannel channel =
              FileChannel.open(
                  cache.resolve("jiffusion.lock"),
                  StandardOpenOption.CREATE,
                  StandardOpenOption.WRITE);
          FileLock lock = lock(channel)) {
        library.load();
        if (!Files.exists(done)) {
          Files.createFile(done);
        }
      }
      return "";
    } catch (IOException e) {
      throw cannot(cache + ": " + AtomicFile.reason(e), e);
    } catch (LinkageError e) {
      return missing(library, e);
    }
  }

  /** Waits, also for a thread of this process whose classes another loader has. */
  private static FileLock lock(FileChannel channel) throws IOException {
    while (true) {
      try {
        return channel.lock();
      } catch (OverlappingFileLockException e) {
        try {
          Thread.sleep(20);
        } catch (InterruptedException stop) {
          Thread.currentThread().interrupt();
          throw new IOException("interrupted while another unpacks", stop);
        }
      }
    }
  }

  /**
   * What the class path lacks where a library could not be loaded.
   *
   * @throws JiffusionException if it lacks nothing, so the place or the machine is at fault
   */
  private static String missing(Library library, LinkageError error) {
    String platform = Loader.getPlatform();
    List<String> absent =
        library.jars.stream()
            .filter(jar -> file(jar, platform) == null && file(jar, platform + "-gpu") == null)
            .map(jar -> "org.bytedeco:" + artifact(jar))
            .toList();
    if (absent.isEmpty()) {
      try {
        unpack(library); // JavaCPP does not tell what it failed by
      } catch (IOException e) {
        throw cannot(cache + ": " + AtomicFile.reason(e), e);
      }
      throw new JiffusionException(
          "cannot load the native libraries in "
              + cache
              + ": "
              + firstLine(error)
              + "; files there must be allowed to run (no noexec); "
              + ANOTHER,
          error);
    }
    return "the class path lacks "
        + String.join(" and ", absent)
        + " with the classifier "
        + platform
        + "; add "
        + (absent.size() > 1 ? "them" : "it")
        + (Natives.class.getModule().isNamed()
            ? " there, or to the module path with --add-modules ALL-MODULE-PATH"
            : "");
  }

  /** Unpacks what is in a library's jars and not in the cache. */
  private static void unpack(Library library) throws IOException {
    for (String jar : library.jars) {
      URL file = file(jar, Loader.getPlatform());
      if (file != null && file.openConnection() instanceof JarURLConnection connection) {
        JarFile archive = connection.getJarFile();
        Path to = cache.resolve(Path.of(archive.getName()).getFileName());
        Path folder = Path.of(connection.getEntryName()).getParent();
        for (JarEntry entry : archive.stream().toList()) {
          Path name = Path.of(entry.getName());
          if (folder.equals(name.getParent()) && !Files.exists(to.resolve(name))) {
            Loader.cacheResource(new URL(file, name.getFileName().toString()));
          }
        }
      }
    }
  }

  private static JiffusionException cannot(String places, Throwable cause) {
    return new JiffusionException(
        "cannot unpack the native libraries in "
            + places
            + "; they need 600 MB: make room there, or "
            + ANOTHER,
        cause);
  }

  /** The folder that JavaCPP shall unpack into: the one that the user names, or one of our own. */
  private static Path cache() throws IOException {
    String given = System.getProperty(CACHE, System.getProperty("org.bytedeco.javacpp.cacheDir"));
    if (given != null) {
      Path place = place(given);
      String reason = reasonAgainst(place);
      if (!reason.isEmpty()) {
        throw cannot(place + ": " + reason, null);
      }
      return place.toRealPath();
    }
    List<String> reasons = new ArrayList<>();
    for (Path place :
        List.of(
            place(System.getProperty("user.home"), ".javacpp"),
            place(
                System.getProperty("java.io.tmpdir"),
                ".javacpp-" + System.getProperty("user.name")))) {
      Path own = place.resolve("jiffusion-" + set());
      String reason = reasonAgainst(own);
      if (reason.isEmpty()) {
        System.setProperty(CACHE, own.toString());
        return own.toRealPath();
      }
      reasons.add(place + ": " + reason);
    }
    throw cannot(String.join(", nor in ", reasons), null);
  }

  private static Path place(String first, String... more) {
    try {
      return Path.of(first, more).toAbsolutePath();
    } catch (InvalidPathException e) {
      throw new JiffusionException("illegal folder of native libraries: " + first, e);
    }
  }

  /** Why nothing can be written to a folder; empty if it can. */
  private static String reasonAgainst(Path folder) {
    try {
      Files.createDirectories(folder);
      Files.delete(Files.createTempFile(folder, "jiffusion", ".probe"));
      return "";
    } catch (IOException e) {
      return AtomicFile.reason(e);
    }
  }

  /** Names the jars of the class path: others link the libraries in another way. */
  private static String set() {
    CRC32 names = new CRC32();
    for (Library library : Library.values()) {
      for (String jar : library.jars) {
        for (String platform : List.of(Loader.getPlatform(), Loader.getPlatform() + "-gpu")) {
          URL file = file(jar, platform);
          if (file != null) {
            String path = file.getPath();
            int end = Math.max(0, path.indexOf('!'));
            names.update(
                path.substring(path.lastIndexOf('/', end) + 1).getBytes(StandardCharsets.UTF_8));
          }
        }
      }
    }
    return String.format("%08x", names.getValue());
  }

  /** The library with the Java interface, {@code opencl/OpenCL} for jniOpenCL of opencl. */
  private static URL file(String jar, String platform) {
    String name = System.mapLibraryName("jni" + jar.substring(jar.indexOf('/') + 1));
    return resource("org/bytedeco/" + artifact(jar) + "/" + platform + "/" + name);
  }

  /** Of any jar; a class itself would look in its own module only. */
  static URL resource(String path) {
    return Natives.class.getClassLoader().getResource(path);
  }

  private static String artifact(String jar) {
    return jar.contains("/") ? jar.substring(0, jar.indexOf('/')) : jar;
  }

  /** A native error's first line: the rest is C++ stack frames. */
  static String firstLine(Throwable error) {
    String message = String.valueOf(error.getMessage());
    int end = message.indexOf('\n');
    return end < 0 ? message : message.substring(0, end);
  }
}
