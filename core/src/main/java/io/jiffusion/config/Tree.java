package io.jiffusion.config;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.Shown;
import io.jiffusion.base.Written;
import java.io.IOException;
import java.io.StringWriter;
import java.lang.reflect.Array;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiFunction;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.TokenStreamFactory;
import tools.jackson.core.json.JsonFactory;
import tools.jackson.core.json.JsonReadFeature;
import tools.jackson.core.util.DefaultPrettyPrinter;
import tools.jackson.dataformat.yaml.YAMLFactory;
import tools.jackson.dataformat.yaml.YAMLParser;

/**
 * A value as it was written, with the place where it was written, so that an error can name it.
 *
 * @param value a {@code Map<String, Tree>}, {@code List<Tree>}, String, BigDecimal, Boolean or
 *     null; a Double for what is no finite number
 * @param place such as "line 3 of my.yaml"
 */
public record Tree(Object value, String place) {
  /**
   * The largest text that is read, in characters: a hundred times as much memory holds its tree.
   */
  private static final long LARGEST = Runtime.getRuntime().maxMemory() / 128;

  /** The largest in YAML, which people write by hand. */
  private static final long LARGEST_YAML = Math.min(1 << 18, LARGEST);

  private static final int KEYS_OF_A_SETTING = 10;
  private static final JsonFactory JSON = new JsonFactory();

  private static final int LONGEST_NUMBER = 200;
  private static final Pattern NUMBER =
      Pattern.compile("[-+]?[0-9]{1,90}(\\.[0-9]{0,90})?([eE][-+]?[0-9]{1,3})?");
  private static final Pattern EXTREME = Pattern.compile("[eE][-+]?[0-9]{4}");

  /** Reads YAML; {@code source} is how errors call it. */
  public static Tree yaml(String text, String source) {
    bound(text.length(), LARGEST_YAML, source);
    return read(new YAMLFactory(), text, source, "YAML");
  }

  /** Reads JSON; {@code source} is how errors call it. */
  public static Tree json(String text, String source) {
    bound(text.length(), LARGEST, source);
    return read(JSON, text, source, "JSON");
  }

  /** Reads JSON as Python writes it: with Infinity, -Infinity and NaN. */
  public static Tree pythonJson(String text, String source) {
    bound(text.length(), LARGEST, source);
    JsonFactory factory =
        JsonFactory.builder().enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS).build();
    return read(factory, text, source, "JSON");
  }

  /**
   * Reads a file.
   *
   * @param yaml whether it is YAML, else JSON
   * @throws JiffusionException if it is damaged, or larger than any configuration
   * @throws NoSuchFileException if it is not there
   */
  public static Tree file(Path file, boolean yaml) throws NoSuchFileException {
    return file(file, yaml ? LARGEST_YAML : LARGEST, yaml ? Tree::yaml : Tree::json);
  }

  /** Reads a file in JSON as Python writes it. */
  public static Tree pythonFile(Path file) throws NoSuchFileException {
    return file(file, LARGEST, Tree::pythonJson);
  }

  private static Tree file(Path file, long most, BiFunction<String, String, Tree> reader)
      throws NoSuchFileException {
    String name = file.toString();
    try {
      bound(Files.size(file), most, name);
      return reader.apply(Files.readString(file), name);
    } catch (NoSuchFileException e) {
      throw e;
    } catch (IOException e) {
      throw new JiffusionException("cannot read " + file + ", must be a text file in UTF-8", e);
    }
  }

  private static void bound(long size, long most, String source) {
    if (size > most) {
      throw new JiffusionException(
          source + " is no configuration: it has " + size + " bytes, must have at most " + most);
    }
  }

  private static Tree read(TokenStreamFactory factory, String text, String source, String format) {
    try (JsonParser parser = factory.createParser(ObjectReadContext.empty(), text)) {
      if (parser.nextToken() == null) {
        return new Tree(new LinkedHashMap<String, Tree>(), source);
      }
      Tree tree = new Reading(parser, source).value();
      if (parser.nextToken() != null) {
        throw new JiffusionException(source + " holds more than one document, must be one");
      }
      return tree;
    } catch (JacksonException e) {
      // Its text speaks of Java classes; its location is all that a reader needs.
      String where =
          e.getLocation() == null
              ? ""
              : " at line "
                  + e.getLocation().getLineNr()
                  + ", column "
                  + e.getLocation().getColumnNr();
      throw new JiffusionException(source + " is not valid " + format + where, e);
    }
  }

  /** The grammar, one method a rule. */
  private static final class Reading {
    private final JsonParser parser;
    private final String source;
    private int line = -1;
    private String place; // one text for all values of a line

    Reading(JsonParser parser, String source) {
      this.parser = parser;
      this.source = source;
    }

    private String place() {
      int now = parser.currentTokenLocation().getLineNr();
      if (now != line) {
        line = now;
        place = "line " + now + " of " + source;
      }
      return place;
    }

    Tree value() {
      return value(place());
    }

    private Tree value(String place) {
      if (parser instanceof YAMLParser yaml && yaml.isCurrentAlias()) {
        throw new JiffusionException(
            "alias *"
                + Shown.value(parser.getString())
                + " ("
                + place
                + ") is not supported, write the value out");
      }
      JsonToken token = parser.currentToken();
      Object value =
          switch (token) {
            case START_OBJECT -> map();
            case START_ARRAY -> list();
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT ->
                parser.isNaN() ? notFinite() : number(place);
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NULL -> null;
            case VALUE_STRING -> parser.getString();
            default ->
                throw new JiffusionException(
                    "a value of a kind that is not supported, such as !!binary ("
                        + place
                        + "), must be a text, a number, true, false, null, a list or a group");
          };
      return new Tree(value, place);
    }

    /** A Double where the format says so; YAML's words stay texts. */
    private Object notFinite() {
      return parser instanceof YAMLParser ? parser.getString() : (Object) parser.getDoubleValue();
    }

    /** Looked at before it is converted, which takes long for many digits or a great exponent. */
    private BigDecimal number(String place) {
      String text = parser.getString();
      if (text.length() > LONGEST_NUMBER
          || !text.startsWith("0x") && EXTREME.matcher(text).find()) {
        throw new JiffusionException(
            "illegal number: "
                + Shown.value(text)
                + ", must have at most "
                + LONGEST_NUMBER
                + " digits and an exponent of at most 3 ("
                + place
                + ")");
      }
      return parser.getDecimalValue();
    }

    private Map<String, Tree> map() {
      Map<String, Tree> map = new LinkedHashMap<>();
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String key = parser.currentName();
        String place = place();
        parser.nextToken();
        if (map.put(key, value(place)) != null) {
          throw new JiffusionException(
              "key " + Shown.value(key) + " is given twice (" + place + "), remove one");
        }
      }
      return map;
    }

    private List<Tree> list() {
      List<Tree> list = new ArrayList<>();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        list.add(value());
      }
      return list;
    }
  }

  /** The number that a text tells, with an exponent of at most three digits; null if it is none. */
  public static BigDecimal number(String text) {
    return NUMBER.matcher(text).matches() ? new BigDecimal(text) : null;
  }

  /**
   * The tree {@code key: value} of a setting such as {@code train.batch=32}; the value is read as
   * YAML, but for a path: 2024 is a folder's name there.
   */
  static Tree setting(String text) {
    int equals = text.indexOf('=');
    if (equals < 1) {
      throw new IllegalArgumentException(
          "illegal --set " + Shown.value(text) + ", must be key=value, such as train.batch=32");
    }
    String place = "--set " + Shown.value(text);
    String value = text.substring(equals + 1);
    boolean literal = text.startsWith("data.path=") && !value.matches("([\"']).*\\1");
    Tree tree = new Tree(value.isEmpty() || literal ? value : yaml(value, place).value, place);
    String[] keys = text.substring(0, equals).split("\\.");
    if (keys.length > KEYS_OF_A_SETTING) {
      throw new IllegalArgumentException(
          "illegal " + place + ", must have at most " + KEYS_OF_A_SETTING + " keys in each other");
    }
    for (int i = keys.length - 1; i >= 0; i--) {
      tree = new Tree(new LinkedHashMap<>(Map.of(keys[i], tree)), place);
    }
    return tree;
  }

  /** This tree with another laid over it: groups are merged key by key, all else is replaced. */
  public Tree merge(Tree over) {
    if (!(value instanceof Map) || !(over.value instanceof Map)) {
      return over;
    }
    Map<String, Tree> merged = new LinkedHashMap<>(fields());
    over.fields().forEach((key, tree) -> merged.merge(key, tree, Tree::merge));
    return new Tree(merged, place);
  }

  @SuppressWarnings("unchecked") // maps are only made here
  public Map<String, Tree> fields() {
    return (Map<String, Tree>) value;
  }

  /**
   * The tree of a record's components, or of a map by texts; components that are null are left out.
   * A number that is not finite becomes null, as JSON has none.
   */
  public static Tree of(Object object) {
    return new Tree(plain(object), "");
  }

  private static Object plain(Object object) {
    if (object instanceof Written) {
      return object.toString();
    }
    if (object instanceof Record record) {
      Map<String, Tree> map = new LinkedHashMap<>();
      for (RecordComponent component : record.getClass().getRecordComponents()) {
        Object value = Binder.read(component, record);
        if (value != null) {
          map.put(component.getName(), of(value));
        }
      }
      return map;
    }
    if (object instanceof Map<?, ?> values) {
      Map<String, Tree> map = new LinkedHashMap<>();
      values.forEach((key, value) -> map.put(key.toString(), of(value)));
      return map;
    }
    if (object instanceof List<?> list) {
      return list.stream().map(Tree::of).toList();
    }
    if (object.getClass().isArray()) {
      List<Tree> list = new ArrayList<>();
      for (int i = 0; i < Array.getLength(object); i++) {
        list.add(of(Array.get(object, i)));
      }
      return list;
    }
    if (object instanceof Enum<?> constant) {
      return Binder.name(constant);
    }
    if (object instanceof Number number) {
      return Double.isFinite(number.doubleValue())
          ? new BigDecimal(number.toString()).stripTrailingZeros()
          : null;
    }
    return object;
  }

  /** This tree as JSON on one line. */
  public String toJson() {
    return write(JSON, false);
  }

  /** This tree as indented JSON. */
  public String toPrettyJson() {
    return write(JSON, true) + "\n";
  }

  /** This tree as YAML, lists on one line. */
  String toYaml() {
    StringBuilder text = new StringBuilder();
    yaml(text, "");
    return text.toString();
  }

  private void yaml(StringBuilder text, String indent) {
    fields()
        .forEach(
            (key, tree) -> {
              text.append(indent).append(key).append(':');
              if (tree.value instanceof Map) {
                text.append('\n');
                tree.yaml(text, indent + "  ");
              } else {
                text.append(' ').append(tree.scalar()).append('\n');
              }
            });
  }

  /** Plain where YAML cannot take it for anything else, in JSON's quotes where it could. */
  private String scalar() {
    if (value instanceof List<?> list) {
      return list.stream()
          .map(item -> ((Tree) item).scalar())
          .collect(Collectors.joining(", ", "[", "]"));
    }
    boolean plain =
        value instanceof String text
            && text.matches("[a-z][a-z0-9/_.-]*[a-z0-9]")
            && !List.of("true", "false", "null", "yes", "no", "on", "off").contains(text);
    return plain ? value.toString() : toJson();
  }

  private String write(TokenStreamFactory factory, boolean pretty) {
    StringWriter out = new StringWriter();
    try (JsonGenerator generator = factory.createGenerator(context(pretty), out)) {
      write(generator);
    }
    return out.toString();
  }

  private static ObjectWriteContext context(boolean pretty) {
    return pretty
        ? new ObjectWriteContext.Base() {
          @Override
          public DefaultPrettyPrinter getPrettyPrinter() {
            return new DefaultPrettyPrinter();
          }
        }
        : ObjectWriteContext.empty();
  }

  private void write(JsonGenerator out) {
    if (value instanceof Map) {
      out.writeStartObject();
      fields()
          .forEach(
              (key, tree) -> {
                out.writeName(key);
                tree.write(out);
              });
      out.writeEndObject();
    } else if (value instanceof List<?> list) {
      out.writeStartArray();
      list.forEach(tree -> ((Tree) tree).write(out));
      out.writeEndArray();
    } else if (value instanceof BigDecimal number) {
      out.writeNumber(text(number));
    } else if (value instanceof Boolean truth) {
      out.writeBoolean(truth);
    } else if (value == null) {
      out.writeNull();
    } else {
      out.writeString(value.toString());
    }
  }

  /** 64 and 0.0001 rather than 6.4E+1 and 1E-4, as people write them. */
  private static String text(BigDecimal number) {
    return Math.abs(number.scale()) > 20
        ? number.toString().toLowerCase(Locale.ROOT)
        : number.toPlainString();
  }

  /** The value as an error tells it. */
  @Override
  public String toString() {
    return value instanceof Map || value instanceof List
        ? toJson()
        : value instanceof BigDecimal number ? text(number) : String.valueOf(value);
  }
}
