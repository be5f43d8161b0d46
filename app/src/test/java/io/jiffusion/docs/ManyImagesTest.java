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
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
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
    assertThat(Npz.read(folder.resolve("whole/images.npz")).get("arr_0").shape())
        .containsExactly(COUNT, 32, 32, 1);
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
    assertThat(again.err()).contains("images of this request; go on with --resume, or remove it");

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
