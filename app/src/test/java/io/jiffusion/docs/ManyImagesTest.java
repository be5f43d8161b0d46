package io.jiffusion.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.data.ImageFile;
import io.jiffusion.data.Npy;
import io.jiffusion.data.Npz;
import io.jiffusion.docs.Program.Ended;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** Many images into one file: stopped and gone on with, and shared among machines. */
@Timeout(300)
class ManyImagesTest {
  private static final int COUNT = 150;
  @TempDir static Path folder;
  private static byte[] whole;

  @BeforeAll
  static void makeThemAtOnce() throws Exception {
    Program.trainSmall(folder, "small");
    Ended ended = sample("whole");
    assertThat(ended.code()).as(ended.err()).isZero();
    assertThat(ended.out()).startsWith(COUNT + " images of 5 evaluations in ");
    whole = Files.readAllBytes(folder.resolve("whole/images.npz"));
    Map<String, Npy> arrays = Npz.read(folder.resolve("whole/images.npz"));
    assertThat(arrays.get("arr_0").shape()).containsExactly(COUNT, 32, 32, 1);
    assertThat(arrays.get("arr_1").longs()).hasSize(COUNT).startsWith(1, 2, 3, 1).endsWith(3);
  }

  private static List<String> words(String out, String... more) {
    List<String> words = Documents.words("sample --model small --steps 5 --seed 3 --class 1,2,3");
    words = new ArrayList<>(words);
    words.addAll(List.of("--count", String.valueOf(COUNT), "--out", out));
    words.addAll(List.of(more));
    if (!words.contains("--format")) {
      words.addAll(List.of("--format", "npz"));
    }
    return words;
  }

  private static Ended sample(String out, String... more) throws Exception {
    return Program.run(folder, words(out, more));
  }

  /** Stops a call when some images are there, and not all. */
  private static Program begun(String out) throws Exception {
    Program program = Program.start(folder, List.of(), words(out, "--batch", "8"));
    program.awaitFile(folder.resolve(out + "/images.npz.part"), 16 * 1024);
    return program;
  }

  @Test
  void whatWasKilledIsGoneOnWithToTheSameFile() throws Exception {
    Program program = begun("killed");
    program.kill();
    assertThat(folder.resolve("killed/images.npz")).doesNotExist();
    Files.write( // an image that was cut short
        folder.resolve("killed/images.npz.part"),
        new byte[100],
        java.nio.file.StandardOpenOption.APPEND);

    Ended again = sample("killed");
    assertThat(again.code()).isEqualTo(1);
    assertThat(again.err())
        .contains("images of this request; go on with --resume, or begin again with --overwrite");

    Ended other = sample("killed", "--resume", "--guidance", "2");
    assertThat(other.code()).isEqualTo(1);
    assertThat(other.err()).contains("is of another request").contains("cannot be gone on with");

    Ended resumed = sample("killed", "--resume");
    assertThat(resumed.code()).as(resumed.err()).isZero();
    assertThat(resumed.err()).containsPattern("going on after \\d+ of " + COUNT + " images");
    assertThat(Files.readAllBytes(folder.resolve("killed/images.npz"))).isEqualTo(whole);
    assertThat(folder.resolve("killed/images.npz.part")).doesNotExist();

    Ended complete = sample("killed", "--resume");
    assertThat(complete.code()).isZero();
    assertThat(complete.err()).contains("is complete: " + COUNT + " images");
  }

  @Test
  void ctrlCKeepsWhatIsDoneAndSaysHowToGoOn() throws Exception {
    Program program = begun("stopped");
    program.interrupt();
    Ended ended = program.await();
    assertThat(ended.code()).isEqualTo(130);
    assertThat(ended.err()).contains("go on with --resume");
    assertThat(sample("stopped", "--resume").code()).isZero();
    assertThat(Files.readAllBytes(folder.resolve("stopped/images.npz"))).isEqualTo(whole);
  }

  @Test
  void ctrlCKeepsThePicturesThatAreMade() throws Exception {
    List<String> words = words("pictures", "--format", "png", "--pictures", "single");
    words.addAll(List.of("--batch", "8"));
    words.set(words.indexOf("5"), "20"); // steps
    Program program = Program.start(folder, List.of(), words);
    program.awaitFile(folder.resolve("pictures/image-0007.png"), 100);
    program.interrupt();
    Ended ended = program.await();
    assertThat(ended.code()).isEqualTo(130);
    assertThat(ended.err()).containsPattern("\\d+ of " + COUNT + " images are kept in pictures");
    Path alone = folder.resolve("alone");
    words.set(words.indexOf("pictures"), alone.toString());
    words.set(words.indexOf(String.valueOf(COUNT)), "8");
    assertThat(Program.run(folder, words).code()).isZero();
    for (int i = 0; i < 8; i++) {
      String name = "image-000" + i + ".png";
      assertThat(ImageFile.read(folder.resolve("pictures").resolve(name)).bytes())
          .isEqualTo(ImageFile.read(alone.resolve(name)).bytes());
    }
  }

  @Test
  void aFinishedFileOfAnotherRequestIsOnlyReplacedByOverwrite() throws Exception {
    Ended made = sample("finished", "--batch", "16");
    assertThat(made.code()).as(made.err()).isZero();
    Path file = folder.resolve("finished/images.npz");
    assertThat(sample("finished").code()).isZero(); // the same request makes the same bytes
    assertThat(Files.readAllBytes(file)).isEqualTo(whole);
    Ended other = sample("finished", "--sampler", "ddpm");
    assertThat(other.code()).isEqualTo(1);
    assertThat(other.err())
        .contains("finished/images.npz is of an earlier call")
        .contains("--overwrite");
    assertThat(Files.readAllBytes(file)).isEqualTo(whole);
    assertThat(sample("finished", "--sampler", "ddpm", "--overwrite").code()).isZero();
    assertThat(Files.readAllBytes(file)).isNotEqualTo(whole);
    Ended both = sample("finished", "--resume", "--overwrite");
    assertThat(both.code()).isEqualTo(2);
    assertThat(both.err()).contains("illegal --overwrite with --resume");
  }

  @Test
  void picturesOfTwoRequestsNeverMix() throws Exception {
    List<String> words =
        List.of(
            "--count", "3", "--steps", "2", "--model", "small", "--class", "1", "--out", "mixed");
    assertThat(pictures(words, "--seed", "1").code()).isZero();
    assertThat(pictures(words, "--seed", "1").code()).isZero();
    byte[] before = Files.readAllBytes(folder.resolve("mixed/image-0002.png"));
    for (String[] other :
        new String[][] {
          {"--seed", "2"},
          {"--seed", "1", "--count", "2"},
          {"--seed", "1", "--format", "npy", "--float"}
        }) {
      Ended refused = pictures(words, other);
      assertThat(refused.code()).as(refused.err()).isEqualTo(1);
      assertThat(refused.err())
          .contains("is of an earlier call and perhaps of another request; choose another folder");
    }
    assertThat(Files.readAllBytes(folder.resolve("mixed/image-0002.png"))).isEqualTo(before);
    for (String[] wrong :
        new String[][] {
          {"--count", "1000000000"}, {"--threshold", "dynamc"}, {"--class", "77"}, {"--guide", "x"}
        }) {
      List<String> overwriting = new ArrayList<>(List.of("--overwrite"));
      overwriting.addAll(List.of(wrong));
      Ended refused = pictures(words, overwriting.toArray(String[]::new));
      assertThat(refused.code()).as(refused.err()).isEqualTo(2);
    }
    assertThat(Files.readAllBytes(folder.resolve("mixed/image-0002.png")))
        .as("nothing is lost by a request that is refused")
        .isEqualTo(before);
    assertThat(pictures(List.of("--model", "small", "--out", "none"), "--class", "77").code())
        .isEqualTo(2);
    assertThat(folder.resolve("none")).doesNotExist();
    Files.writeString(folder.resolve("mixed/notes.txt"), "mine");
    List<String> two = new ArrayList<>(words);
    two.set(1, "2");
    assertThat(pictures(two, "--seed", "2", "--overwrite").code()).isZero();
    try (var files = Files.list(folder.resolve("mixed"))) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .containsExactlyInAnyOrder("image-0000.png", "image-0001.png", "grid.png", "notes.txt");
    }
  }

  @Test
  void withoutAFolderTheResultsOfAnotherRequestAreLeftAlone() throws Exception {
    Path home = Files.createDirectory(folder.resolve("home"));
    List<String> words =
        List.of("sample", "--model", "../small", "--class", "1", "--count", "1", "--steps", "2");
    for (String[] run : new String[][] {{"1", "samples"}, {"2", "samples-2"}, {"1", "samples"}}) {
      List<String> all = new ArrayList<>(words);
      all.addAll(List.of("--seed", run[0]));
      Ended ended = Program.run(home, all);
      assertThat(ended.code()).as(ended.err()).isZero();
      assertThat(ended.out()).contains("  " + run[1] + "/image-0000.png");
    }
  }

  private static Ended pictures(List<String> words, String... more) throws Exception {
    List<String> all = new ArrayList<>(List.of("sample"));
    for (int i = 0; i < words.size(); i += 2) {
      if (!List.of(more).contains(words.get(i))) {
        all.addAll(words.subList(i, i + 2));
      }
    }
    all.addAll(List.of(more));
    return Program.run(folder, all);
  }

  @Test
  void shardsTogetherAreTheWhole() throws Exception {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int shard = 1; shard <= 3; shard++) {
      Ended ended = sample("shards", "--shard", shard + "/3", "--format", "npy");
      assertThat(ended.code()).as(ended.err()).isZero();
      Npy part = Npy.read(folder.resolve("shards/images-" + shard + "-of-3.npy"));
      ByteBuffer bytes = part.data();
      all.write(bytes.array(), bytes.arrayOffset(), bytes.remaining());
    }
    ByteBuffer expected = Npz.read(folder.resolve("whole/images.npz")).get("arr_0").data();
    assertThat(ByteBuffer.wrap(all.toByteArray())).isEqualTo(expected);
  }

  @Test
  @DisabledOnOs({OS.WINDOWS, OS.MAC})
  void aFolderThatCannotBeWrittenToIsFoundBeforeTheWork() throws Exception {
    Ended ended = sample("/proc", "--format", "png");
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.err())
        .contains("cannot write to the folder /proc: ")
        .contains("choose another with --out")
        .doesNotContain("evaluations");
  }

  @Test
  void aShardThatIsNoneIsRefused() throws Exception {
    for (String shard : List.of("0/3", "4/3", "1", "a/b", "1/2/3")) {
      Ended ended = sample("none", "--shard", shard);
      assertThat(ended.code()).isEqualTo(2);
      assertThat(ended.err())
          .contains("illegal --shard " + shard + ", must be i/n with i from 1 to n");
    }
  }

  @Test
  void picturesAreNotGoneOnWith() throws Exception {
    Ended ended = sample("none", "--resume", "--format", "png");
    assertThat(ended.code()).isEqualTo(2);
    assertThat(ended.err()).contains("illegal --resume, must go with --format npz or npy");
  }
}
