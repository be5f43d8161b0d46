package io.jiffusion.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.base.Cancellation;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.Progress;
import io.jiffusion.checkpoint.RunFolder;
import io.jiffusion.config.RunConfig;
import io.jiffusion.data.ImageSet;
import io.jiffusion.network.Network;
import io.jiffusion.network.WeightSource;
import io.jiffusion.tensor.NativeHandles;
import io.jiffusion.weights.ArrayFile;
import io.jiffusion.weights.Safetensors;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

@ExtendWith(NativeHandles.class)
public class TrainingTest {
  @TempDir Path home;

  @Test
  void twoHalvesAreTheWhole() {
    train("whole", false, points(14, 0));
    train("halves", false, points(7, 0));
    train("halves", true, points(14, 0));
    assertSameRun("halves", "whole");
  }

  @Test
  void twoHalvesAreTheWholeWithDropoutAndDroppedLabelsInTheMiddleOfAnEpoch() {
    train("whole", false, digits(6));
    train("halves", false, digits(3));
    train("halves", true, digits(6));
    assertSameRun("halves", "whole");
  }

  @Test
  void valuesThatAreForgottenAndComputedAgainMakeTheSameRun() {
    train("whole", false, digits(6));
    train("halves", false, digits(3));
    train("halves", true, digits(6).with(List.of("train.recompute=true"))); // may change on the way
    for (String file : List.of("weights.safetensors", "metrics.jsonl")) {
      assertThat(files("halves").get(file).equals(files("whole").get(file))).as(file).isTrue();
    }
  }

  @Test
  void aCancelledRunSavesAndGoesOn() {
    train("whole", false, points(9, 4));
    Cancellation cancellation = new Cancellation();
    boolean finished =
        new Training(points(9, 4), home.resolve("cancelled"), false)
            .run(
                listener(
                    progress -> {
                      if (progress.done() == 5) {
                        cancellation.cancel();
                      }
                    },
                    step -> {}),
                cancellation);
    assertThat(finished).isFalse();
    assertThat(RunFolder.read(home.resolve("cancelled")).step()).isEqualTo(5);
    assertThat(train("cancelled", true, points(9, 4))).isTrue();
    assertThat(contents("cancelled/weights.safetensors"))
        .isEqualTo(contents("whole/weights.safetensors"));
    assertThat(contents("cancelled/metrics.jsonl")).isEqualTo(contents("whole/metrics.jsonl"));
  }

  @Test
  void aDamagedCheckpointCostsTheStepsSinceTheOneBefore() throws IOException {
    train("whole", false, points(12, 3));
    train("damaged", false, points(9, 3));
    Path newest = home.resolve("damaged/checkpoints/step-000000009.safetensors");
    Files.write(newest, new byte[1000]);
    List<Long> saved = new ArrayList<>();
    new Training(points(12, 3), home.resolve("damaged"), true)
        .run(listener(progress -> {}, saved::add), new Cancellation());
    assertThat(saved).containsExactly(9L, 12L);
    assertSameRun("damaged", "whole");
  }

  @Test
  void aRunThatEndedBeforeItsWeightsWereWrittenGetsThem() throws IOException {
    train("whole", false, points(6, 3));
    Map<String, List<Byte>> before = files("whole");
    Files.delete(home.resolve("whole/weights.safetensors"));
    Files.writeString(
        home.resolve("whole/metrics.jsonl"),
        "{\"step\":7,\"lo",
        java.nio.file.StandardOpenOption.APPEND);
    assertThat(train("whole", true, points(6, 3))).isTrue();
    assertThat(files("whole")).isEqualTo(before);
  }

  @Test
  void dataOfOnesOwnAreLearnedAndGoneOnWith() {
    RunConfig config =
        digits(4)
            .with(
                List.of(
                    "network.unet.height=8", "network.unet.width=8", "network.unet.attention=[]"));
    ImageSet stripes = Stripes.of(20, 8, 10, 0);
    Path run = home.resolve("own");
    Training.Listener quiet = listener(progress -> {}, step -> {});
    assertThat(new Training(config, stripes, run, false).run(quiet, new Cancellation())).isTrue();
    assertThat(RunFolder.read(run).config().data().set()).isEqualTo("folder");
    RunConfig longer = config.with(List.of("train.steps=6"));
    assertThatThrownBy(
            () ->
                new Training(longer, Stripes.of(30, 8, 10, 0), run, true)
                    .run(quiet, new Cancellation()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("illegal settings for --resume: pictures");
    new Training(longer, stripes, run, true).run(quiet, new Cancellation());
    assertThat(RunFolder.read(run).step()).isEqualTo(6);
    assertThatThrownBy(() -> new Training(config, Stripes.of(4, 16, 10, 0), run, false))
        .hasMessage("illegal data: images of [1, 16, 16], must be of the network's [1, 8, 8]");
    assertThatThrownBy(() -> new Training(config, Stripes.of(4, 8, 3, 0), run, false))
        .hasMessage("illegal data: 3 classes, must have the network's 10");
    assertThatThrownBy(() -> new Training(config, Stripes.of(0, 8, 10, 0), run, false))
        .hasMessage("illegal data: 0 examples, must be 1 or more");
    ImageSet wrong =
        new ImageSet(Stripes.of(2, 8, 10, 0).images(), new int[] {10, 10}, stripes.classNames());
    assertThatThrownBy(
            () ->
                new Training(config, wrong, home.resolve("wrong"), false)
                    .run(quiet, new Cancellation()))
        .hasStackTraceContaining("illegal label of example")
        .hasStackTraceContaining("must be from 0 to 9, as the data have 10 classes");
  }

  @Test
  void metricsHaveALineForEachStep() throws IOException {
    train("run", false, points(5, 0));
    List<String> lines = Files.readAllLines(home.resolve("run/metrics.jsonl"));
    assertThat(lines).hasSize(5);
    for (int i = 0; i < 5; i++) {
      assertThat(lines.get(i))
          .matches("\\{\"step\":" + (i + 1) + ",\"loss\":[0-9.E-]+,\"gradientNorm\":[0-9.E-]+}");
    }
    // a line that is being written is not there yet
    Files.writeString(
        home.resolve("run/metrics.jsonl"),
        "{\"step\":6,\"lo",
        java.nio.file.StandardOpenOption.APPEND);
    List<Metrics.Line> read = Metrics.read(home.resolve("run"), 0);
    assertThat(read).extracting(Metrics.Line::step).containsExactly(1L, 2L, 3L, 4L, 5L);
    for (int i = 0; i < 5; i++) {
      assertThat(lines.get(i)).contains("\"loss\":" + plain(read.get(i).loss()) + ",");
    }
    assertThat(Metrics.read(home.resolve("run"), 3)).isEqualTo(read.subList(3, 5));
  }

  private static String plain(float number) {
    return new java.math.BigDecimal(Float.toString(number)).stripTrailingZeros().toPlainString();
  }

  @Test
  void metricsThatAreDamagedAreTold() throws IOException {
    Files.createDirectories(home.resolve("run"));
    Path file =
        Files.writeString(home.resolve("run/metrics.jsonl"), "{\"step\":1,\"loss\":\"x\"}\n");
    assertThatThrownBy(() -> Metrics.read(home.resolve("run"), 0))
        .isInstanceOf(JiffusionException.class)
        .hasMessageContaining("illegal loss: x, must be a number (line 1 of " + file + ")");
    assertThatThrownBy(() -> Metrics.read(home.resolve("nowhere"), 0))
        .isInstanceOf(JiffusionException.class)
        .hasMessageStartingWith("cannot read ");
  }

  @Test
  void whoStartedItHearsOfEveryStepAndEverySaving() {
    List<String> heard = new ArrayList<>();
    new Training(points(5, 2), home.resolve("run"), false)
        .run(
            listener(
                progress -> heard.add(progress.done() + "/" + progress.total()),
                step -> heard.add("saved " + step)),
            new Cancellation());
    assertThat(heard)
        .containsExactly("1/5", "2/5", "saved 2", "3/5", "4/5", "saved 4", "5/5", "saved 5");
  }

  @Test
  void aFolderIsTrainedOnceAtATime() {
    Path folder = home.resolve("run");
    int[] refused = new int[1];
    new Training(points(2, 0), folder, false)
        .run(
            listener(
                progress -> {
                  assertThatThrownBy(() -> train("run", progress.done() > 1, points(2, 0)))
                      .isInstanceOf(JiffusionException.class)
                      .hasMessage(
                          folder
                              + " is being trained already; stop that training, or choose another --out");
                  refused[0]++;
                },
                step -> {}),
            new Cancellation());
    assertThat(refused[0]).isEqualTo(2);
    assertThat(train("run", true, points(3, 0))).isTrue();
  }

  @Test
  void aRunIsNotOverwritten() {
    train("run", false, points(1, 0));
    assertThatThrownBy(() -> train("run", false, points(1, 0)))
        .isInstanceOf(JiffusionException.class)
        .hasMessage(
            home.resolve("run")
                + " holds a run already; go on with --resume, or choose another --out");
  }

  @Test
  void nothingToResumeIsTold() {
    assertThatThrownBy(() -> train("run", true, points(1, 0)))
        .isInstanceOf(JiffusionException.class)
        .hasMessage(
            "nothing to resume in "
                + home.resolve("run")
                + ": it has no checkpoint; leave out --resume to start");
  }

  @Test
  void whatTheWeightsLearnedByStaysAndEverySettingThatDiffersIsNamed() {
    train("run", false, points(1, 0));
    RunConfig other =
        points(2, 0)
            .with(
                List.of(
                    "network.mlp.width=32",
                    "process.schedule=linear",
                    "train.lr=0.5",
                    "data.set=moons"));
    assertThatThrownBy(() -> train("run", true, other))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "illegal settings for --resume: data.set s-curve → moons, network.mlp.width 16 → 32,"
                + " process.schedule cosine → linear, must stay as they were, because the weights"
                + " learned by them; choose another --out to start anew");
  }

  @Test
  void howItLearnsMayChangeOnTheWayAndIsTold() {
    train("run", false, points(3, 0));
    List<String> told = new ArrayList<>();
    RunConfig other = points(6, 2).with(List.of("train.lr=0.5", "train.batch=5", "train.warmup=1"));
    assertThat(
            new Training(other, home.resolve("run"), true)
                .run(listener(told, progress -> {}, step -> {}), new Cancellation()))
        .isTrue();
    assertThat(told)
        .containsExactly(
            "learning from 100000 points; the network has 1,314 parameters; 5 images a step",
            "changed since the checkpoint, so this is no longer the run that never stopped: "
                + "train.batch 7 → 5, train.lr 0.001 → 0.5, train.warmup 100 → 1");
  }

  @Test
  void theSamePicturesUnderAnotherPathGoOnAndOtherPicturesAreRefused() throws IOException {
    train("whole", false, digits(6));
    train("halves", false, digits(3));
    Path moved = Files.move(home.resolve("digits"), home.resolve("2024"));
    RunConfig there = digits(6).with(List.of("data.path=" + moved));
    train("halves", true, there);
    assertThat(contents("halves/weights.safetensors"))
        .isEqualTo(contents("whole/weights.safetensors"));
    byte[] labels = Files.readAllBytes(moved.resolve("train-labels-idx1-ubyte"));
    labels[labels.length - 1] ^= 1;
    Files.write(moved.resolve("train-labels-idx1-ubyte"), labels);
    assertThatThrownBy(() -> train("halves", true, there))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("pictures 23 images of 10 classes, sum ")
        .hasMessageContaining("must stay as they were");
  }

  @Test
  void theFirstDropOfLabelsGivesTheLastClassAnotherMeaning() {
    train("run", false, digits(1));
    assertThat(train("run", true, digits(2).with(List.of("train.labelDrop=0.1")))).isTrue();
    String before = Resumption.settings(points(1, 0), points(1, 0).dataset());
    String now =
        Resumption.settings(points(1, 0), points(1, 0).dataset())
            .replace("\"train.labelDrop\":0", "\"train.labelDrop\":0.1");
    assertThat(now).isNotEqualTo(before);
    assertThatThrownBy(() -> Resumption.changes(before, now))
        .hasMessageContaining("train.labelDrop 0 → 0.1");
  }

  @Test
  void dataOfAnotherFolderThanThatWhereARunBeganIsAskedFor() {
    train("run", false, digits(1));
    assertThatThrownBy(() -> train("run", true, digits(2).with(List.of("data.path=no/where"))))
        .isInstanceOf(JiffusionException.class)
        .hasMessageContaining(
            "the run was started in another folder, where no/where was: name the data by --data");
  }

  @Test
  void aCheckpointIsWrittenByTimeToo() {
    List<Long> saved = new ArrayList<>();
    new Training(
            points(3, 0).with(List.of("train.checkpointMinutes=1e-9")), home.resolve("run"), false)
        .run(listener(progress -> {}, saved::add), new Cancellation());
    assertThat(saved).containsExactly(1L, 2L, 3L);
    assertThat(points(1, 0).train().checkpointMinutes()).isEqualTo(10);
  }

  @Test
  void noLockIsLeftBehind() throws IOException {
    train("run", false, points(1, 0));
    assertThat(home.resolve("run/.lock")).doesNotExist();
    Files.writeString(home.resolve("run/.lock"), "of a process that was killed");
    assertThat(train("run", true, points(2, 0))).isTrue();
    assertThat(home.resolve("run/.lock")).doesNotExist();
  }

  @Test
  void aRunThatDivergesKeepsItsLastCheckpoint() throws IOException {
    RunConfig absurd =
        points(50, 1).with(List.of("train.lr=1e30", "train.clipNorm=0", "train.warmup=0"));
    assertThatThrownBy(() -> train("run", false, absurd))
        .isInstanceOf(JiffusionException.class)
        .hasMessageStartingWith("training diverged at step ");
    List<String> lines = Files.readAllLines(home.resolve("run/metrics.jsonl"));
    assertThat(RunFolder.read(home.resolve("run")).step()).isEqualTo(lines.size());
    assertThatThrownBy(() -> train("run", true, absurd))
        .hasMessageStartingWith("training diverged at step " + (lines.size() + 1));
  }

  @Test
  void aNetworkOfOnesOwnLearnsWhatTheRunOfItLearns() {
    train("run", false, points(5, 0));
    RunConfig other = points(0, 0).with(List.of("network.mlp.width=64")); // is not looked at
    Network network = points(0, 0).network().network();
    WeightSource weights;
    try (Training.Steps steps = Training.steps(other, network, other.dataset())) {
      for (int step = 0; step < 4; step++) {
        steps.next();
      }
      WeightSource before = steps.weights();
      assertThat(steps.next()).isPositive();
      weights = steps.weights();
      assertThat(before.floats("in.weight", 3, 4)).isNotEqualTo(weights.floats("in.weight", 3, 4));
    }
    try (ArrayFile run = Safetensors.open(home.resolve("run").resolve(RunFolder.WEIGHTS))) {
      run.arrays()
          .forEach(
              (name, info) -> {
                float[] learned = run.floats(name);
                assertThat(weights.floats(name, 0, learned.length)).as(name).isEqualTo(learned);
                assertThat(weights.floats(name, 1, 1)[0]).as(name).isEqualTo(learned[1]);
              });
    }
  }

  @Test
  void aNetworkOfOnesOwnHasTheClassesOfTheConfigurationAndTheSizesOfTheData() {
    RunConfig config = points(0, 0);
    Network digits = digits(0).network().network();
    assertThatThrownBy(() -> Training.steps(config, digits, config.dataset()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "illegal network: " + digits.classes() + " classes, must have the configuration's 0");
    Network points = config.network().network();
    RunConfig classless = digits(0).with(List.of("network.unet.classes=0", "train.labelDrop=0"));
    assertThatThrownBy(() -> Training.steps(classless, points, classless.dataset()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("illegal data: images of [1, 32, 32], must be of the network's [2, 1, 1]");
  }

  @Test
  void theTimeLimitEndsARunUnfinished() {
    assertThat(train("run", false, points(1000, 0).with(List.of("train.minutes=0.0000001"))))
        .isFalse();
  }

  static RunConfig points(int steps, int checkpointEvery) {
    return RunConfig.of(
        "toy-scurve",
        List.of(
            "train.steps=" + steps,
            "train.checkpointEvery=" + checkpointEvery,
            "train.batch=7",
            "train.times=antithetic",
            "train.shards=2",
            "network.mlp.width=16",
            "network.mlp.depth=2",
            "network.mlp.embedding=8"));
  }

  /** 23 digits made of noise. */
  private RunConfig digits(int steps) {
    Path folder = home.resolve("digits");
    try {
      Files.createDirectories(folder);
      Random random = new Random(1);
      byte[] pixels = new byte[23 * 28 * 28];
      random.nextBytes(pixels);
      try (DataOutputStream out =
          new DataOutputStream(Files.newOutputStream(folder.resolve("train-images-idx3-ubyte")))) {
        for (int word : new int[] {0x803, 23, 28, 28}) {
          out.writeInt(word);
        }
        out.write(pixels);
      }
      try (DataOutputStream out =
          new DataOutputStream(Files.newOutputStream(folder.resolve("train-labels-idx1-ubyte")))) {
        for (int word : new int[] {0x801, 23}) {
          out.writeInt(word);
        }
        for (int i = 0; i < 23; i++) {
          out.write(i % 10);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return RunConfig.of(
        "mnist",
        List.of(
            "data.path=" + folder,
            "data.flip=true",
            "train.steps=" + steps,
            "train.batch=5",
            "train.shards=2",
            "train.labelDrop=0.3",
            "train.precision=fp32",
            "network.unet.channels=8",
            "network.unet.groups=4",
            "network.unet.multipliers=[1, 1]",
            "network.unet.attention=[16]",
            "network.unet.dropout=0.2"));
  }

  private boolean train(String name, boolean resume, RunConfig config) {
    return new Training(config, home.resolve(name), resume)
        .run(listener(progress -> {}, step -> {}), new Cancellation());
  }

  static Training.Listener listener(Consumer<Progress> step, Consumer<Long> saved) {
    return listener(new ArrayList<>(), step, saved);
  }

  private static Training.Listener listener(
      List<String> told, Consumer<Progress> step, Consumer<Long> saved) {
    return new Training.Listener() {
      @Override
      public void told(String sentence) {
        told.add(sentence);
      }

      @Override
      public void step(Progress progress) {
        step.accept(progress);
      }

      @Override
      public void saved(long at) {
        saved.accept(at);
      }
    };
  }

  /** Equal to the last byte: weights, checkpoint, metrics, configuration. */
  private void assertSameRun(String actual, String expected) {
    Map<String, List<Byte>> files = files(actual);
    Map<String, List<Byte>> others = files(expected);
    assertThat(files).containsKeys("weights.safetensors", "metrics.jsonl", "run.json");
    others.forEach((name, bytes) -> assertThat(files.get(name).equals(bytes)).as(name).isTrue());
  }

  private Map<String, List<Byte>> files(String run) {
    return files(home.resolve(run));
  }

  /** Every file of a run and its bytes. */
  static Map<String, List<Byte>> files(Path run) {
    Map<String, List<Byte>> all = new TreeMap<>();
    try (Stream<Path> found = Files.walk(run)) {
      for (Path file : found.filter(Files::isRegularFile).toList()) {
        List<Byte> bytes = new ArrayList<>();
        for (byte value : Files.readAllBytes(file)) {
          bytes.add(value);
        }
        all.put(run.relativize(file).toString(), bytes);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return all;
  }

  private String contents(String file) {
    return files(home.resolve(file).getParent())
        .get(home.resolve(file).getFileName().toString())
        .toString();
  }
}
