package io.jiffusion.config;

import io.jiffusion.base.Check;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * One setting of a configuration, as {@code --set} names it, and what it means: the sentence of the
 * record's own documentation, which lies beside the classes for that.
 *
 * @param key such as {@code train.batch}
 * @param sentence what it is, and where it has limits, these
 * @param value of a configuration; empty where it has none
 */
public record Setting(String key, String sentence, String value) {
  private static final Pattern PARAM =
      Pattern.compile("(?s)@param (\\w+) (.*?)(?=\\n *\\* @param|\\n *\\*/)");
  private static final Pattern NUMBER = Pattern.compile("\\d+");
  private static final Pattern LINK = Pattern.compile("\\{@link (\\w*)#?(\\w*)[^}]*}");

  /** All settings, with the values of a configuration; its own network comes first. */
  public static List<Setting> of(RunConfig config) {
    List<Setting> all = new ArrayList<>();
    List<Setting> others = new ArrayList<>();
    Tree values = Tree.of(config);
    for (String part : List.of("data", "train", "process")) {
      add(part, component(RunConfig.class, part), values.fields().get(part), all);
    }
    for (RecordComponent kind : NetworkConfig.class.getRecordComponents()) {
      Tree network = values.fields().get("network").fields().get(kind.getName());
      add("network." + kind.getName(), kind.getType(), network, network == null ? others : all);
    }
    all.addAll(others);
    return all;
  }

  /**
   * The settings that give a configuration's images another size: the network's rows and columns,
   * and the rows at which it attends, which are those of its levels.
   *
   * @param size rows and columns
   * @return such as {@code network.unet.height=64}
   * @throws IllegalArgumentException if the network learns points
   */
  public static List<String> sized(RunConfig config, int size) {
    Check.that(
        !config.isToy(), "size", size, "must be left out: this network learns points, not images");
    long before = config.network().network().input().size(1);
    List<String> changes = new ArrayList<>();
    for (Setting setting : of(config)) {
      if (setting.value.isEmpty() || !setting.key.startsWith("network.")) {
        continue;
      }
      if (setting.key.matches(".*\\.(height|width|size)")) {
        changes.add(setting.key + "=" + size);
      } else if (setting.key.endsWith(".attention")) {
        String rows =
            NUMBER
                .matcher(setting.value)
                .replaceAll(match -> "" + Long.parseLong(match.group()) * size / before);
        changes.add(setting.key + "=" + rows);
      }
    }
    return changes;
  }

  private static Class<?> component(Class<?> record, String name) {
    return Arrays.stream(record.getRecordComponents())
        .filter(component -> component.getName().equals(name))
        .findFirst()
        .orElseThrow()
        .getType();
  }

  private static void add(String group, Class<?> record, Tree values, List<Setting> to) {
    Map<String, String> sentences = sentences(record);
    for (RecordComponent component : record.getRecordComponents()) {
      String name = component.getName();
      String key = group + "." + name;
      Tree value = values == null ? null : values.fields().get(name);
      Class<?> type = type(component.getGenericType());
      if (type.isRecord() && component.getType().isRecord()) {
        add(key, type, value, to);
        continue;
      }
      String sentence = sentences.getOrDefault(name, "") + words(type);
      to.add(new Setting(key, sentence, value == null ? "" : value.toString()));
      if (type.isRecord()) {
        add(key + "[]", type, null, to);
      }
    }
  }

  /** What an enumeration has to choose from. */
  private static String words(Class<?> type) {
    return type.isEnum()
        ? Arrays.stream(type.getEnumConstants())
            .map(constant -> Binder.name((Enum<?>) constant))
            .collect(Collectors.joining(", ", ": ", ""))
        : "";
  }

  /** A component's class; of a list, the class of its items. */
  private static Class<?> type(Type type) {
    return type instanceof ParameterizedType list
        ? type(list.getActualTypeArguments()[0])
        : (Class<?>) type;
  }

  /** What the documentation of a record says of its components. */
  private static Map<String, String> sentences(Class<?> record) {
    Class<?> file = record.getNestHost();
    try (InputStream in = file.getResourceAsStream(file.getSimpleName() + ".java")) {
      if (in == null) {
        return Map.of();
      }
      String source = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      int end = source.indexOf("public record " + record.getSimpleName() + "(");
      String doc = source.substring(source.lastIndexOf("/**", end), end);
      Map<String, String> sentences = new LinkedHashMap<>();
      Matcher matcher = PARAM.matcher(doc);
      while (matcher.find()) {
        sentences.put(matcher.group(1), plain(record, matcher.group(2)));
      }
      return sentences;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Without the marks of the documentation; of a link to a list, what is in it. */
  private static String plain(Class<?> record, String doc) {
    String text = doc.replaceAll("\\s*\\n *\\*\\s*", " ").replaceAll("\\{@code ([^}]*)}", "$1");
    return LINK.matcher(text)
        .replaceAll(link -> Matcher.quoteReplacement(linked(record, link.group(1), link.group(2))));
  }

  private static String linked(Class<?> record, String type, String member) {
    try {
      if (type.isEmpty() && record.getField(member).get(null) instanceof Collection<?> words) {
        return String.join(", ", words.stream().map(String::valueOf).toList());
      }
    } catch (ReflectiveOperationException e) {
      // No list of ours: its name says enough.
    }
    return member.isEmpty() ? type : type + (type.isEmpty() ? "" : ".") + member;
  }
}
