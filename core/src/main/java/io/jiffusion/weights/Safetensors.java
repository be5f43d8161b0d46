package io.jiffusion.weights;

import io.jiffusion.base.AtomicFile;
import io.jiffusion.base.JiffusionException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JsonEncoding;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/**
 * The safetensors format: named arrays in one file, without code, readable from any language.
 *
 * <p>A file is 8 bytes of header length, a JSON header (types, shapes, byte ranges), and the bytes
 * of the arrays, little-endian and row-major. Files from elsewhere are read strictly: see {@link
 * SafetensorsFile}.
 */
public final class Safetensors {
  private static final int CHUNK = 1 << 16;

  private Safetensors() {}

  /**
   * Opens a file and checks its header whole; arrays are read when asked for.
   *
   * @throws JiffusionException if it cannot be read or breaks a rule of the format
   */
  public static SafetensorsFile open(Path file) {
    return SafetensorsFile.open(file);
  }

  /**
   * Writes a file, whole or not at all. Arrays of wide elements come first, so that all are
   * aligned; the same content gives the same bytes.
   *
   * @param arrays in the order in which they are written among those of one width
   * @param metadata texts that readers show beside the arrays; may be empty
   * @throws JiffusionException if it cannot be written; an older file is then unchanged
   */
  public static void write(Path file, Map<String, Array> arrays, Map<String, String> metadata) {
    List<Map.Entry<String, Array>> order = new ArrayList<>(arrays.entrySet());
    order.sort(Comparator.comparing(entry -> -entry.getValue().type().bytes())); // stable
    byte[] header = header(order, metadata);
    AtomicFile.write(
        file,
        channel -> {
          ByteBuffer start = ByteBuffer.allocate(8 + header.length).order(ByteOrder.LITTLE_ENDIAN);
          writeFully(channel, start.putLong(header.length).put(header).flip());
          for (Map.Entry<String, Array> entry : order) {
            Array array = entry.getValue();
            long count = array.size() / array.type().bytes();
            for (long from = 0; from < count; from += CHUNK) {
              writeFully(channel, array.part(from, (int) Math.min(CHUNK, count - from)));
            }
          }
        });
  }

  private static byte[] header(
      List<Map.Entry<String, Array>> arrays, Map<String, String> metadata) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (JsonGenerator json =
        JsonFactory.builder()
            .build()
            .createGenerator(ObjectWriteContext.empty(), out, JsonEncoding.UTF8)) {
      json.writeStartObject();
      if (!metadata.isEmpty()) {
        json.writeObjectPropertyStart(SafetensorsFile.METADATA);
        new TreeMap<>(metadata)
            .forEach(json::writeStringProperty); // the order of Map.of changes from run to run
        json.writeEndObject();
      }
      long offset = 0;
      for (Map.Entry<String, Array> entry : arrays) {
        Array array = entry.getValue();
        if (entry.getKey().equals(SafetensorsFile.METADATA)) {
          throw new IllegalArgumentException(
              "illegal name of an array: " + SafetensorsFile.METADATA + ", must be any other");
        }
        json.writeObjectPropertyStart(entry.getKey());
        json.writeStringProperty("dtype", array.type().name());
        json.writeName("shape").writeArray(array.shape(), 0, array.shape().length);
        json.writeName("data_offsets")
            .writeArray(new long[] {offset, offset += array.size()}, 0, 2);
        json.writeEndObject();
      }
      json.writeEndObject();
    }
    while (out.size() % 8 != 0) {
      out.write(' '); // the first array begins at a multiple of 8
    }
    if (out.size() > SafetensorsFile.MAX_HEADER) {
      throw new IllegalArgumentException(
          "illegal header of "
              + out.size()
              + " bytes, must be at most "
              + SafetensorsFile.MAX_HEADER
              + "; write fewer arrays or less metadata");
    }
    return out.toByteArray();
  }

  private static void writeFully(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
