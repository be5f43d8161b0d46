package io.jiffusion.weights;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.Shown;
import io.jiffusion.weights.SafetensorsFile.Entry;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * The checked header of a safetensors file.
 *
 * @param entries arrays in the order of their bytes
 * @param metadata the file's own texts
 */
record SafetensorsHeader(Map<String, Entry> entries, Map<String, String> metadata) {
  private static final int MAX_RANK = 64;
  private static final JsonFactory JSON = JsonFactory.builder().build();

  /**
   * Reads and checks a header.
   *
   * @param dataSize bytes that follow it in the file
   * @param path the file, for messages
   */
  static SafetensorsHeader parse(ByteBuffer utf8, long dataSize, Path path) {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(utf8).toString();
    } catch (CharacterCodingException e) {
      throw bad(path, "the header is not UTF-8");
    }
    if (text.charAt(0) != '{') {
      throw bad(path, "the header begins with `%s`, must begin with {", printable(text.charAt(0)));
    }
    try (JsonParser json = JSON.createParser(ObjectReadContext.empty(), text)) {
      SafetensorsHeader read = new Reading(json, path).header();
      return new SafetensorsHeader(
          inOrder(read.entries, dataSize, path), Collections.unmodifiableMap(read.metadata));
    } catch (JacksonException e) {
      long at = e.getLocation() == null ? 0 : e.getLocation().getCharOffset();
      throw bad(path, "the header is not valid JSON at character %d", at);
    }
  }

  /** The grammar, one method a rule. */
  private static final class Reading {
    private final JsonParser json;
    private final Path path;

    Reading(JsonParser json, Path path) {
      this.json = json;
      this.path = path;
    }

    SafetensorsHeader header() {
      Map<String, Entry> entries = new LinkedHashMap<>();
      Map<String, String> metadata = null;
      json.nextToken();
      while (json.nextToken() == JsonToken.PROPERTY_NAME) {
        String name = json.currentName();
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(name)) {
          throw bad(path, "a name holds half of a surrogate pair");
        }
        if (name.equals(SafetensorsFile.METADATA)) {
          if (metadata != null) {
            throw bad(path, "two entries __metadata__, must be one");
          }
          metadata = metadata();
        } else if (entries.put(name, entry(name)) != null) {
          throw bad(path, "two arrays `%s`, names must differ", name);
        }
      }
      if (json.nextToken() != null) {
        throw bad(path, "text after the end of the header's object");
      }
      return new SafetensorsHeader(entries, metadata == null ? Map.of() : metadata);
    }

    private Map<String, String> metadata() {
      Map<String, String> texts = new LinkedHashMap<>();
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw bad(path, "__metadata__ is not an object of texts");
      }
      while (json.nextToken() == JsonToken.PROPERTY_NAME) {
        String key = json.currentName();
        if (json.nextToken() != JsonToken.VALUE_STRING) {
          throw bad(path, "__metadata__ `%s` is not a text", key);
        }
        if (texts.put(key, json.getString()) != null) {
          throw bad(path, "two texts `%s` in __metadata__, keys must differ", key);
        }
      }
      return texts;
    }

    private Entry entry(String name) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw bad(path, "array `%s` is not an object with dtype, shape and data_offsets", name);
      }
      DType type = null;
      long[] shape = null;
      long[] offsets = null;
      while (json.nextToken() == JsonToken.PROPERTY_NAME) {
        String field = json.currentName();
        json.nextToken();
        boolean twice;
        switch (field) {
          case "dtype" -> {
            twice = type != null;
            type = type(name);
          }
          case "shape" -> {
            twice = shape != null;
            shape = numbers(name, field, MAX_RANK);
          }
          case "data_offsets" -> {
            twice = offsets != null;
            offsets = numbers(name, field, 2);
          }
          default -> throw bad(path, "array `%s` has an unknown field `%s`", name, field);
        }
        if (twice) {
          throw bad(path, "array `%s` has two fields %s", name, field);
        }
      }
      if (type == null || shape == null || offsets == null) {
        String missing = type == null ? "dtype" : shape == null ? "shape" : "data_offsets";
        throw bad(path, "array `%s` has no %s", name, missing);
      }
      if (offsets.length != 2 || offsets[0] > offsets[1]) {
        String given = Arrays.toString(offsets);
        throw bad(path, "array `%s` has data_offsets %s, must be [begin, end]", name, given);
      }
      long have = offsets[1] - offsets[0];
      long need = bytes(name, type, shape);
      if (have != need) {
        String what = type + " " + Arrays.toString(shape);
        throw bad(path, "array `%s` has %d bytes, must be %d for %s", name, have, need, what);
      }
      return new Entry(type, shape, offsets[0], offsets[1]);
    }

    private DType type(String name) {
      boolean isText = json.currentToken() == JsonToken.VALUE_STRING;
      String text = isText ? json.getString() : "of another kind than a text";
      for (DType type : DType.values()) {
        if (type.name().equals(text)) {
          return type;
        }
      }
      String rule = "must be one of " + Arrays.toString(DType.values());
      throw bad(path, "array `%s` has dtype %s, " + rule, name, text);
    }

    private long[] numbers(String name, String field, int most) {
      if (json.currentToken() != JsonToken.START_ARRAY) {
        throw bad(path, "array `%s` has a %s that is not a list", name, field);
      }
      long[] numbers = new long[most];
      int count = 0;
      while (json.nextToken() != JsonToken.END_ARRAY) {
        if (count == most) {
          throw bad(path, "array `%s` has a %s of more than %d numbers", name, field, most);
        }
        if (!isSize()) {
          boolean plain = json.currentToken().isScalarValue();
          String value = plain ? json.getString() : "a " + json.currentToken();
          String rule = "must be a whole number from 0 to 2^63-1";
          throw bad(path, "array `%s` has %s in its %s, %s", name, value, field, rule);
        }
        numbers[count++] = json.getLongValue();
      }
      return Arrays.copyOf(numbers, count);
    }

    private boolean isSize() {
      return json.currentToken() == JsonToken.VALUE_NUMBER_INT
          && json.getNumberType() != JsonParser.NumberType.BIG_INTEGER
          && json.getLongValue() >= 0;
    }

    private long bytes(String name, DType type, long[] shape) {
      try {
        long bytes = type.bytes();
        for (long size : shape) {
          bytes = Math.multiplyExact(bytes, size);
        }
        return bytes;
      } catch (ArithmeticException e) {
        String sizes = Arrays.toString(shape);
        throw bad(path, "array `%s` has shape %s, more than 2^63 bytes", name, sizes);
      }
    }
  }

  /** The entries by offset, if they cover the data exactly. */
  private static Map<String, Entry> inOrder(Map<String, Entry> entries, long dataSize, Path path) {
    List<Map.Entry<String, Entry>> order = new ArrayList<>(entries.entrySet());
    order.sort(
        Comparator.<Map.Entry<String, Entry>>comparingLong(named -> named.getValue().begin())
            .thenComparingLong(named -> named.getValue().end()));
    Map<String, Entry> sorted = new LinkedHashMap<>();
    long covered = 0;
    for (Map.Entry<String, Entry> named : order) {
      Entry entry = named.getValue();
      if (entry.begin() != covered) {
        throw bad(
            path,
            "array `%s` begins at byte %d of the data, must begin at %d: arrays may not overlap or leave holes",
            named.getKey(),
            entry.begin(),
            covered);
      }
      covered = entry.end();
      sorted.put(named.getKey(), entry);
    }
    if (covered > dataSize) {
      throw new JiffusionException(
          "%s is cut short: its arrays need %d bytes of data, the file holds %d; copy or download it again"
              .formatted(path, covered, dataSize));
    }
    if (covered < dataSize) {
      throw bad(path, "%d bytes after the last array belong to none", dataSize - covered);
    }
    return Collections.unmodifiableMap(sorted);
  }

  private static JiffusionException bad(Path path, String what, Object... values) {
    Object[] shown =
        Arrays.stream(values).map(v -> v instanceof String ? Shown.value(v) : v).toArray();
    return new JiffusionException(path + " is no valid safetensors file: " + what.formatted(shown));
  }

  private static String printable(char c) {
    return c < ' ' ? "\\u%04x".formatted((int) c) : String.valueOf(c);
  }
}
