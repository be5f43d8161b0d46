package io.jiffusion.weights;

import io.jiffusion.base.AtomicFile;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.Shown;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.json.JsonFactory;

/**
 * Arrays in several files, told by an index beside them, as {@code
 * diffusion_pytorch_model.safetensors.index.json} is. The shards must lie in the index's folder,
 * and hold together exactly the arrays that it names. The index's total size is not looked at:
 * programs count it in different ways, and the shards are checked themselves.
 */
public final class ShardedFile implements ArrayFile {
  private static final long LARGEST_INDEX = 64 << 20;

  private final Path path;
  private final Map<String, ArrayFile> shards = new LinkedHashMap<>(); // by file name
  private final Map<String, ArrayFile> places = new LinkedHashMap<>(); // by array
  private final Map<String, Info> arrays = new LinkedHashMap<>();

  private ShardedFile(Path path) {
    this.path = path;
  }

  /**
   * Opens an index and all its shards.
   *
   * @param open opens a shard
   * @throws JiffusionException if index or shards are missing, damaged or do not fit each other
   */
  public static ShardedFile open(Path index, Function<Path, ArrayFile> open) {
    ShardedFile file = new ShardedFile(index);
    boolean opened = false;
    try {
      file.open(file.weightMap(), open);
      opened = true;
      return file;
    } finally {
      if (!opened) {
        file.close();
      }
    }
  }

  private void open(Map<String, String> weightMap, Function<Path, ArrayFile> open) {
    for (String name : weightMap.values()) {
      if (shards.containsKey(name)) {
        continue;
      }
      if (!name.matches("[A-Za-z0-9_-][A-Za-z0-9._-]*")) {
        throw bad(
            "the shard `%s` is not the plain name of a file in its folder",
            name.length() > 200 ? name.substring(0, 200) + "…" : name);
      }
      if (name.endsWith(".json")) { // an index of indices could name itself
        throw bad("the shard %s is an index, must be a file of tensors", name);
      }
      Path shard = path.resolveSibling(name);
      if (!Files.isRegularFile(shard)) {
        throw bad("the shard %s is missing; download it too", name);
      }
      shards.put(name, open.apply(shard));
    }
    shards.forEach(
        (name, shard) ->
            shard
                .arrays()
                .forEach(
                    (array, info) -> {
                      if (!name.equals(weightMap.get(array))) {
                        throw bad(
                            "the shard %s holds `%s`, which the index %s",
                            name,
                            array,
                            weightMap.containsKey(array)
                                ? "places in " + weightMap.get(array)
                                : "does not name");
                      }
                      places.put(array, shard);
                      arrays.put(array, info);
                    }));
    weightMap.forEach(
        (array, name) -> {
          if (!arrays.containsKey(array)) {
            throw bad("the shard %s does not hold `%s`, which the index places there", name, array);
          }
        });
  }

  /** The name of its shard for each array. */
  private Map<String, String> weightMap() {
    Map<String, String> map = null;
    try (JsonParser json =
        JsonFactory.builder().build().createParser(ObjectReadContext.empty(), text())) {
      if (json.nextToken() != JsonToken.START_OBJECT) {
        throw bad("it is not an object");
      }
      while (json.nextToken() == JsonToken.PROPERTY_NAME) {
        boolean wanted = json.currentName().equals("weight_map");
        json.nextToken();
        if (!wanted) {
          json.skipChildren();
        } else if (map != null) {
          throw bad("it has two weight_map, must be one");
        } else {
          map = entries(json);
        }
      }
      if (json.nextToken() != null) {
        throw bad("there is text after the end of its object");
      }
    } catch (JacksonException e) {
      throw bad("it is not valid JSON");
    }
    if (map == null) {
      throw bad("it has no weight_map");
    }
    return map;
  }

  private Map<String, String> entries(JsonParser json) {
    if (json.currentToken() != JsonToken.START_OBJECT) {
      throw bad("its weight_map is not an object");
    }
    Map<String, String> map = new LinkedHashMap<>();
    while (json.nextToken() == JsonToken.PROPERTY_NAME) {
      String array = json.currentName();
      if (json.nextToken() != JsonToken.VALUE_STRING) {
        throw bad("the shard of `%s` is not a text", array);
      }
      if (map.put(array, json.getString()) != null) {
        throw bad("it names `%s` twice", array);
      }
    }
    return map;
  }

  private String text() {
    try {
      if (Files.size(path) > LARGEST_INDEX) {
        throw bad("it has more than %d bytes", LARGEST_INDEX);
      }
      return Files.readString(path);
    } catch (MalformedInputException e) {
      throw bad("it is not UTF-8");
    } catch (IOException e) {
      throw new JiffusionException("cannot read " + path + ": " + AtomicFile.reason(e), e);
    }
  }

  private JiffusionException bad(String what, Object... values) {
    Object[] shown =
        Arrays.stream(values).map(v -> v instanceof String ? Shown.value(v) : v).toArray();
    return new JiffusionException(path + " is no valid index of shards: " + what.formatted(shown));
  }

  private ArrayFile place(String name) {
    ArrayFile shard = places.get(name);
    if (shard == null) {
      throw new JiffusionException(path + " has no array `" + Shown.value(name) + "`");
    }
    return shard;
  }

  @Override
  public Path path() {
    return path;
  }

  @Override
  public Map<String, Info> arrays() {
    return Collections.unmodifiableMap(arrays);
  }

  @Override
  public float[] floats(String name) {
    return place(name).floats(name);
  }

  @Override
  public float[] floats(String name, long from, int count) {
    return place(name).floats(name, from, count);
  }

  @Override
  public double[] doubles(String name) {
    return place(name).doubles(name);
  }

  @Override
  public long[] longs(String name) {
    return place(name).longs(name);
  }

  @Override
  public void close() {
    shards.values().forEach(ArrayFile::close);
  }
}
