package io.jiffusion;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * Recorded numbers of the originals, from the test resources: safetensors files as doubles, and
 * JSON.
 */
public final class Fixtures {
  private Fixtures() {}

  /** A tensor of a fixture. */
  // Numbers that are never compared.
  @SuppressWarnings("ArrayRecordComponent")
  public record Array(int[] shape, double[] values) {

    /** Number i along the first axis. */
    public double[] row(int i) {
      int size = values.length / shape[0];
      return Arrays.copyOfRange(values, i * size, (i + 1) * size);
    }

    public int[] ints() {
      return Arrays.stream(values).mapToInt(value -> (int) value).toArray();
    }
  }

  /** Every tensor of a safetensors resource such as {@code mixture/plane.safetensors}. */
  public static Map<String, Array> tensors(String resource) {
    ByteBuffer file = ByteBuffer.wrap(bytes(resource)).order(ByteOrder.LITTLE_ENDIAN);
    int header = Math.toIntExact(file.getLong());
    JsonNode entries =
        JsonMapper.shared().readTree(new String(file.array(), 8, header, StandardCharsets.UTF_8));
    Map<String, Array> tensors = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : entries.properties()) {
      if (entry.getKey().equals("__metadata__")) {
        continue;
      }
      JsonNode node = entry.getValue();
      int[] shape = new int[node.get("shape").size()];
      int count = 1;
      for (int i = 0; i < shape.length; i++) {
        shape[i] = node.get("shape").get(i).asInt();
        count *= shape[i];
      }
      file.position(8 + header + node.get("data_offsets").get(0).asInt());
      double[] values = new double[count];
      for (int i = 0; i < count; i++) {
        values[i] =
            switch (node.get("dtype").asString()) {
              case "F64" -> file.getDouble();
              case "F32" -> file.getFloat();
              case "I64" -> file.getLong();
              case "I32" -> file.getInt();
              case "U8" -> file.get() & 0xFF;
              default ->
                  throw new IllegalArgumentException(
                      "illegal dtype in " + resource + ": " + node.get("dtype"));
            };
      }
      tensors.put(entry.getKey(), new Array(shape, values));
    }
    return tensors;
  }

  /** A JSON resource. */
  public static JsonNode json(String resource) {
    return JsonMapper.shared().readTree(bytes(resource));
  }

  private static byte[] bytes(String resource) {
    try (InputStream in = Fixtures.class.getResourceAsStream("/" + resource)) {
      if (in == null) {
        throw new IllegalArgumentException("no test resource " + resource);
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
