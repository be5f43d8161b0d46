package io.jiffusion.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.base.JiffusionException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;

class SafetensorsTest {
  @TempDir Path folder;

  @Test
  void whatIsWrittenIsReadBack() {
    Path file = folder.resolve("all.safetensors");
    Map<String, Array> arrays = new LinkedHashMap<>();
    arrays.put("bytes", Array.of(new byte[] {0, 127, -1}, 3));
    arrays.put("half", Array.of(DType.F16, new float[] {1, -2.5f, 65504}, 3));
    arrays.put("brain", Array.of(DType.BF16, new float[] {1, -2.5f}, 2, 1));
    arrays.put("double", Array.of(new double[] {Math.PI, Double.NaN}, 2));
    arrays.put("single", Array.of(new float[] {1, 2, 3, 4, 5, Float.POSITIVE_INFINITY}, 2, 3));
    arrays.put("long", Array.of(new long[] {Long.MIN_VALUE}));
    arrays.put("int", Array.of(new int[] {-7}, 1));
    arrays.put("bool", Array.of(DType.BOOL, ByteBuffer.wrap(new byte[] {1, 0}), 2));
    arrays.put("none", Array.of(new float[0], 4, 0, 2));
    arrays.put("naïve \"name\"\n", Array.of(new float[] {9}, 1));

    Safetensors.write(file, arrays, Map.of("who", "Łukasz", "format", "pt"));

    try (SafetensorsFile read = Safetensors.open(file)) {
      assertThat(read.metadata())
          .containsOnly(Map.entry("who", "Łukasz"), Map.entry("format", "pt"));
      assertThat(read.entries().keySet()).containsExactlyInAnyOrderElementsOf(arrays.keySet());
      assertThat(read.bytes("bytes")).containsExactly(0, 127, -1);
      assertThat(read.longs("bytes")).containsExactly(0, 127, 255);
      assertThat(read.floats("half")).containsExactly(1, -2.5f, 65504);
      assertThat(read.doubles("brain")).containsExactly(1, -2.5);
      assertThat(read.entry("brain").shape()).containsExactly(2, 1);
      assertThat(read.doubles("double")).containsExactly(Math.PI, Double.NaN);
      assertThat(read.floats("single")).containsExactly(1, 2, 3, 4, 5, Float.POSITIVE_INFINITY);
      assertThat(read.floats("single", 2, 3)).containsExactly(3, 4, 5);
      assertThat(read.longs("long")).containsExactly(Long.MIN_VALUE);
      assertThat(read.entry("long").shape()).isEmpty();
      assertThat(read.longs("int")).containsExactly(-7);
      assertThat(read.longs("bool")).containsExactly(1, 0);
      assertThat(read.floats("none")).isEmpty();
      assertThat(read.floats("naïve \"name\"\n")).containsExactly(9);
      assertThat(read.entries().values())
          .allMatch(entry -> entry.begin() % entry.type().bytes() == 0, "is aligned");
    }
  }

  @Test
  void arraysLongerThanABufferAreReadBack() {
    float[] values = new float[300_001];
    for (int i = 0; i < values.length; i++) {
      values[i] = i;
    }
    Path file = folder.resolve("long.safetensors");
    Safetensors.write(file, Map.of("x", Array.of(values, values.length)), Map.of());
    try (SafetensorsFile read = Safetensors.open(file)) {
      assertThat(read.floats("x")).isEqualTo(values);
      assertThat(read.doubles("x")[300_000]).isEqualTo(300_000);
    }
  }

  @Test
  void theSameContentGivesTheSameBytes() throws IOException {
    Map<String, Array> arrays = new LinkedHashMap<>();
    arrays.put("b", Array.of(new byte[] {1}, 1));
    arrays.put("a", Array.of(new float[] {1}, 1));
    Safetensors.write(folder.resolve("1"), arrays, Map.of("k", "v"));
    Safetensors.write(folder.resolve("2"), arrays, Map.of("k", "v"));
    assertThat(folder.resolve("1")).hasSameBinaryContentAs(folder.resolve("2"));
    assertThat(new String(Files.readAllBytes(folder.resolve("1")), 8, 118, StandardCharsets.UTF_8))
        .isEqualTo(
            "{\"__metadata__\":{\"k\":\"v\"},\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]},"
                + "\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_off");
  }

  @Test
  void aFileReplacedWhileItIsOpenStaysReadableAsItWas() {
    Path file = folder.resolve("live.safetensors");
    Safetensors.write(file, Map.of("x", Array.of(new float[] {1}, 1)), Map.of());
    try (SafetensorsFile old = Safetensors.open(file)) {
      Safetensors.write(file, Map.of("x", Array.of(new float[] {2, 3}, 2)), Map.of());
      assertThat(old.floats("x")).containsExactly(1);
    }
    try (SafetensorsFile now = Safetensors.open(file)) {
      assertThat(now.floats("x")).containsExactly(2, 3);
    }
    assertThat(folder.toFile().list()).containsExactly("live.safetensors");
  }

  @Test
  void aFileCutWhileItIsOpenIsAnError() throws IOException {
    Path file = folder.resolve("cut.safetensors");
    Safetensors.write(file, Map.of("x", Array.of(new float[1000], 1000)), Map.of());
    try (SafetensorsFile read = Safetensors.open(file)) {
      Files.write(file, new byte[100]);
      assertThatThrownBy(() -> read.floats("x"))
          .isInstanceOf(JiffusionException.class)
          .hasMessage(file + " was cut to 100 bytes while it was read; copy or download it again");
    }
  }

  @Test
  void anArrayBeyondTwoGigabytesIsReadInParts() throws IOException {
    Path file = folder.resolve("sparse.safetensors");
    long count = 3_000_000_000L;
    byte[] header =
        ("{\"big\":{\"dtype\":\"F32\",\"shape\":[3,1000000000],\"data_offsets\":[0,12000000000]}}")
            .getBytes(StandardCharsets.UTF_8);
    try (var channel =
        java.nio.channels.FileChannel.open(
            file,
            java.nio.file.StandardOpenOption.CREATE_NEW,
            java.nio.file.StandardOpenOption.WRITE,
            java.nio.file.StandardOpenOption.SPARSE)) {
      channel.write(
          ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, header.length));
      channel.write(ByteBuffer.wrap(header));
      ByteBuffer last = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putFloat(0, 42);
      channel.write(last, 8 + header.length + 4 * (count - 1));
    }
    try (SafetensorsFile read = Safetensors.open(file)) {
      assertThat(read.entry("big").count()).isEqualTo(count);
      assertThat(read.floats("big", count - 2, 2)).containsExactly(0, 42);
      assertThatThrownBy(() -> read.floats("big"))
          .isInstanceOf(JiffusionException.class)
          .hasMessage(
              file
                  + ": array `big` has shape [3, 1000000000], too large for one Java array; read it in parts");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> read.floats("big", count - 2, 3))
          .withMessage("illegal elements: 2999999998 to 3000000001, must be in 0 to 3000000000");
    }
  }

  static Stream<String> verdicts() throws IOException {
    try (InputStream in = SafetensorsTest.class.getResourceAsStream("/weights/bad/verdicts.json")) {
      return JsonMapper.shared()
          .readTree(in)
          .propertyStream()
          .map(verdict -> verdict.getKey() + " " + verdict.getValue().asString())
          .toList()
          .stream();
    }
  }

  @ParameterizedTest
  @MethodSource("verdicts")
  void hostileFilesGetTheirVerdict(String verdict) {
    Path file = resource(verdict.split(" ")[0]);
    switch (verdict.split(" ")[1]) {
      case "accept" -> Safetensors.open(file).close();
      case "reject" ->
          assertThatThrownBy(() -> Safetensors.open(file))
              .isInstanceOf(JiffusionException.class)
              .message()
              .startsWith(file.toString());
      default -> readWhole(file);
    }
  }

  @Test
  void oddButValidFilesHaveTheirValues() {
    try (SafetensorsFile minimal = Safetensors.open(resource("ok-padded-header.safetensors"));
        SafetensorsFile types = Safetensors.open(resource("ok-header-order.safetensors"));
        SafetensorsFile unicode = Safetensors.open(resource("ok-unicode-escape.safetensors"))) {
      assertThat(minimal.floats("a")).containsExactly(0, 1, 2, 3);
      assertThat(types.longs("z")).containsExactly(-7);
      assertThat(types.doubles("a")).containsExactly(1, -2);
      assertThat(types.longs("m")).containsExactly(1, 0);
      assertThat(types.floats("h")).containsExactly(1);
      assertThat(unicode.entries()).containsKey("café");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
      empty-file           |  is no safetensors file: it has 0 bytes, must begin with 8 bytes of header length
      length-2e63          |  is no safetensors file: header length 9223372036854775808, must be 2 to 100000000
      length-over-file     |  is cut short: header of 4096 bytes, the file ends after 71 of them; copy or download it again
      not-utf8             |  is no valid safetensors file: the header is not UTF-8
      json-array           |  is no valid safetensors file: the header begins with `[`, must begin with {
      leading-space        |  is no valid safetensors file: the header begins with ` `, must begin with {
      trailing-comma       |  is no valid safetensors file: the header is not valid JSON at character 55
      two-objects          |  is no valid safetensors file: text after the end of the header's object
      trailing-data        |  is no valid safetensors file: 12 bytes after the last array belong to none
      hole                 |  is no valid safetensors file: array `b` begins at byte 2 of the data, must begin at 1: arrays may not overlap or leave holes
      overlap              |  is no valid safetensors file: array `b` begins at byte 1 of the data, must begin at 2: arrays may not overlap or leave holes
      offset-swapped       |  is no valid safetensors file: array `a` has data_offsets [16, 0], must be [begin, end]
      offset-negative      |  is no valid safetensors file: array `a` has -1 in its data_offsets, must be a whole number from 0 to 2^63-1
      offset-huge          |  is no valid safetensors file: array `a` has 18446744073709551617 in its data_offsets, must be a whole number from 0 to 2^63-1
      offset-three         |  is no valid safetensors file: array `a` has a data_offsets of more than 2 numbers
      shape-float          |  is no valid safetensors file: array `a` has 1.5 in its shape, must be a whole number from 0 to 2^63-1
      shape-overflow       |  is no valid safetensors file: array `a` has shape [4294967296, 4294967296], more than 2^63 bytes
      shape-bytes-mismatch |  is no valid safetensors file: array `a` has 16 bytes, must be 12 for F32 [3]
      dtype-f8             |  is no valid safetensors file: array `a` has dtype F8_E4M3, must be one of [BOOL, U8, I8, U16, I16, U32, I32, U64, I64, F16, BF16, F32, F64]
      missing-shape        |  is no valid safetensors file: array `a` has no shape
      entry-null           |  is no valid safetensors file: array `a` is not an object with dtype, shape and data_offsets
      duplicate-name       |  is no valid safetensors file: two arrays `a`, names must differ
      duplicate-metadata   |  is no valid safetensors file: two entries __metadata__, must be one
      metadata-number      |  is no valid safetensors file: __metadata__ `n` is not a text
      truncated-63         |  is cut short: its arrays need 16 bytes of data, the file holds 0; copy or download it again
      """)
  void messagesSayWhatIsWrongAndWhere(String name, String message) {
    Path file = resource(name + ".safetensors");
    assertThatThrownBy(() -> Safetensors.open(file))
        .isInstanceOf(JiffusionException.class)
        .hasMessage(file + " " + message.strip());
  }

  @Test
  void asksForWhatIsThere() {
    Path file = folder.resolve("x.safetensors");
    Safetensors.write(file, Map.of("count", Array.of(new long[] {1}, 1)), Map.of());
    try (SafetensorsFile read = Safetensors.open(file)) {
      assertThatThrownBy(() -> read.floats("x")).hasMessage(file + " has no array `x`, only count");
      assertThatThrownBy(() -> read.floats("count"))
          .hasMessage(file + ": array `count` has type I64, must be F16, BF16, F32 or F64");
    }
    assertThatThrownBy(() -> Safetensors.open(folder.resolve("missing")))
        .isInstanceOf(JiffusionException.class)
        .hasMessage(
            "cannot read " + folder.resolve("missing") + ": there is no such file or folder");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Array.of(new float[5], 2, 3))
        .withMessage("illegal values: 5, must be 6 for shape [2, 3]");
  }

  @Test
  void aFileCutAnywhereIsRefused() throws IOException {
    byte[] whole = sample();
    Path file = folder.resolve("cut");
    for (int length = 0; length < whole.length; length += 11) {
      Files.write(file, java.util.Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> Safetensors.open(file)).isInstanceOf(JiffusionException.class);
    }
  }

  /** Size: 1,000 times the system property {@code jiffusion.test.size}. */
  @Test
  void changedBytesAreReadOrRefusedCleanly() throws IOException {
    byte[] whole = sample();
    Path file = folder.resolve("mutant");
    Random random = new Random(1);
    double size = Double.parseDouble(System.getProperty("jiffusion.test.size", "0.1"));
    for (int i = 0; i < 1000 * size; i++) {
      byte[] mutant = whole.clone();
      for (int changes = random.nextInt(4); changes >= 0; changes--) {
        mutant[random.nextInt(mutant.length)] =
            (byte)
                (random.nextBoolean()
                    ? random.nextInt(256)
                    : "0129{}[],:\"-.e".charAt(random.nextInt(14)));
      }
      Files.write(file, mutant);
      readWhole(file);
    }
  }

  private byte[] sample() throws IOException {
    Path file = folder.resolve("sample");
    Map<String, Array> arrays = new LinkedHashMap<>();
    arrays.put("a", Array.of(new float[] {1, 2, 3, 4, 5, 6}, 2, 3));
    arrays.put("b", Array.of(DType.F16, new float[] {1, 2}, 2));
    arrays.put("c", Array.of(new byte[] {1}, 1));
    Safetensors.write(file, arrays, Map.of("format", "pt"));
    return Files.readAllBytes(file);
  }

  private static void readWhole(Path file) {
    try (SafetensorsFile read = Safetensors.open(file)) {
      read.entries().keySet().forEach(read::bytes);
    } catch (JiffusionException e) {
      assertThat(e).hasMessageContaining(file.toString());
    }
  }

  private static Path resource(String name) {
    try {
      return Path.of(SafetensorsTest.class.getResource("/weights/bad/" + name).toURI());
    } catch (java.net.URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }
}
