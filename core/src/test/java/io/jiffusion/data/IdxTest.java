package io.jiffusion.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.base.JiffusionException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class IdxTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({"ok-images-idx3-ubyte", "ok-images-idx3-ubyte.gz"})
  void readsPlainAndCompressedFiles(String name) {
    Idx idx = Idx.read(BadFiles.file("idx/" + name));
    assertThat(idx.shape()).containsExactly(2, 2, 2);
    assertThat(idx.values()).containsExactly(0, 1, 2, 3, 4, 5, 6, 7);
  }

  static List<String> verdicts() throws IOException {
    return BadFiles.verdicts("idx").stream()
        .filter(verdict -> !verdict.startsWith("labels-as-images"))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("verdicts")
  void hostileFilesGetTheirVerdict(String verdict) {
    BadFiles.judge("idx", verdict, Idx::read);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
      empty            | is no IDX file: it begins with nothing, must begin with 00 00 08 and the rank
      magic-wrong      | is no IDX file: it begins with 00 08 03 00, must begin with 00 00 08 and the rank
      little-endian    | is no IDX file: it begins with 03 08 00 00, must begin with 00 00 08 and the rank
      float-type       | holds elements of type 0d, must be 08, unsigned bytes
      truncated-header | is cut short: it ends within the header; copy or download it again
      short-data       | is cut short: its header declares 8 bytes, it holds 7; copy or download it again
      long-data        | goes on after the 8 bytes that its header declares, shape [2, 2, 2], must end there
      count-negative   | declares size 4294967295 on axis 0, must be less than 2^31 bytes in all
      truncated.gz     | is cut short: its gzip stream ends too early; copy or download it again
      bomb.gz          | goes on after the 4 bytes that its header declares, shape [1, 2, 2], must end there
      """)
  void messagesSayWhatIsWrongAndWhere(String name, String message) {
    Path file = BadFiles.file("idx/" + name);
    assertThatThrownBy(() -> Idx.read(file))
        .isInstanceOf(JiffusionException.class)
        .hasMessage(file + " " + message);
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "5, 5", "128, 128", "255, 255"})
  void theRankIsAnUnsignedByte(int written, int told) throws IOException {
    Path file = folder.resolve("rank");
    Files.write(file, new byte[] {0, 0, 8, (byte) written, 0, 0, 0, 1});
    assertThatThrownBy(() -> Idx.read(file))
        .hasMessage(file + " has rank " + told + ", must be 1 to 4");
  }

  @Test
  void aDeclaredSizeIsNotAllocated() throws IOException {
    Path file = folder.resolve("small");
    Files.write(file, idx(new int[] {2_000_000_000}, 5));
    assertThatThrownBy(() -> Idx.read(file))
        .hasMessage(
            file
                + " is cut short: its header declares 2000000000 bytes, it holds at most 13; copy or download it again");
  }

  @Test
  void changedBytesAreReadOrRefusedCleanly() throws IOException {
    byte[] plain = idx(new int[] {3, 4, 5}, 60);
    ByteArrayOutputStream gzip = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(gzip)) {
      out.write(plain);
    }
    BadFiles.mutate(folder, plain, Idx::read);
    BadFiles.mutate(folder, gzip.toByteArray(), Idx::read);
  }

  /** An IDX file of a shape with some zero bytes of data. */
  static byte[] idx(int[] shape, int bytes) {
    ByteBuffer out = ByteBuffer.allocate(4 + 4 * shape.length + bytes).putInt(0x800 + shape.length);
    for (int size : shape) {
      out.putInt(size);
    }
    return out.array();
  }
}
