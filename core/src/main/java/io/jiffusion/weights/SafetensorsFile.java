package io.jiffusion.weights;

import io.jiffusion.run.JiffusionException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/**
 * A safetensors file opened for reading. Every rule of the format is checked when it is opened; arrays are mapped when they are
 * asked for.
 */
public final class SafetensorsFile implements AutoCloseable {
  private static final JsonFactory JSON =
      JsonFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private record Entry(String name, Array.Type type, long[] sizes, long from, long to) {}

  private final Path file;
  private final FileChannel channel;
  private final long start;
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private final Map<String, String> metadata = new LinkedHashMap<>();

  /**
   * Opens a file.
   *
   * @throws JiffusionException if it cannot be read or breaks a rule of the format; the message says which
   */
  public SafetensorsFile(Path file) {
    this.file = file;
    FileChannel opened = null;
    try {
      opened = FileChannel.open(file, StandardOpenOption.READ);
      channel = opened;
      long size = channel.size();
      check(size >= 10, "it has " + size + " bytes, a header has at least 10");
      long length = read(0, 8).getLong();
      check(length >= 2 && length <= Safetensors.LARGEST_HEADER && length <= size - 8,
          "its header claims " + Long.toUnsignedString(length) + " bytes, the file has " + size
              + " and a header at most " + Safetensors.LARGEST_HEADER);
      start = 8 + length;
      header(read(8, (int) length).array());
      layout(size - start);
    } catch (JacksonException e) {
      close(opened);
      throw bad("its header is not valid JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      close(opened);
      throw new JiffusionException("cannot read " + file + ": " + e.getMessage(), e);
    } catch (JiffusionException e) {
      close(opened);
      throw e;
    }
  }

  /** Names of the arrays, in the header's order. */
  public Set<String> names() {
    return entries.keySet();
  }

  /** The texts of the header. */
  public Map<String, String> metadata() {
    return metadata;
  }

  /** Sizes of an array, without reading it. */
  public long[] sizes(String name) {
    return entry(name).sizes.clone();
  }

  /**
   * An array of at most 2 GB.
   *
   * @throws JiffusionException if there is none of this name
   */
  public Array at(String name) {
    Entry entry = entry(name);
    long bytes = entry.to - entry.from;
    check(bytes <= Integer.MAX_VALUE, name + " has " + bytes + " bytes, at most 2 GB are read at once");
    try {
      return new Array(entry.type, entry.sizes, channel.map(FileChannel.MapMode.READ_ONLY, start + entry.from, bytes));
    } catch (IOException e) {
      throw new JiffusionException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  private Entry entry(String name) {
    Entry entry = entries.get(name);
    if (entry == null) {
      throw new JiffusionException(file + " has no array " + name);
    }
    return entry;
  }

  private ByteBuffer read(long position, int count) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(count).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining() && channel.read(bytes, position + bytes.position()) >= 0) {
      // a read may bring less than was asked for
    }
    return bytes.flip();
  }

  private void header(byte[] text) {
    check(text[0] == '{', "its header does not begin with {");
    try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), text)) {
      json.nextToken();
      while (json.nextToken() != JsonToken.END_OBJECT) {
        String name = json.currentName();
        check(json.nextToken() == JsonToken.START_OBJECT, name + " is not an object");
        if (name.equals("__metadata__")) {
          while (json.nextToken() != JsonToken.END_OBJECT) {
            String key = json.currentName();
            check(json.nextToken() == JsonToken.VALUE_STRING, "metadata " + key + " is not a text");
            metadata.put(key, json.getString());
          }
        } else {
          entries.put(name, entry(name, json));
        }
      }
      check(json.nextToken() == null, "something follows its header's object");
    }
  }

  private Entry entry(String name, JsonParser json) {
    Array.Type type = null;
    long[] sizes = null;
    long[] offsets = null;
    while (json.nextToken() != JsonToken.END_OBJECT) {
      String key = json.currentName();
      JsonToken token = json.nextToken();
      switch (key) {
        case "dtype" -> {
          check(token == JsonToken.VALUE_STRING, "the dtype of " + name + " is not a text");
          type = type(name, json.getString());
        }
        case "shape" -> sizes = numbers(name, json);
        case "data_offsets" -> offsets = numbers(name, json);
        default -> throw bad(name + " has the unknown key " + key, null);
      }
    }
    check(type != null && sizes != null && offsets != null, name + " must have dtype, shape and data_offsets");
    check(offsets.length == 2 && offsets[0] <= offsets[1], name + " has the offsets " + Arrays.toString(offsets)
        + ", must be a start and an end");
    try {
      long bytes = type.width;
      for (long size : sizes) {
        bytes = Math.multiplyExact(bytes, size);
      }
      check(bytes == offsets[1] - offsets[0], name + " of shape " + Arrays.toString(sizes) + " and type " + type + " needs "
          + bytes + " bytes, its offsets give " + (offsets[1] - offsets[0]));
    } catch (ArithmeticException e) {
      throw bad("the shape " + Arrays.toString(sizes) + " of " + name + " is too large", e);
    }
    return new Entry(name, type, sizes, offsets[0], offsets[1]);
  }

  private Array.Type type(String name, String text) {
    for (Array.Type type : Array.Type.values()) {
      if (type.name().equals(text)) {
        return type;
      }
    }
    throw bad(name + " has the type " + text + ", known are " + Arrays.toString(Array.Type.values()), null);
  }

  private long[] numbers(String name, JsonParser json) {
    check(json.currentToken() == JsonToken.START_ARRAY, "shape and data_offsets of " + name + " must be lists");
    List<Long> numbers = new ArrayList<>();
    while (json.nextToken() != JsonToken.END_ARRAY) {
      check(json.currentToken() == JsonToken.VALUE_NUMBER_INT
              && json.getNumberType() != JsonParser.NumberType.BIG_INTEGER && json.getLongValue() >= 0,
          name + " has the number " + json.getString() + ", must be whole and not negative");
      numbers.add(json.getLongValue());
    }
    return numbers.stream().mapToLong(Long::longValue).toArray();
  }

  /** No holes, no overlap, nothing left over: no second meaning can hide in the file. */
  private void layout(long size) {
    List<Entry> sorted = new ArrayList<>(entries.values());
    sorted.sort(Comparator.comparingLong(Entry::from).thenComparingLong(Entry::to));
    long end = 0;
    for (Entry entry : sorted) {
      check(entry.from == end, entry.name + " begins at " + entry.from + ", must begin at " + end
          + ", where the array before it ends");
      end = entry.to;
    }
    check(end == size, "its arrays end at " + end + ", the file has " + size + " bytes for them");
  }

  private void check(boolean legal, String problem) {
    if (!legal) {
      throw bad(problem, null);
    }
  }

  private JiffusionException bad(String problem, Exception cause) {
    return new JiffusionException(file + " is not a safetensors file: " + problem, cause);
  }

  private static void close(FileChannel channel) {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        // The reason why the file is refused matters more.
      }
    }
  }

  @Override
  public void close() {
    close(channel);
  }
}
