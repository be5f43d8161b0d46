package io.jiffusion.pipeline;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/** Changes sound files as damage and malice do; the same random numbers, the same change. */
final class Mutant {
  private static final String[] NUMBERS = {
    "-1",
    "0",
    "1",
    "-0.0",
    "0.5",
    "65536",
    "1000000",
    "2147483647",
    "2147483648",
    "-2147483648",
    "4294967296",
    "9223372036854775807",
    "18446744073709551616",
    "1e999",
    "-1e999",
    "1e-999999999",
    "1e999999999",
    "1E+2147483648",
    "NaN",
    "Infinity",
    "-Infinity",
    "9".repeat(150),
    "9".repeat(20_000),
    "0." + "3".repeat(20_000),
    "0x7fffffff",
    "1_000",
    ".inf",
    "1e",
    "00012"
  };
  private static final String[] VALUES = {
    "null",
    "true",
    "[]",
    "{}",
    "\"\"",
    "\"\\u001b[2J\\u202e\\u0000\"",
    "\"" + "x".repeat(20_000) + "\"",
    "[" + "0,".repeat(5_000) + "0]",
    "[".repeat(2_000),
    "[".repeat(400) + "]".repeat(400),
    "{\"a\":".repeat(300) + "1" + "}".repeat(300),
    "\"../../etc/passwd\"",
    "\"auto\"",
    "[1, 2, 2]",
    "\"1e-999999999\"",
    "\"" + "9".repeat(20_000) + "\""
  };
  private static final Pattern NUMBER = Pattern.compile("-?[0-9][0-9.]*([eE][-+]?[0-9]+)?");
  private static final Pattern TOKEN =
      Pattern.compile("\"[^\"]*\"|-?[0-9][0-9.eE+-]*|true|false|null|[\\[\\]{}:,]|[A-Za-z_]+");

  private Mutant() {}

  /** Of any bytes: flips, cuts, stretches moved and doubled, lengths of extreme values. */
  static byte[] ofBytes(byte[] whole, Random random) {
    byte[] bytes = whole.clone();
    for (int changes = 1 + random.nextInt(3); changes > 0 && bytes.length > 16; changes--) {
      int at = random.nextInt(bytes.length - 8);
      switch (random.nextInt(8)) {
        case 0 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
        case 1 -> {
          int size = 1 + random.nextInt(Math.min(64, bytes.length - at));
          int to = random.nextInt(bytes.length - size + 1);
          System.arraycopy(bytes, at, bytes, to, size);
        }
        case 2 -> { // a stretch is put in again
          int size = 1 + random.nextInt(Math.min(64, bytes.length - at));
          byte[] longer = Arrays.copyOf(bytes, bytes.length + size);
          System.arraycopy(bytes, at, longer, at + size, bytes.length - at);
          bytes = longer;
        }
        case 3 -> Arrays.fill(bytes, at, at + 1 + random.nextInt(8), extreme(random));
        case 4, 5 -> number(ByteBuffer.wrap(bytes), at, random);
        default -> bytes[at] = (byte) random.nextInt(256);
      }
    }
    return bytes;
  }

  private static byte extreme(Random random) {
    return (byte) new int[] {0, 1, 0x7F, 0x80, 0xFF}[random.nextInt(5)];
  }

  private static void number(ByteBuffer bytes, int at, Random random) {
    long[] values = {
      0,
      1,
      -1,
      0x7F,
      0xFF,
      0x7FFF,
      0xFFFF,
      Integer.MAX_VALUE,
      Integer.MIN_VALUE,
      1L << 32,
      Long.MAX_VALUE,
      Long.MIN_VALUE,
      bytes.capacity(),
      bytes.capacity() + 1L
    };
    long value = values[random.nextInt(values.length)];
    bytes.order(random.nextBoolean() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
    switch (random.nextInt(3)) {
      case 0 -> bytes.putShort(at, (short) value);
      case 1 -> bytes.putInt(at, (int) value);
      default -> bytes.putLong(at, value);
    }
  }

  /** Of JSON, YAML and their like: numbers, values and keys changed, words moved and lost. */
  static String ofText(String text, Random random) {
    if (random.nextInt(4) == 0) {
      byte[] bytes = ofBytes(text.getBytes(StandardCharsets.UTF_8), random);
      return new String(bytes, StandardCharsets.UTF_8);
    }
    String changed = text;
    for (int changes = 1 + random.nextInt(2); changes > 0; changes--) {
      boolean number = random.nextInt(3) > 0;
      List<int[]> places = places(number ? NUMBER : TOKEN, changed);
      if (places.isEmpty()) {
        return changed;
      }
      int[] place = places.get(random.nextInt(places.size()));
      int[] other = places.get(random.nextInt(places.size()));
      String with =
          switch (random.nextInt(5)) {
            case 0 -> changed.substring(other[0], other[1]);
            case 1 -> VALUES[random.nextInt(VALUES.length)];
            case 2 -> number ? NUMBERS[random.nextInt(NUMBERS.length)] : "";
            default -> NUMBERS[random.nextInt(NUMBERS.length)];
          };
      changed = changed.substring(0, place[0]) + with + changed.substring(place[1]);
    }
    return changed;
  }

  private static List<int[]> places(Pattern pattern, String text) {
    List<int[]> places = new ArrayList<>();
    Matcher matcher = pattern.matcher(text);
    while (places.size() < 2_000 && matcher.find()) {
      places.add(new int[] {matcher.start(), matcher.end()});
    }
    return places;
  }

  /** Of a safetensors file: its header as text, the length in front made to fit. */
  static byte[] ofSafetensors(byte[] whole, Random random) {
    if (random.nextBoolean()) {
      return ofBytes(whole, random);
    }
    ByteBuffer in = ByteBuffer.wrap(whole).order(ByteOrder.LITTLE_ENDIAN);
    int length = (int) in.getLong(0);
    byte[] header =
        ofText(new String(whole, 8, length, StandardCharsets.UTF_8), random)
            .getBytes(StandardCharsets.UTF_8);
    ByteBuffer out =
        ByteBuffer.allocate(whole.length - length + header.length).order(ByteOrder.LITTLE_ENDIAN);
    return out.putLong(header.length)
        .put(header)
        .put(whole, 8 + length, whole.length - 8 - length)
        .array();
  }

  /** Of a zip archive: one entry changed and packed again, so that its checksum fits. */
  static byte[] ofZip(byte[] whole, Random random) {
    if (random.nextBoolean()) {
      return ofBytes(whole, random);
    }
    try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(whole))) {
      List<String> names = new ArrayList<>();
      List<byte[]> contents = new ArrayList<>();
      for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        names.add(entry.getName());
        contents.add(in.readAllBytes());
      }
      int changed = random.nextInt(names.size());
      for (int i = 0; i < names.size(); i++) { // the table of contents is of most interest
        changed = names.get(i).endsWith("data.pkl") && random.nextInt(4) > 0 ? i : changed;
      }
      contents.set(changed, ofBytes(contents.get(changed), random));
      return zip(names, contents);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A zip archive that stores its entries as they are. */
  static byte[] zip(List<String> names, List<byte[]> contents) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      zip.setMethod(ZipOutputStream.STORED);
      for (int i = 0; i < names.size(); i++) {
        CRC32 crc = new CRC32();
        crc.update(contents.get(i));
        ZipEntry entry = new ZipEntry(names.get(i));
        entry.setSize(contents.get(i).length);
        entry.setCrc(crc.getValue());
        zip.putNextEntry(entry);
        zip.write(contents.get(i));
      }
    }
    return bytes.toByteArray();
  }

  /** Of a PNG file: after half of the changes the checksums of its chunks fit again. */
  static byte[] ofPng(byte[] whole, Random random) {
    byte[] bytes = ofBytes(whole, random);
    if (random.nextBoolean()) {
      return bytes;
    }
    ByteBuffer chunks = ByteBuffer.wrap(bytes);
    for (int at = 8; at + 12 <= bytes.length; ) {
      int length = chunks.getInt(at);
      if (length < 0 || length > bytes.length - at - 12) {
        break;
      }
      CRC32 crc = new CRC32();
      crc.update(bytes, at + 4, length + 4);
      chunks.putInt(at + 8 + length, (int) crc.getValue());
      at += 12 + length;
    }
    return bytes;
  }
}
