package io.jiffusion.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.ChildJvm;
import io.jiffusion.base.Cancellation;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.config.RunConfig;
import io.jiffusion.tensor.Scope;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The native libraries as processes of their own meet them: missing, unpacked, shared. */
@Timeout(300)
class NativesTest {
  private static final double FULL_SECONDS = 120;
  private static final int EACH = 4;

  @TempDir Path home;

  /** The child: samples (oneDNN first), or trains (libtorch first). */
  public static void main(String[] arguments) throws IOException {
    try {
      if (arguments[0].equals("train")) {
        Scope.open().close();
        RunConfig config = TrainingTest.points(3, 0);
        new Training(config, Files.createTempDirectory(Path.of(arguments[1]), "run"), false)
            .run(TrainingTest.listener(progress -> {}, step -> {}), new Cancellation());
      } else {
        try (Model model = Model.load(Path.of("../models/mnist"))) {
          model.sample(SampleRequest.of(1).steps(2));
        }
      }
      System.out.println("done");
    } catch (JiffusionException e) {
      System.out.println("told: " + e.getMessage());
    }
  }

  private record Ended(int code, String said) {}

  private Ended run(List<String> command) throws IOException, InterruptedException {
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().remove("OMP_NUM_THREADS"); // libtorch is asked for a thread
    Process process = builder.start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Ended(process.waitFor(), said);
  }

  private static List<String> child(String work, String classPath, String... options) {
    return ChildJvm.command(NativesTest.class, List.of(options), classPath, work, ".");
  }

  private static String classPath(String... without) {
    return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
        .filter(
            entry ->
                Arrays.stream(without)
                    .noneMatch(
                        jar ->
                            Path.of(entry).getFileName().toString().matches(jar + "-.+-.+-.+-.+")))
        .collect(Collectors.joining(File.pathSeparator));
  }

  @Test
  void aMissingLibtorchIsToldAndNothingHangs() throws Exception {
    Ended ended = run(child("sample", classPath("pytorch", "openblas")));
    assertThat(ended.said)
        .contains(
            "told: libtorch cannot be used: the class path lacks org.bytedeco:openblas and"
                + " org.bytedeco:pytorch with the classifier ");
  }

  @Test
  @DisabledOnOs(OS.MAC)
  void aMissingOpenclIsWarnedOfOnceAndLibtorchSamples() throws Exception {
    Ended ended = run(child("sample", classPath("opencl")));
    assertThat(ended.said).contains("done");
    assertThat(ended.said.lines().filter(line -> line.contains(" WARN ")))
        .singleElement()
        .asString()
        .contains("oneDNN cannot be used, and libtorch is slower: the class path lacks")
        .contains("org.bytedeco:opencl with the classifier");
  }

  @Test
  void aPlaceThatCannotBeWrittenIsNamedWithTheRemedy() throws Exception {
    Path file = Files.writeString(home.resolve("file"), "in the way");
    Ended both =
        run(child("sample", classPath(), "-Duser.home=" + file, "-Djava.io.tmpdir=" + file));
    assertThat(both.said)
        .contains("told: cannot unpack the native libraries in " + file.resolve(".javacpp"))
        .contains(", nor in " + file.resolve(".javacpp-"))
        .contains("name another folder by -Dorg.bytedeco.javacpp.cachedir=FOLDER");
    Ended given =
        run(child("sample", classPath(), "-Dorg.bytedeco.javacpp.cachedir=" + file + "/x"));
    assertThat(given.said)
        .contains("told: cannot unpack the native libraries in " + file + "/x: ")
        .contains("name another folder");
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void aPlaceWithoutRoomIsNamedAndTakenWhenThereIsRoom() throws Exception {
    String cache = "-Dorg.bytedeco.javacpp.cachedir=" + home.resolve("cache");
    List<String> words = child("sample", classPath(), cache);
    List<String> limited =
        new ArrayList<>(List.of("sh", "-c", "ulimit -f 20000; exec \"$@\"", "sh"));
    limited.addAll(words);
    assertThat(run(limited).said)
        .contains("told: cannot unpack the native libraries in " + home.resolve("cache"))
        .contains("make room there, or name another folder");
    assertThat(run(words).said).contains("done");
  }

  /** Processes that sample and processes that train share one cache, which is empty at first. */
  @Test
  @Tag("long")
  void processesOfBothKindsShareTheLibraries() throws Exception {
    long end = System.nanoTime() + (long) (FULL_SECONDS * ChildJvm.size() * 1e9);
    ExecutorService all = Executors.newFixedThreadPool(2 * EACH);
    List<Future<Integer>> running = new ArrayList<>();
    for (int i = 0; i < 2 * EACH; i++) {
      List<String> command =
          ChildJvm.command(
              NativesTest.class,
              List.of("-Duser.home=" + home),
              classPath(),
              i % 2 == 0 ? "sample" : "train",
              home.toString());
      running.add(all.submit(again(command, end)));
    }
    int runs = 0;
    for (Future<Integer> some : running) {
      runs += some.get(5, TimeUnit.MINUTES);
    }
    all.shutdown();
    System.out.println(runs + " processes shared the libraries");
    try (var folders = Files.list(home.resolve(".javacpp"))) {
      assertThat(folders.map(Path::getFileName))
          .singleElement()
          .asString()
          .startsWith("jiffusion-");
    }
  }

  private Callable<Integer> again(List<String> command, long end) {
    return () -> {
      int runs = 0;
      do {
        Ended ended = run(command);
        assertThat(ended.said).endsWith("done" + System.lineSeparator());
        assertThat(ended.code).as(ended.said).isZero();
        runs++;
      } while (System.nanoTime() < end);
      return runs;
    };
  }
}
