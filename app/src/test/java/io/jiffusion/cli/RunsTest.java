package io.jiffusion.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.data.Npy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whole commands on small models: training, going on, being interrupted, sampling. */
@Timeout(300)
class RunsTest {
  private static final String SMALL = "train.batch=16";

  @TempDir static Path folder;

  private static Path run;

  @BeforeAll
  static void trainAToy() throws Exception {
    run = folder.resolve("toy");
    assertThat(
            await(
                start(
                    "trained",
                    "train",
                    "toy-scurve",
                    "--out",
                    run.toString(),
                    "--steps",
                    "20",
                    "--set",
                    SMALL)))
        .isZero();
  }

  @Test
  void trainingPrintsItsConfigurationAndWhatToTypeNext() throws IOException {
    assertThat(out("trained"))
        .contains("  batch: 16")
        .contains("  steps: 20")
        .contains("20 steps made")
        .contains("Next: jiffusion toy " + run);
    assertThat(err("trained")).contains("20/20 steps").contains("loss ").contains("images/s");
    assertThat(Files.readAllLines(run.resolve("metrics.jsonl"))).hasSize(20);
    assertThat(run.resolve("weights.safetensors")).exists();
    assertThat(run.resolve("loss.png")).exists();
  }

  @Test
  void aRunIsNotOverwrittenButGoesOn() throws Exception {
    Path other = folder.resolve("other");
    assertThat(
            await(
                start(
                    "first",
                    "train",
                    "toy-scurve",
                    "--out",
                    other.toString(),
                    "--steps",
                    "10",
                    "--set",
                    SMALL)))
        .isZero();
    assertThat(
            await(
                start(
                    "again",
                    "train",
                    "toy-scurve",
                    "--out",
                    other.toString(),
                    "--steps",
                    "20",
                    "--set",
                    SMALL)))
        .isEqualTo(1);
    assertThat(err("again"))
        .contains(other + " holds a run already; go on with --resume, or choose another --out");
    assertThat(await(start("on", "train", "--resume", "--out", other.toString(), "--steps", "20")))
        .isZero();
    assertThat(Files.readAllBytes(other.resolve("weights.safetensors")))
        .isEqualTo(Files.readAllBytes(run.resolve("weights.safetensors")));
    assertThat(Files.readString(other.resolve("metrics.jsonl")))
        .isEqualTo(Files.readString(run.resolve("metrics.jsonl")));
  }

  @Test
  void ctrlCSavesSaysHowToGoOnAndExitsWith130() throws Exception {
    assertThat(interrupted("INT")).isEqualTo(130);
  }

  @Test
  void sigtermSavesSaysHowToGoOnAndExitsWith0() throws Exception {
    assertThat(interrupted("TERM")).isZero();
  }

  @Test
  void sighupSavesAsSigtermDoes() throws Exception {
    assertThat(interrupted("HUP")).isZero();
  }

  @Test
  void nohupKeepsATrainingGoing() throws Exception {
    Path going = folder.resolve("going");
    Process process =
        started(
            "nohup",
            List.of("nohup"),
            "train",
            "toy-scurve",
            "--out",
            going.toString(),
            "--steps",
            "60",
            "--every",
            "1",
            "--set",
            SMALL);
    awaitErr(process, "nohup", "3/60 steps");
    signal(process, "HUP");
    assertThat(await(process)).isZero();
    assertThat(out("nohup")).contains("60 steps made");
  }

  @Test
  void aSecondCtrlCSaysWhatIsLostAndEndsByTheSignal() throws Exception {
    Path lost = folder.resolve("lost");
    // Its steps take minutes, so that none ends between the two.
    Process process =
        start(
            "lost",
            "train",
            "mnist",
            "--out",
            lost.toString(),
            "--set",
            "train.batch=20000",
            "--set",
            "train.shards=1");
    // The first step begins when run.json is there.
    while (process.isAlive() && !Files.exists(lost.resolve("run.json"))) {
      Thread.sleep(50);
    }
    Thread.sleep(1000);
    signal(process, "INT");
    awaitErr(process, "lost", "stopping; another Ctrl-C ends this at once");
    assertThat(process.isAlive()).isTrue();
    signal(process, "INT");
    assertThat(await(process)).isEqualTo(130);
    assertThat(err("lost"))
        .contains("ended at once: nothing was saved yet")
        .doesNotContain("SIGSEGV");
  }

  /** A limit on the size of a file is a disk without room for the rest of it. */
  @Test
  void aDiskWithoutRoomForACheckpointLosesNothing() throws Exception {
    Path full = folder.resolve("full");
    String[] first = {"train", "toy-scurve", "--out", full.toString(), "--set", SMALL};
    assertThat(await(start("room", with(List.of(first), "--steps", "3")))).isZero();
    List<String> on = List.of("train", "--resume", "--out", full.toString(), "--steps");
    Process limited =
        started(
            "no-room",
            List.of("sh", "-c", "ulimit -f 1000; exec \"$@\"", "sh"),
            with(on, "6", "--set", "train.checkpointEvery=1"));
    assertThat(await(limited)).isEqualTo(1);
    assertThat(err("no-room"))
        .contains("cannot write " + full)
        .contains("what was saved before is whole: make room")
        .doesNotContain("Exception");
    assertThat(await(start("room-again", with(on, "6")))).isZero();
    assertThat(out("room-again")).contains("6 steps made");
  }

  @Test
  void sigtermWhileSamplingIsNoSuccess() throws Exception {
    Process process =
        start(
            "terminated",
            "sample",
            "--model",
            run.toString(),
            "--count",
            "100000",
            "--out",
            folder.resolve("terminated").toString());
    awaitErr(process, "terminated", "evaluations");
    signal(process, "TERM");
    assertThat(await(process)).isEqualTo(143);
  }

  private static void awaitErr(Process process, String name, String text) throws Exception {
    while (process.isAlive() && !err(name).contains(text)) {
      Thread.sleep(50);
    }
  }

  private static void signal(Process process, String signal) throws Exception {
    new ProcessBuilder("kill", "-" + signal, String.valueOf(process.pid())).start().waitFor();
  }

  private int interrupted(String signal) throws Exception {
    Path stopped = folder.resolve("stopped-" + signal);
    // A build that nohup began ignores SIGHUP, and so would what it starts.
    boolean gnu = Files.exists(Path.of("/proc"));
    Process process =
        started(
            signal,
            gnu ? List.of("env", "--default-signal=" + signal) : List.of(),
            "train",
            "toy-scurve",
            "--out",
            stopped.toString(),
            "--steps",
            "0",
            "--every",
            "1",
            "--set",
            SMALL);
    awaitErr(process, signal, "3 steps");
    signal(process, signal);
    int code = await(process);
    assertThat(err(signal)).contains("go on with: jiffusion train --out " + stopped + " --resume");
    assertThat(stopped.resolve("weights.safetensors")).exists();
    return code;
  }

  @Test
  void sampledPointsAreDrawnAndWrittenAsArrays() throws Exception {
    Path samples = folder.resolve("samples");
    assertThat(
            await(
                start(
                    "sampled",
                    "sample",
                    "--model",
                    run.toString(),
                    "--steps",
                    "5",
                    "--count",
                    "6",
                    "--trajectory",
                    "--float",
                    "--format",
                    "png,npy",
                    "--out",
                    samples.toString())))
        .isZero();
    assertThat(out("sampled")).contains("6 images of 5 evaluations").contains("points.png");
    assertThat(Npy.read(samples.resolve("values.npy")).shape()).containsExactly(6, 2, 1, 1);
    assertThat(samples.resolve("points.png")).exists();
  }

  @Test
  void givenNoiseMakesWhatItsSeedMakes() throws Exception {
    Path seeded = folder.resolve("seeded");
    Path given = folder.resolve("given");
    float[] noise = new float[4];
    double[] normals = new double[2];
    for (int i = 0; i < 2; i++) {
      new io.jiffusion.random.Key(7 + i, 0, io.jiffusion.random.Purpose.START)
          .normals(normals, 0, 2);
      noise[2 * i] = (float) normals[0];
      noise[2 * i + 1] = (float) normals[1];
    }
    Path file = folder.resolve("noise.npy");
    Npy.of(noise, 2, 2, 1, 1).write(file);
    List<String> same =
        List.of(
            "sample",
            "--model",
            run.toString(),
            "--sampler",
            "ddim",
            "--steps",
            "5",
            "--count",
            "2",
            "--format",
            "npy",
            "--float");
    assertThat(await(start("seeded", with(same, "--seed", "7", "--out", seeded.toString()))))
        .isZero();
    assertThat(
            await(
                start("given", with(same, "--noise", file.toString(), "--out", given.toString()))))
        .isZero();
    float[] a = Npy.read(seeded.resolve("values.npy")).floats();
    float[] b = Npy.read(given.resolve("values.npy")).floats();
    for (int i = 0; i < a.length; i++) {
      assertThat(b[i]).isCloseTo(a[i], org.assertj.core.data.Offset.offset(1e-5f));
    }
  }

  @Test
  void theTutorialPictureIsDrawn() throws Exception {
    Path picture = folder.resolve("toy.png");
    assertThat(
            await(
                start(
                    "drawn", "toy", run.toString(), "--points", "50", "--out", picture.toString())))
        .isZero();
    assertThat(out("drawn").strip()).isEqualTo(picture.toString());
    assertThat(picture).exists();
  }

  private static String[] with(List<String> start, String... rest) {
    return Stream.concat(start.stream(), Stream.of(rest)).toArray(String[]::new);
  }

  private static Process start(String name, String... arguments) throws IOException {
    return started(name, List.of(), arguments);
  }

  private static Process started(String name, List<String> by, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(by);
    if (System.getProperty("os.name").startsWith("Linux")) {
      // What a shell puts in the background ignores Ctrl-C, and so would all that it starts.
      command.addAll(List.of("env", "--default-signal=INT"));
    }
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            Main.class.getName()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectOutput(folder.resolve(name + ".out").toFile())
            .redirectError(folder.resolve(name + ".err").toFile());
    builder.environment().put("OMP_NUM_THREADS", "1"); // as the launcher does
    return builder.start();
  }

  private static int await(Process process) throws InterruptedException {
    if (!process.waitFor(200, TimeUnit.SECONDS)) {
      process.destroyForcibly();
    }
    return process.waitFor();
  }

  private static String out(String name) throws IOException {
    return Files.readString(folder.resolve(name + ".out"));
  }

  private static String err(String name) throws IOException {
    return Files.readString(folder.resolve(name + ".err"));
  }
}
