package io.jiffusion.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.ChildJvm;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.data.Idx;
import io.jiffusion.data.ImageFile;
import io.jiffusion.data.Npy;
import io.jiffusion.data.Npz;
import io.jiffusion.data.Png;
import io.jiffusion.weights.ArrayFile;
import io.jiffusion.weights.Safetensors;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/**
 * Damaged and hostile files of every kind that is read, in a process with little memory: whatever
 * allocates by a declared size, recurses or hangs ends it.
 */
class HostileFilesTest {
  private static final String INDEX = "diffusion_pytorch_model.safetensors.index.json";

  /** Folder of the test resources, and what reads its files. */
  private static final Map<String, Consumer<Path>> KINDS = new LinkedHashMap<>();

  static {
    KINDS.put("weights/bad", HostileFilesTest::arrays);
    KINDS.put("bad-files/index", folder -> arrays(folder.resolve(INDEX)));
    KINDS.put("data/npz", HostileFilesTest::npyOrNpz);
    KINDS.put("data/idx", Idx::read);
    KINDS.put("data/images", ImageFile::read);
  }

  @ParameterizedTest
  @ValueSource(strings = {"weights/bad", "bad-files/index", "data/npz", "data/idx", "data/images"})
  void everyFileGetsItsVerdictInLittleMemory(String kind) throws Exception {
    List<String> said = inChild("verdicts", kind);
    Map<String, String> verdicts = verdicts(kind);
    assertThat(said).hasSameSizeAs(verdicts.keySet());
    for (String line : said) {
      String[] words = line.split(" ");
      assertThat(words[1]).as(line).isIn((Object[]) verdicts.get(words[0]).split("-or-"));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
      missing-shard       | the shard diffusion_pytorch_model-00002-of-00002.safetensors is missing; download it too
      traversal           | the shard `../ok/diffusion_pytorch_model-00002-of-00002.safetensors` is not the plain name of a file in its folder
      tensor-not-in-shard | the shard diffusion_pytorch_model-00001-of-00002.safetensors does not hold `b`, which the index places there
      number-as-shard     | the shard of `a` is not a text
      not-json            | it is not valid JSON
      no-weight-map       | it has no weight_map
      weight-map-list     | its weight_map is not an object
      """)
  void whatIsWrongWithAnIndexIsSaid(String name, String message) {
    Path index = resource("bad-files/index/" + name).resolve(INDEX);
    assertThatThrownBy(() -> CheckpointFile.open(index))
        .isInstanceOf(JiffusionException.class)
        .hasMessage(index + " is no valid index of shards: " + message.strip());
  }

  @ParameterizedTest
  @ValueSource(strings = {"m.safetensors.index.json", "other.json"})
  void anIndexOfIndicesIsRefused(String shard, @TempDir Path folder) throws IOException {
    Path index = folder.resolve("m.safetensors.index.json");
    String text = "{\"weight_map\": {\"a\": \"" + shard + "\"}}";
    Files.writeString(index, text);
    Files.writeString(folder.resolve(shard), text);
    assertThatThrownBy(() -> Checkpoints.open(index))
        .isInstanceOf(JiffusionException.class)
        .hasMessage(
            index
                + " is no valid index of shards: the shard "
                + shard
                + " is an index, must be a file of tensors");
  }

  /** With those of the torch files, more than twenty thousand. */
  @Test
  void mutantsAreReadOrRefusedCleanly() throws Exception {
    List<String> said = inChild("mutants", "");
    assertThat(said).hasSize(1);
    assertThat(said.get(0)).startsWith("clean ");
    assertThat(Integer.parseInt(said.get(0).split(" ")[1])).isGreaterThanOrEqualTo(12_000);
  }

  private static List<String> inChild(String what, String kind) throws Exception {
    Process child =
        ChildJvm.start(
            HostileFilesTest.class,
            List.of("-Xmx96m", "-XX:MaxDirectMemorySize=16m", "-Djava.awt.headless=true"),
            what,
            kind);
    List<String> lines = child.inputReader().lines().toList();
    assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(child.exitValue()).as(String.join("\n", lines)).isZero();
    return lines;
  }

  /** The child's part. */
  public static void main(String[] args) throws Exception {
    if (args[0].equals("verdicts")) {
      for (String name : verdicts(args[1]).keySet()) {
        Path file = resource(args[1]).resolve(name);
        System.out.println(name + " " + (reads(KINDS.get(args[1]), file) ? "accept" : "reject"));
      }
      return;
    }
    Path memory = Path.of("/dev/shm"); // a disk would be most of the time
    Path folder =
        Files.createTempDirectory(Files.isWritable(memory) ? memory : Path.of("target"), "mutants");
    Map<String, Consumer<Path>> good = new LinkedHashMap<>();
    good.put("weights/bad/ok-minimal.safetensors", HostileFilesTest::arrays);
    good.put("weights/bad/ok-unicode-escape.safetensors", HostileFilesTest::arrays);
    good.put("torch-files/nested.pt.expected.safetensors", HostileFilesTest::arrays);
    good.put("bad-files/index/ok/" + INDEX, HostileFilesTest::arrays);
    good.put("data/npz/ok.npz", HostileFilesTest::npyOrNpz);
    good.put("data/npz/ok-big-endian.npy", HostileFilesTest::npyOrNpz);
    good.put("data/images/ok-2x2.png", ImageFile::read);
    good.put("data/images/ok-16bit.png", Png::texts);
    Path shards = resource("bad-files/index/ok");
    for (int i = 1; i <= 2; i++) {
      String shard = "diffusion_pytorch_model-0000" + i + "-of-00002.safetensors";
      Files.copy(shards.resolve(shard), folder.resolve(shard));
    }
    Random random = new Random(6);
    int count = 0;
    for (Map.Entry<String, Consumer<Path>> each : good.entrySet()) {
      byte[] whole = Files.readAllBytes(resource(each.getKey()));
      Path mutant = folder.resolve(Path.of(each.getKey()).getFileName());
      for (int i = 0; i < 1600; i++, count++) {
        Files.write(mutant, mutated(whole, random));
        reads(each.getValue(), mutant);
      }
      Files.delete(mutant);
    }
    System.out.println("clean " + count);
  }

  private static byte[] mutated(byte[] whole, Random random) {
    byte[] bytes = whole.clone();
    switch (random.nextInt(5)) {
      case 0 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
      case 1 -> { // two stretches change places
        int size = 1 + random.nextInt(8);
        int a = random.nextInt(bytes.length - size);
        int b = random.nextInt(bytes.length - size);
        System.arraycopy(whole, a, bytes, b, size);
        System.arraycopy(whole, b, bytes, a, size);
      }
      case 2 -> { // an extreme number, binary
        int at = random.nextInt(bytes.length - 8);
        byte value = (byte) (random.nextBoolean() ? 0xFF : 0x7F);
        Arrays.fill(bytes, at, at + 1 + random.nextInt(8), value);
      }
      case 3 -> { // an extreme number, or a sign of the grammar, in letters
        String[] words = {"9223372036854775807", "-1", "1e99", "[", "{\"", "null", ":"};
        byte[] word = words[random.nextInt(words.length)].getBytes(StandardCharsets.US_ASCII);
        int at = random.nextInt(Math.max(1, bytes.length - word.length));
        System.arraycopy(word, 0, bytes, at, Math.min(word.length, bytes.length - at));
      }
      default -> {
        for (int changes = random.nextInt(4); changes >= 0; changes--) {
          bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
      }
    }
    return bytes;
  }

  // ---- readers, which read all that there is ----

  private static void arrays(Path path) {
    try (ArrayFile file =
        path.toString().endsWith(".json") ? CheckpointFile.open(path) : Safetensors.open(path)) {
      file.arrays()
          .forEach(
              (name, info) -> {
                if (info.type().floating()) {
                  file.floats(name);
                } else {
                  file.longs(name);
                }
              });
    }
  }

  private static void npyOrNpz(Path path) {
    if (path.toString().endsWith(".npz")) {
      Npz.read(path);
    } else {
      Npy.read(path);
    }
  }

  /** Whether a file is read; anything but that and a clean refusal ends the process. */
  private static boolean reads(Consumer<Path> reader, Path path) {
    try {
      reader.accept(path);
      return true;
    } catch (JiffusionException e) {
      if (!e.getMessage().contains(path.getFileName().toString())) {
        throw new AssertionError("a message that does not name the file", e);
      }
      return false;
    }
  }

  private static Map<String, String> verdicts(String kind) throws IOException {
    Map<String, String> verdicts = new LinkedHashMap<>();
    JsonMapper.shared()
        .readTree(Files.readAllBytes(resource(kind).resolve("verdicts.json")))
        .properties()
        .forEach(each -> verdicts.put(each.getKey(), each.getValue().asString()));
    verdicts.remove("labels-as-images"); // a sound file, but labels in the place of images
    return verdicts;
  }

  private static Path resource(String name) {
    try {
      return Path.of(HostileFilesTest.class.getResource("/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
