package io.jiffusion.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.base.JiffusionException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class NpyTest {
  @TempDir Path folder;

  @Test
  void whatIsWrittenIsReadBack() {
    Path file = folder.resolve("a.npy");
    Npy.of(new float[] {1, -2, Float.NaN, 4, 5, 6}, 2, 3).write(file);
    Npy read = Npy.read(file);
    assertThat(read.type()).isEqualTo(Npy.Type.F4);
    assertThat(read.shape()).containsExactly(2, 3);
    assertThat(read.floats()).containsExactly(1, -2, Float.NaN, 4, 5, 6);

    Npy.of(new double[] {Math.PI}).write(file);
    assertThat(Npy.read(file).shape()).isEmpty();
    assertThat(Npy.read(file).doubles()).containsExactly(Math.PI);
    Npy.of(new long[] {Long.MIN_VALUE, 7}, 2).write(file);
    assertThat(Npy.read(file).longs()).containsExactly(Long.MIN_VALUE, 7);
    Npy.of(new byte[] {0, -1}, 1, 2).write(file);
    assertThat(Npy.read(file).longs()).containsExactly(0, 255);
    Npy.of(new float[0], 0, 3).write(file);
    assertThat(Npy.read(file).shape()).containsExactly(0, 3);
  }

  @Test
  void theHeaderIsNumpysToTheByte() throws IOException {
    Path file = folder.resolve("a.npy");
    Npy.of(new float[] {1, 2, 3}, 3).write(file);
    byte[] bytes = Files.readAllBytes(file);
    String header = "{'descr': '<f4', 'fortran_order': False, 'shape': (3,), }";
    assertThat(bytes).hasSize(128 + 12).startsWith(0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0, 118, 0);
    assertThat(new String(bytes, 10, 118, StandardCharsets.US_ASCII))
        .isEqualTo(header + " ".repeat(117 - header.length()) + "\n");
  }

  @ParameterizedTest
  @CsvSource({
    "<f2, 2, 003C",
    "<f4, 4, 0000803F",
    ">f4, 4, 3F800000",
    "<f8, 8, 000000000000F03F",
    "|u1, 1, 01",
    "<i4, 4, 01000000",
    ">i8, 8, 0000000000000001"
  })
  void everyTypeIsRead(String descr, int size, String hex) throws IOException {
    for (int version = 1; version <= 3; version++) {
      Path file =
          npy(
              version,
              "{'descr': '" + descr + "', 'fortran_order': False, 'shape': (1,)}",
              java.util.HexFormat.of().parseHex(hex));
      assertThat(Npy.read(file).doubles()).containsExactly(1);
      assertThat(Npy.read(file).floats()).containsExactly(1);
      assertThat(Npy.read(file).type().bytes()).isEqualTo(size);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
      {'descr': '¦O', 'fortran_order': False, 'shape': (1,)}               | holds elements of type ¦O, Python objects, must be f2, f4, f8, u1, i4 or i8
      {'descr': '<c8', 'fortran_order': False, 'shape': (1,)}              | holds elements of type <c8, must be f2, f4, f8, u1, i4 or i8
      {'descr': '<f4', 'fortran_order': True, 'shape': (2, 2)}             | is in Fortran order, must be in C order; save numpy.ascontiguousarray of it
      {'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}             | is no valid npy array: its header has no size at character 51, must be a whole number of at most 18 digits, at most 64 of them
      {'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 0)}   | declares shape [4294967296, 0], must be less than 2^31 bytes in all
      {'descr': '<f4', 'fortran_order': False, 'shape': (400000000,)}      | declares 1600000000 bytes, shape [400000000], must be at most 77; it may be cut short
      {'descr': '<f4', 'fortran_order': False, 'shape': (2,)}              | is cut short: it declares 8 bytes, it holds 4; copy or make it again
      {'descr': '<f4', 'fortran_order': False, 'shape': (0,)}              | goes on after the 0 bytes of its array, must end there
      {'descr': '<f4', 'fortran_order': False}                             | is no valid npy array: its header lacks shape
      {'descr': '<f4', 'descr': '<f4'}                                     | is no valid npy array: its header has the key descr, must be descr, fortran_order and shape, each once
      {'descr': '<f4', 'fortran_order': 0, 'shape': (1,)}                  | is no valid npy array: its header has no True or False for fortran_order
      {'descr': '<f4', 'fortran_order': False, 'shape': (1,)} + {}         | is no valid npy array: its header goes on after its dictionary
      nothing                                                              | is no valid npy array: its header has no { at character 0
      """)
  void headersThatBreakARuleAreRefused(String header, String message) throws IOException {
    Path file = npy(1, header.replace("¦", "|"), new byte[4]);
    assertThatThrownBy(() -> Npy.read(file))
        .isInstanceOf(JiffusionException.class)
        .hasMessage(file + " " + message.replace("¦", "|"));
  }

  static List<String> verdicts() throws IOException {
    return BadFiles.verdicts("npz");
  }

  @ParameterizedTest
  @MethodSource("verdicts")
  void hostileFilesGetTheirVerdict(String verdict) {
    BadFiles.judge("npz", verdict, NpyTest::readEither);
  }

  @Test
  void numpysOwnFilesHaveTheirValues() {
    Map<String, Npy> ok = Npz.read(BadFiles.file("npz/ok.npz"));
    assertThat(ok.keySet()).containsExactly("arr_0", "arr_1");
    assertThat(ok.get("arr_0").shape()).containsExactly(1, 2, 2, 3);
    assertThat(ok.get("arr_0").longs()).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    assertThat(ok.get("arr_1").type()).isEqualTo(Npy.Type.I8);
    assertThat(Npz.read(BadFiles.file("npz/ok-deflated.npz"))).isNotEmpty();
    assertThat(Npy.read(BadFiles.file("npz/ok-big-endian.npy")).doubles()).containsExactly(0, 1, 2);
  }

  @Test
  void archivesComeBackAndAreTheSameBytesEachTime() {
    Map<String, Npy> arrays = new LinkedHashMap<>();
    arrays.put("noise", Npy.of(new double[] {1, 2, 3, 4}, 1, 1, 2, 2));
    arrays.put("labels", Npy.of(new long[] {3}, 1));
    Npz.write(folder.resolve("a.npz"), arrays);
    Npz.write(folder.resolve("b.npz"), arrays);
    Map<String, Npy> read = Npz.read(folder.resolve("a.npz"));
    assertThat(read.keySet()).containsExactly("noise", "labels");
    assertThat(read.get("noise").doubles()).containsExactly(1, 2, 3, 4);
    assertThat(read.get("labels").longs()).containsExactly(3);
    assertThat(folder.resolve("a.npz")).hasSameBinaryContentAs(folder.resolve("b.npz"));
  }

  @Test
  void damagedArchivesAreNamed() throws IOException {
    Path file = folder.resolve("a.npz");
    Npz.write(file, Map.of("x", Npy.of(new float[] {1, 2}, 2)));
    byte[] zip = Files.readAllBytes(file);
    assertThat(zip).as("no extra fields").hasSize(30 + 5 + 128 + 8 + 46 + 5 + 22);
    byte[] flipped = zip.clone();
    flipped[30 + 5 + 128 + 1]++; // the array's second byte
    Files.write(file, flipped);
    assertThatThrownBy(() -> Npz.read(file))
        .isInstanceOf(JiffusionException.class)
        .hasMessage(
            file
                + ", entry x.npy, is damaged: it does not fit its checksum; copy or make it again");
    Files.write(file, java.util.Arrays.copyOf(zip, zip.length - 10));
    assertThatThrownBy(() -> Npz.read(file))
        .hasMessage(
            file + " is no npz file, or damaged: it is no readable zip; copy or make it again");
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(file))) {
      out.putNextEntry(new ZipEntry("readme.txt"));
    }
    assertThatThrownBy(() -> Npz.read(file))
        .hasMessage(file + " has an entry readme.txt, must be npy arrays only");
  }

  @Test
  void changedBytesAreReadOrRefusedCleanly() throws IOException {
    Npz.write(
        folder.resolve("a.npz"),
        Map.of("x", Npy.of(new float[] {1, 2}, 2), "y", Npy.of(new byte[] {1}, 1)));
    Npy.of(new float[] {1, 2}, 2).write(folder.resolve("a.npy"));
    BadFiles.mutate(folder, Files.readAllBytes(folder.resolve("a.npz")), Npz::read);
    BadFiles.mutate(folder, Files.readAllBytes(folder.resolve("a.npy")), Npy::read);
  }

  @Test
  void refusesAShapeThatDoesNotFit() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Npy.of(new float[5], 2, 3))
        .withMessage("illegal values: 5, must be 6 for shape [2, 3]");
    assertThatThrownBy(() -> Npy.of(new float[1], 1).longs())
        .hasMessage("an array of type F4 has no integers, must be U1, I4 or I8");
  }

  private static void readEither(Path file) {
    if (file.toString().endsWith(".npz")) {
      Npz.read(file);
    } else {
      Npy.read(file);
    }
  }

  private Path npy(int version, String header, byte[] data) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(NpyHeader.MAGIC);
    out.write(version);
    out.write(0);
    ByteBuffer length =
        ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(0, header.length());
    out.write(length.array(), 0, version == 1 ? 2 : 4);
    out.writeBytes(header.getBytes(StandardCharsets.US_ASCII));
    out.writeBytes(data);
    return Files.write(folder.resolve("made.npy"), out.toByteArray());
  }
}
