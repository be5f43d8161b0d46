package io.jiffusion.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.ChildJvm;
import io.jiffusion.base.JiffusionException;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.net.URISyntaxException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Files that torch.save 2.10.0 wrote, and files that mean harm. */
class TorchFileTest {
  private static final Charset LATIN = StandardCharsets.ISO_8859_1;
  private static final List<String> FORMATS = List.of(".pt", ".legacy.pt");

  @TempDir Path folder;

  static List<String> wellFormed() {
    List<String> names = new ArrayList<>();
    for (String name :
        List.of(
            "dtypes",
            "views",
            "state-dict",
            "parameters",
            "nested",
            "optimizer-adam",
            "optimizer-adamw-amsgrad",
            "optimizer-sgd-momentum")) {
      FORMATS.forEach(format -> names.add(name + format));
    }
    names.add("protocol4.pt");
    return names;
  }

  @ParameterizedTest
  @MethodSource("wellFormed")
  void everyTensorIsWhatTorchSaved(String name) {
    try (TorchFile file = TorchFile.open(resource("torch-files/" + name));
        SafetensorsFile expected =
            Safetensors.open(resource("torch-files/" + name + ".expected.safetensors"))) {
      assertThat(file.arrays().keySet())
          .containsExactlyInAnyOrderElementsOf(expected.arrays().keySet());
      expected
          .arrays()
          .forEach(
              (key, info) -> {
                assertThat(file.arrays().get(key).type()).as(key).isEqualTo(info.type());
                assertThat(file.arrays().get(key).shape()).as(key).isEqualTo(info.shape());
                if (info.type().floating()) {
                  assertThat(file.doubles(key)).as(key).isEqualTo(expected.doubles(key));
                  assertThat(file.floats(key)).as(key).isEqualTo(expected.floats(key));
                } else {
                  assertThat(file.longs(key)).as(key).isEqualTo(expected.longs(key));
                }
              });
    }
  }

  @ParameterizedTest
  @MethodSource("wellFormed")
  void theRestOfTheContentIsWhatTorchSaved(String name) throws IOException {
    JsonNode structure =
        JsonMapper.shared()
            .readTree(Files.readAllBytes(resource("torch-files/cases.json")))
            .get(name)
            .get("structure");
    try (TorchFile file = TorchFile.open(resource("torch-files/" + name))) {
      assertThat(plain(file.content())).isEqualTo(plain(structure));
    }
  }

  /**
   * What torch.save 2.15.0 wrote of {@code {'w': arange(6.).reshape(2, 3).t(), 'raw':
   * b'\\x00\\xff\\x80a', 'state': defaultdict(dict) with two dictionaries, 'n':
   * 12345678901234567890, 'flag': True, 'x': 1.5, 'none': None, 't': ('a', [1, -2])}}.
   */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5})
  void everyProtocolOfPicklesIsRead(int protocol) {
    for (String format : FORMATS) {
      Path path = resource("torch-files/own/protocol" + protocol + format);
      try (TorchFile file = TorchFile.open(path)) {
        assertThat(file.floats("w")).containsExactly(0, 3, 1, 4, 2, 5);
        assertThat(file.floats("state/1/step")).containsExactly(4);
        Map<?, ?> content = (Map<?, ?>) file.content();
        assertThat(content.get("raw")).isEqualTo(new byte[] {0, -1, -128, 'a'});
        assertThat(content.get("n")).isEqualTo(new BigInteger("12345678901234567890"));
        assertThat(content.get("flag")).isEqualTo(true);
        assertThat(content.get("x")).isEqualTo(1.5);
        assertThat(content.containsKey("none")).isTrue();
        assertThat(content.get("t")).isEqualTo(List.of("a", List.of(1L, -2L)));
      }
    }
  }

  /** Content as text, told apart by kind no further than JSON does. */
  private static String plain(Object value) {
    if (value instanceof Map<?, ?> map) {
      List<String> items = new ArrayList<>();
      map.forEach((key, inside) -> items.add(key + "=" + plain(inside)));
      return "{" + String.join(", ", items) + "}";
    }
    if (value instanceof List<?> list) {
      return list.stream().map(TorchFileTest::plain).toList().toString();
    }
    return value instanceof TorchView ? "tensor" : String.valueOf(value);
  }

  private static String plain(JsonNode value) {
    if (value.isObject()) {
      List<String> items = new ArrayList<>();
      value.properties().forEach(e -> items.add(e.getKey() + "=" + plain(e.getValue())));
      return "{" + String.join(", ", items) + "}";
    }
    if (value.isArray()) {
      List<String> items = new ArrayList<>();
      value.forEach(item -> items.add(plain(item)));
      return items.toString();
    }
    return value.isDouble() ? String.valueOf(value.asDouble()) : value.asString("null");
  }

  @Test
  void onlyTheTensorsAskedForAreRead() throws IOException {
    Path whole = resource("torch-files/dtypes.pt");
    byte[] bytes = Files.readAllBytes(whole);
    try (TorchFile file = TorchFile.open(whole)) {
      float[] before = file.floats("float32");
      Path cut = folder.resolve("changed.pt");
      Files.write(cut, bytes);
      try (TorchFile open = TorchFile.open(cut)) {
        Files.write(cut, new byte[0]); // from now on nothing can be read
        assertThat(open.arrays()).hasSize(10);
        assertThatThrownBy(() -> open.floats("float32")).isInstanceOf(JiffusionException.class);
      }
      assertThat(file.floats("float32", 1, 1)).containsExactly(before[1]);
      assertThatThrownBy(() -> file.floats("int64"))
          .hasMessageEndingWith("its tensor int64 has type I64, must be F16, BF16, F32 or F64");
      assertThatThrownBy(() -> file.floats("none")).hasMessageEndingWith("it has no tensor none");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
      global-os-system.pt       | the pickle wants to call posix.system, which is not allowed: only tensors, containers and numbers are read, no code is run; if you trust the file, save its weights as safetensors in Python
      global-stack.pt           | the pickle wants to call posix.system, which is not allowed: only tensors, containers and numbers are read, no code is run; if you trust the file, save its weights as safetensors in Python
      global-namespace.pt       | the pickle wants to call argparse.Namespace, which is not allowed: only tensors, containers and numbers are read, no code is run; if you trust the file, save its weights as safetensors in Python
      torchscript.pt            | it is a TorchScript archive, which is a program; save the model's state_dict instead: in Python, where it is trusted, safetensors.torch.save_file(torch.jit.load(FILE).state_dict(), "weights.safetensors")
      tar.pt                    | it is a tar archive, the format before PyTorch 0.2 (save it again with a newer one), no file that torch.save wrote
      truncated-0.pt            | it is empty, no file that torch.save wrote
      truncated-613.pt          | its zip archive is cut short; copy or download it again
      duplicate-entry.pt        | its zip archive has two entries archive/data.pkl
      bomb.pt                   | its entry archive/data/0 is compressed; torch.save stores entries as they are
      storage-missing.pt        | its zip archive has no entry archive/data/0
      storage-too-long.pt       | its storage 0 has 16 bytes, must have 4000
      offset-outside.pt         | it holds a tensor [2, 2] with offset 3 and strides [2, 1], which leads outside of its storage of 4 elements
      zero-stride-huge.pt       | it holds a tensor [1099511627776, 1048576] made of 4 stored elements
      legacy-storage-longer.pt  | its storage 93861806403680 has 4398046511104 bytes, must have 16
      unknown-opcode.pt         | it holds operation 0xff, which is not allowed or unknown
      huge-string-length.pt     | it holds a text or number of 2147483647 bytes, more than follow; copy or download it again
      setitems-on-list.pt       | it holds a pickle that sets items of what is no dictionary
      """)
  void messagesSayWhatIsWrong(String name, String message) {
    Path file = resource("bad-files/pt/" + name);
    assertThatThrownBy(() -> TorchFile.open(file))
        .isInstanceOf(JiffusionException.class)
        .hasMessage(file + " is not read: " + message.strip());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "version https://git-lfs.github.com/spec/v1\noid sha256:0\n|it is a pointer of Git LFS",
        "<!DOCTYPE html><html></html>|it is a web page",
        "01234567{\"a\":{}}|it looks like a safetensors file",
        "PK\u0003\u0004|its zip archive is cut short"
      })
  void whatIsNoTorchFileIsCalledByItsName(String contentAndMessage) throws IOException {
    String[] both = contentAndMessage.split("\\|");
    Path file = folder.resolve("model.pt");
    Files.writeString(file, both[0], StandardCharsets.ISO_8859_1);
    assertThatThrownBy(() -> TorchFile.open(file))
        .isInstanceOf(JiffusionException.class)
        .hasMessageStartingWith(file + " is not read: " + both[1]);
  }

  @Test
  void oddButValidFilesHaveTheirValues() {
    for (String name : List.of("ok-handwritten", "ok-no-byteorder", "ok-legacy")) {
      assertThat(w(name + ".pt")).as(name).containsExactly(0, 1, 2, 3);
    }
    assertThat(w("ok-big-endian-marked.pt")).containsExactly(0, 1, 2, 3);
    assertThat(w("ok-transposed-view.pt")).containsExactly(0, 2, 1, 3);
    assertThat(w("ok-zero-stride.pt")).containsExactly(0, 1, 0, 1, 0, 1);
    try (TorchFile file = TorchFile.open(resource("bad-files/pt/lightning-callbacks.ckpt"))) {
      assertThat(file.floats("state_dict/w")).containsExactly(0, 1, 2, 3);
    }
  }

  private static float[] w(String name) {
    try (TorchFile file = TorchFile.open(resource("bad-files/pt/" + name))) {
      return file.floats(file.arrays().keySet().iterator().next());
    }
  }

  @Test
  void hostileFilesGetTheirVerdictInLittleMemory() throws Exception {
    List<String> said = inChild("verdicts");
    JsonNode verdicts =
        JsonMapper.shared().readTree(Files.readAllBytes(resource("bad-files/pt/verdicts.json")));
    assertThat(said).hasSize(verdicts.size());
    for (String line : said) {
      String[] words = line.split(" ");
      String verdict = verdicts.get(words[0]).asString();
      assertThat(words[1]).as(line).isIn((Object[]) verdict.split("-or-"));
    }
  }

  @Test
  void smallFilesThatWouldGrowWithoutEndAreRefusedInLittleMemory() throws Exception {
    assertThat(inChild("said", greedy()))
        .containsExactly(
            "its content, written out, is more than the memory that Java may use, or endless",
            "its content, written out, is more than the memory that Java may use, or endless",
            "its content, written out, is more than the memory that Java may use, or endless",
            "its list of storages has one that belongs to no tensor",
            "it holds a pickle that builds more than fits into a quarter of the memory that Java may use",
            "it holds a pickle that builds more than fits into a quarter of the memory that Java may use",
            "it holds a text or number of 30000000 bytes, more than any checkpoint",
            "its content is nested more than 100 deep, or has no end",
            "the entries of its zip archive overlap");
  }

  private String[] greedy() throws IOException {
    String list = "]q\0" + doubled("](h%1$ch%1$ceq%2$c");
    String map = "}q\0" + doubled("}(X\1\0\0\0ah%1$cX\1\0\0\0bh%1$cuq%2$c");
    String key = "X" + little(9000) + "k".repeat(9000);
    String names =
        "}q\0" + doubled("}(" + key + "h%1$c" + key.replace('k', 'l') + "h%1$cuq%2$c") + "h\64";
    String pairs = "](" + "K\1K\2\206".repeat(1000) + "eq\0";
    List<String> contents =
        List.of(
            list,
            map,
            names,
            "]|" + list,
            "}".repeat(4_000_000),
            pairs + "ccollections\nOrderedDict\nq\1" + "h\1h\0\205R".repeat(100_000),
            "X" + little(30_000_000) + "x".repeat(30_000_000),
            "]" + "]".repeat(200) + "a".repeat(200));
    String[] files = new String[contents.size() + 1];
    for (int i = 0; i < files.length; i++) {
      Path file = folder.resolve(i + ".pt");
      if (i < contents.size()) {
        String[] both = contents.get(i).split("\\|");
        Files.writeString(file, legacy(both[0], both.length > 1 ? both[1] : "]"), LATIN);
      } else {
        Files.write(file, overlapping());
      }
      files[i] = file.toString();
    }
    return files;
  }

  /** Ninety containers, each of which has the one before it twice. */
  private static String doubled(String one) {
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < 90; i++) {
      all.append(one.formatted(i, i + 1));
    }
    return all.toString();
  }

  private static String legacy(String content, String keys) {
    String magic = "\200\2\212\12l\374\234F\371 j\250P\31.";
    return magic + "\200\2M\351\3.\200\2}.\200\2" + content + ".\200\2" + keys + ".";
  }

  private static String little(int number) {
    byte[] bytes = {
      (byte) number, (byte) (number >> 8), (byte) (number >> 16), (byte) (number >> 24)
    };
    return new String(bytes, LATIN);
  }

  /** A file whose second storage is told to be where its first one is. */
  private static byte[] overlapping() throws IOException {
    String text = new String(Files.readAllBytes(resource("torch-files/dtypes.pt")), LATIN);
    int table = text.indexOf("PK\1\2");
    int first = text.lastIndexOf("PK\1\2", text.indexOf("/data/0", table));
    int second = text.lastIndexOf("PK\1\2", text.indexOf("/data/1", table));
    String place = text.substring(first + 42, first + 46);
    return (text.substring(0, second + 42) + place + text.substring(second + 46)).getBytes(LATIN);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
      4           | 0 | nothing, it has 0 tensors
      2           | 0 | nothing, it has 0 tensors
      5           | 0 | it holds a frame that is longer than its pickle
      1000        | 0 | it holds a frame of 1000 bytes, more than follow
      -1          | 0 | it holds a frame of 18446744073709551615 bytes, more than follow
      12          | 3 | it holds a frame that begins within another
      """)
  void aFrameEndsWithinItsPickle(long length, int inner, String message) throws IOException {
    String nested = inner > 0 ? frame(inner) : "";
    Path file = folder.resolve("framed.pt");
    Files.writeString(file, legacy(frame(length) + nested + "]q\0", "]"), LATIN);
    assertThat(said(file)).isEqualTo(message);
  }

  private static String frame(long length) {
    return "\225" + little((int) length) + little((int) (length >> 32));
  }

  /** Both of a zip archive's numbers that say where its table is, each wrong by a little. */
  @ParameterizedTest
  @CsvSource({"16, 1", "16, -1", "12, 1", "12, -1", "12, -46", "10, -1"})
  void aTableThatIsNotWhereTheArchiveSaysIsRefused(int at, int wrong) throws IOException {
    byte[] bytes = Files.readAllBytes(resource("bad-files/pt/ok-handwritten.pt"));
    int end = new String(bytes, LATIN).lastIndexOf("PK\5\6");
    bytes[end + at] += (byte) wrong;
    Path file = folder.resolve("moved.pt");
    Files.write(file, bytes);
    assertThat(said(file))
        .isEqualTo("the table of its zip archive is damaged; copy or download it again");
  }

  private static String said(Path file) {
    try (TorchFile open = TorchFile.open(file)) {
      return "nothing, it has " + open.arrays().size() + " tensors";
    } catch (JiffusionException e) {
      return e.getMessage().replace(file + " is not read: ", "");
    }
  }

  /** Ten thousand times the system property {@code jiffusion.test.size} mutants at least. */
  @Test
  void mutantsAreReadOrRefusedCleanly() throws Exception {
    List<String> said = inChild("mutants");
    assertThat(said).hasSize(1);
    assertThat(said.get(0)).startsWith("clean ");
    assertThat(Integer.parseInt(said.get(0).split(" ")[1])).isGreaterThanOrEqualTo(10_000);
  }

  private static List<String> inChild(String what, String... files) throws Exception {
    List<String> arguments = new ArrayList<>(List.of(what));
    arguments.addAll(List.of(files));
    Process child =
        ChildJvm.start(TorchFileTest.class, List.of("-Xmx32m"), arguments.toArray(String[]::new));
    List<String> lines = child.inputReader().lines().toList();
    assertThat(child.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(child.exitValue()).as(String.join("\n", lines)).isZero();
    return lines;
  }

  /** The child's part: prints a line for each file, or the number of mutants. */
  public static void main(String[] args) throws Exception {
    if (args[0].equals("verdicts")) {
      try (InputStream in = Files.newInputStream(resource("bad-files/pt/verdicts.json"))) {
        for (String name : JsonMapper.shared().readTree(in).propertyNames()) {
          System.out.println(
              name + " " + (reads(resource("bad-files/pt/" + name)) ? "accept" : "reject"));
        }
      }
      return;
    }
    if (args[0].equals("said")) {
      for (int i = 1; i < args.length; i++) {
        System.out.println(said(Path.of(args[i])));
      }
      return;
    }
    Path shared = Path.of("/dev/shm");
    Path mutant =
        Files.createTempFile(Files.isWritable(shared) ? shared : Path.of("target"), "m", ".pt");
    Random random = new Random(5);
    int count = 0;
    for (String name : wellFormed()) {
      byte[] whole = Files.readAllBytes(resource("torch-files/" + name));
      for (int i = 0; i < 600; i++) {
        Files.write(mutant, mutated(whole, random));
        reads(mutant);
        count++;
      }
    }
    Files.delete(mutant);
    System.out.println("clean " + count);
  }

  private static byte[] mutated(byte[] whole, Random random) {
    byte[] bytes = whole.clone();
    switch (random.nextInt(4)) {
      case 0 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
      case 1 -> { // two stretches change places
        int size = 1 + random.nextInt(8);
        int a = random.nextInt(bytes.length - size);
        int b = random.nextInt(bytes.length - size);
        System.arraycopy(whole, a, bytes, b, size);
        System.arraycopy(whole, b, bytes, a, size);
      }
      case 2 -> { // an extreme number
        int at = random.nextInt(bytes.length - 8);
        Arrays.fill(
            bytes, at, at + 1 + random.nextInt(8), (byte) (random.nextBoolean() ? 0xFF : 0x7F));
      }
      default -> {
        for (int changes = random.nextInt(4); changes >= 0; changes--) {
          // most of a small file is its pickle and its tables: any byte is worth it
          bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
        }
      }
    }
    return bytes;
  }

  /** Whether a file is read whole; anything but that and a clean refusal ends the process. */
  private static boolean reads(Path path) {
    try (TorchFile file = TorchFile.open(path)) {
      file.arrays()
          .forEach(
              (name, info) -> {
                if (info.type().floating()) {
                  file.floats(name);
                } else {
                  file.longs(name);
                }
              });
      return true;
    } catch (JiffusionException e) {
      if (!e.getMessage().contains(path.toString())) {
        throw new AssertionError("a message that does not name the file", e);
      }
      return false;
    }
  }

  private static Path resource(String name) {
    try {
      return Path.of(TorchFileTest.class.getResource("/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
