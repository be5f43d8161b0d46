package io.jiffusion.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.ChildJvm;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.checkpoint.Checkpoints;
import io.jiffusion.data.Cifar10;
import io.jiffusion.data.Idx;
import io.jiffusion.data.ImageFile;
import io.jiffusion.data.Npy;
import io.jiffusion.data.Npz;
import io.jiffusion.data.Png;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files that name more than a heap of 256 MB holds, or that make a table slow: each is refused, or
 * read, within seconds.
 */
class HostileSizesTest {
  private static final int SECONDS = 30;
  private static final int SIDE = 8190;

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"header", "collisions", "views", "pictures", "data"})
  void eachIsReadOrRefusedWithinSecondsInASmallHeap(String subject) throws Exception {
    Process child =
        ChildJvm.start(
            HostileSizesTest.class,
            List.of("-Xmx256m", "-XX:MaxDirectMemorySize=16m"),
            subject,
            folder.toString());
    List<String> lines = child.inputReader().lines().toList();
    assertThat(child.waitFor(SECONDS, TimeUnit.SECONDS)).isTrue();
    assertThat(child.exitValue()).as(String.join("\n", lines)).isZero();
    assertThat(lines).isNotEmpty().allMatch(line -> line.startsWith("refused: "));
  }

  /** The child's part. */
  public static void main(String[] args) throws IOException {
    Path folder = Path.of(args[1]);
    switch (args[0]) {
      case "header" -> {
        for (int megabytes : new int[] {6, 50, 99}) {
          refused(() -> Checkpoints.open(header(folder.resolve("a.safetensors"), megabytes)));
        }
        refused(() -> Checkpoints.open(header(folder.resolve("a.safetensors"), 2)));
        refused(() -> Checkpoints.open(blank(folder.resolve("b.safetensors"), 99_000_000)));
      }
      case "collisions" -> {
        for (String kind : List.of("texts", "globals", "storages", "mixed")) {
          refused(() -> Checkpoints.open(collisions(folder.resolve(kind + ".pt"), kind)));
        }
      }
      case "views" -> {
        refused(() -> Checkpoints.open(views(folder.resolve("wide.pt"), 1000, 1000, 0)));
        refused(() -> Checkpoints.open(views(folder.resolve("narrow.pt"), 200, 200, 0)));
        refused(() -> Checkpoints.open(views(folder.resolve("large.pt"), 100, 10, 4096)));
      }
      case "pictures" -> {
        for (Path picture : List.of(bmp(folder), gif(folder), jpeg(folder), png(folder))) {
          refused(() -> ImageFile.read(picture));
          refused(() -> ImageFile.read(picture, SIDE / 2, 3));
        }
      }
      default -> data(folder);
    }
  }

  // Pictures of 67 megapixels, the most that are read where there is memory.

  private static Path bmp(Path folder) throws IOException {
    Path bmp = folder.resolve("a.bmp");
    try (RandomAccessFile file = new RandomAccessFile(bmp.toFile(), "rw")) {
      ByteBuffer head = ByteBuffer.allocate(54).order(ByteOrder.LITTLE_ENDIAN);
      head.put((byte) 'B').put((byte) 'M').putInt(54 + 3 * SIDE * SIDE).putInt(0).putInt(54);
      head.putInt(40).putInt(SIDE).putInt(SIDE).putShort((short) 1).putShort((short) 24);
      file.write(head.array());
      file.setLength(54 + 3L * SIDE * SIDE);
    }
    return bmp;
  }

  private static Path gif(Path folder) throws IOException {
    ByteBuffer gif = ByteBuffer.allocate(40).order(ByteOrder.LITTLE_ENDIAN);
    gif.put(ascii("GIF89a")).putShort((short) SIDE).putShort((short) SIDE);
    gif.put(new byte[] {(byte) 0x80, 0, 0}).put(new byte[6]); // two colours
    gif.put((byte) ',').putInt(0).putShort((short) SIDE).putShort((short) SIDE).put((byte) 0);
    gif.put(new byte[] {2, 2, 0x4C, 1, 0, ';'});
    return Files.write(folder.resolve("a.gif"), gif.array());
  }

  private static Path jpeg(Path folder) throws IOException {
    ByteBuffer jpeg = ByteBuffer.allocate(64);
    jpeg.putShort((short) 0xFFD8).putShort((short) 0xFFC0).putShort((short) 17).put((byte) 8);
    jpeg.putShort((short) SIDE).putShort((short) SIDE).put((byte) 3);
    jpeg.put(new byte[] {1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0});
    jpeg.putShort((short) 0xFFDA).putShort((short) 12).put((byte) 3);
    jpeg.put(new byte[] {1, 0, 2, 0, 3, 0, 0, 63, 0});
    return Files.write(folder.resolve("a.jpg"), jpeg.array());
  }

  private static Path png(Path folder) throws IOException {
    ByteArrayOutputStream pixels = new ByteArrayOutputStream();
    try (DeflaterOutputStream rows = new DeflaterOutputStream(pixels)) {
      for (int y = 0; y < SIDE; y++) {
        rows.write(new byte[1 + 3 * SIDE]);
      }
    }
    byte[] head = ByteBuffer.allocate(13).putInt(SIDE).putInt(SIDE).put(new byte[] {8, 2}).array();
    Path png = folder.resolve("large.png");
    try (DataOutputStream out = new DataOutputStream(Files.newOutputStream(png))) {
      out.write(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'});
      chunk(out, "IHDR", head);
      chunk(out, "IDAT", pixels.toByteArray());
      chunk(out, "IEND", new byte[0]);
    }
    return png;
  }

  private static void chunk(DataOutputStream out, String name, byte[] content) throws IOException {
    CRC32 crc = new CRC32();
    crc.update(ascii(name));
    crc.update(content);
    out.writeInt(content.length);
    out.write(ascii(name));
    out.write(content);
    out.writeInt((int) crc.getValue());
  }

  private static void data(Path folder) throws IOException {
    Path idx = folder.resolve("idx");
    try (RandomAccessFile file = new RandomAccessFile(idx.toFile(), "rw")) {
      file.write(new byte[] {0, 0, 8, 1, 0x40, 0, 0, 0});
      file.setLength(8 + 0x40000000L);
    }
    refused(() -> Idx.read(idx));
    Path npy = folder.resolve("a.npy");
    try (RandomAccessFile file = new RandomAccessFile(npy.toFile(), "rw")) {
      byte[] header =
          "{'descr': '<f4', 'fortran_order': False, 'shape': (100000000,), }\n"
              .getBytes(StandardCharsets.US_ASCII);
      file.write(new byte[] {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y', 1, 0});
      file.write(new byte[] {(byte) header.length, 0});
      file.write(header);
      file.setLength(file.getFilePointer() + 400_000_000L);
    }
    refused(() -> Npy.read(npy));
    Path npz = folder.resolve("a.npz");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(npz))) {
      for (int i = 0; i < 4; i++) {
        zip.putNextEntry(new ZipEntry(i + ".npy"));
        try (var in = Files.newInputStream(npy)) {
          byte[] head = in.readNBytes(300);
          byte[] text =
              new String(head, 0, 76, StandardCharsets.ISO_8859_1)
                  .replace("100000000,", "10000000, ")
                  .getBytes(StandardCharsets.ISO_8859_1);
          zip.write(text);
          byte[] some = new byte[1 << 20];
          for (int left = 40_000_000; left > 0; left -= some.length) {
            zip.write(some, 0, Math.min(left, some.length));
          }
        }
        zip.closeEntry();
      }
    }
    refused(() -> Npz.read(npz));
    for (int i = 1; i <= 5; i++) {
      try (RandomAccessFile file =
          new RandomAccessFile(folder.resolve("data_batch_" + i + ".bin").toFile(), "rw")) {
        file.setLength(3073L * 10_000);
      }
    }
    refused(() -> Cifar10.read(folder, true));
    Path png = folder.resolve("a.png");
    try (OutputStream out = Files.newOutputStream(png)) {
      out.write(new byte[] {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1A, '\n'});
      for (int i = 0; i < 400; i++) {
        byte[] text = new byte[(1 << 20) + 4];
        text[0] = 't';
        text[1] = 'E';
        text[2] = 'X';
        text[3] = 't';
        text[4] = (byte) ('a' + i % 26);
        text[5] = (byte) ('a' + i / 26);
        CRC32 crc = new CRC32();
        crc.update(text);
        out.write(ByteBuffer.allocate(4).putInt(1 << 20).array());
        out.write(text);
        out.write(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
      }
    }
    refused(() -> Png.texts(png));
  }

  private interface Reading {
    Object read() throws IOException;
  }

  /** Opens and lets go; whatever is no sentence ends the process. */
  private static void refused(Reading reading) throws IOException {
    long start = System.nanoTime();
    try {
      reading.read();
      System.out.println("read");
    } catch (JiffusionException | IllegalArgumentException e) {
      String message = e.getMessage();
      if (message.length() > 1000) {
        throw new AssertionError(message);
      }
      System.out.println("refused: " + message);
    }
    if (System.nanoTime() - start > 10_000_000_000L) {
      throw new AssertionError("more than 10 seconds");
    }
  }

  /** A safetensors file with a header of about so many megabytes of empty arrays. */
  private static Path header(Path file, int megabytes) throws IOException {
    long length = megabytes * 1_000_000L;
    try (OutputStream out = new java.io.BufferedOutputStream(Files.newOutputStream(file))) {
      out.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array());
      long left = length - 2;
      out.write('{');
      for (int i = 0; left > 100; i++) {
        String entry =
            (i == 0 ? "" : ",")
                + "\"%x\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}".formatted(i);
        out.write(entry.getBytes(StandardCharsets.US_ASCII));
        left -= entry.length();
      }
      out.write('}');
      out.write(" ".repeat((int) left).getBytes(StandardCharsets.US_ASCII));
    }
    return file;
  }

  private static Path blank(Path file, int length) throws IOException {
    try (RandomAccessFile out = new RandomAccessFile(file.toFile(), "rw")) {
      out.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(length).array());
      out.write("{ ".getBytes(StandardCharsets.US_ASCII));
      out.setLength(8L + length);
    }
    return file;
  }

  // ---- torch files ----

  /** A dictionary of names with one hash. */
  private static Path collisions(Path file, String kind) throws IOException {
    ByteArrayOutputStream pickle = new ByteArrayOutputStream();
    pickle.writeBytes(new byte[] {(byte) 0x80, 2, '}', '('});
    for (int i = 0; i < 1 << 17; i++) {
      String name = collision(i);
      if (kind.equals("mixed") && i % 2 == 0) {
        pickle.write('J'); // a number with the hash of the texts
        pickle.writeBytes(
            ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(name.hashCode()).array());
        pickle.write('N');
      }
      switch (kind) {
        case "globals" -> pickle.writeBytes(ascii("ca\n" + name + "\n"));
        case "storages" -> text(pickle, Integer.toString(i));
        default -> text(pickle, name);
      }
      if (kind.equals("storages")) {
        tensor(pickle, name, 0);
      } else {
        pickle.write('N');
      }
    }
    pickle.writeBytes(ascii("u."));
    return zip(file, pickle.toByteArray());
  }

  /** The i-th of 2^17 texts with the same hash: Aa and BB have one. */
  private static String collision(int i) {
    StringBuilder name = new StringBuilder();
    for (int bit = 0; bit < 17; bit++) {
      name.append((i >> bit & 1) == 0 ? "Aa" : "BB");
    }
    return name.toString();
  }

  /** A list of lists, each of which holds the same tensor again and again. */
  private static Path views(Path file, int lists, int times, int size) throws IOException {
    ByteArrayOutputStream pickle = new ByteArrayOutputStream();
    pickle.writeBytes(new byte[] {(byte) 0x80, 2});
    tensor(pickle, "0", size);
    pickle.writeBytes(new byte[] {'q', 0, '0', ']', '('});
    for (int i = 0; i < times; i++) {
      pickle.writeBytes(new byte[] {'h', 0});
    }
    pickle.writeBytes(new byte[] {'e', 'q', 1, '0', ']', '('});
    for (int i = 0; i < lists; i++) {
      pickle.writeBytes(new byte[] {'h', 1});
    }
    pickle.writeBytes(ascii("e."));
    return zip(file, pickle.toByteArray());
  }

  /** One stored number, seen as a square of this size. */
  private static void tensor(ByteArrayOutputStream out, String key, int size) {
    out.writeBytes(ascii("ctorch._utils\n_rebuild_tensor_v2\n(("));
    text(out, "storage");
    out.writeBytes(ascii("ctorch\nFloatStorage\n"));
    text(out, key);
    text(out, "cpu");
    out.writeBytes(new byte[] {'K', 1, 't', 'Q', 'K', 0});
    byte[] side = {'M', (byte) size, (byte) (size >> 8)};
    if (size == 0) {
      out.writeBytes(ascii("))"));
    } else {
      out.writeBytes(side);
      out.writeBytes(side);
      out.writeBytes(new byte[] {(byte) 0x86, 'K', 0, 'K', 0, (byte) 0x86});
    }
    out.write(0x89);
    out.writeBytes(ascii("ccollections\nOrderedDict\n)RtR"));
  }

  private static void text(ByteArrayOutputStream out, String text) {
    out.write('X');
    out.writeBytes(
        ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(text.length()).array());
    out.writeBytes(ascii(text));
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  private static Path zip(Path file, byte[] pickle) throws IOException {
    try (ZipOutputStream zip = new ZipOutputStream(new java.io.FileOutputStream(file.toFile()))) {
      zip.setMethod(ZipOutputStream.STORED);
      entry(zip, "archive/data.pkl", pickle);
      entry(zip, "archive/data/0", new byte[4]);
    }
    return file;
  }

  private static void entry(ZipOutputStream zip, String name, byte[] bytes) throws IOException {
    CRC32 crc = new CRC32();
    crc.update(bytes);
    ZipEntry entry = new ZipEntry(name);
    entry.setSize(bytes.length);
    entry.setCrc(crc.getValue());
    zip.putNextEntry(entry);
    zip.write(bytes);
    zip.closeEntry();
  }
}
