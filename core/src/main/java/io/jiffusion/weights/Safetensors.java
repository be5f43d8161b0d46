package io.jiffusion.weights;

import io.jiffusion.run.JiffusionException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Map;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/** The safetensors format: a header in JSON that says where each array lies, then the arrays. */
public final class Safetensors {
  static final int LARGEST_HEADER = 100_000_000;

  private Safetensors() {}

  /**
   * Writes arrays, whole or not at all: to another name, forced to disk, then renamed.
   *
   * @param arrays in the order in which they are stored
   * @param metadata texts
   */
  public static void write(Path file, Map<String, Array> arrays, Map<String, String> metadata) {
    Path part = file.resolveSibling(file.getFileName() + ".part");
    try {
      try (FileChannel out = FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING,
          StandardOpenOption.WRITE)) {
        byte[] header = header(arrays, metadata);
        write(out, ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(header.length).flip());
        write(out, ByteBuffer.wrap(header));
        for (Array array : arrays.values()) {
          write(out, array.bytes().duplicate());
        }
        out.force(true);
      }
      Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new JiffusionException("cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  private static byte[] header(Map<String, Array> arrays, Map<String, String> metadata) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JsonGenerator json = new JsonFactory().createGenerator(ObjectWriteContext.empty(), bytes)) {
      json.writeStartObject();
      json.writeName("__metadata__");
      json.writeStartObject();
      metadata.forEach(json::writeStringProperty);
      json.writeEndObject();
      long offset = 0;
      for (Map.Entry<String, Array> entry : arrays.entrySet()) {
        Array array = entry.getValue();
        json.writeName(entry.getKey());
        json.writeStartObject();
        json.writeStringProperty("dtype", array.type().name());
        json.writeName("shape");
        json.writeArray(array.sizes(), 0, array.sizes().length);
        json.writeName("data_offsets");
        json.writeArray(new long[] {offset, offset + array.bytes().limit()}, 0, 2);
        json.writeEndObject();
        offset += array.bytes().limit();
      }
      json.writeEndObject();
    }
    while (bytes.size() % 8 != 0) {
      bytes.write(' '); // keeps the arrays aligned for whoever maps the file
    }
    return bytes.toByteArray();
  }

  private static void write(FileChannel out, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }
}
