package io.jiffusion.checkpoint;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which array of a peer's file each of our parameters is: data, read from {@code /maps/NAME.map}.
 *
 * <pre>
 * # our block            their block                          leaves
 * down.{i}.{j}.res       down_blocks.{i}.resnets.{j}          residual
 * up.{i}.{j}.res         up_blocks.{levels-1-i}.resnets.{j}   residual
 * in                     conv_in
 *
 * [residual]
 * # our layer            their layer                          cut
 * time                   time_emb_proj
 * q                      to_q | query
 * k                      qkv                                  heads-qkv:1
 *
 * [ignored]
 * betas
 * </pre>
 *
 * <p>{@code {i}} on our side is a number; on their side a sum or product of such numbers and of the
 * variables that the peer's reader gives; {@code {#}} numbers the blocks in the order in which the
 * network asks for them. A block without a section of leaves is one layer. A layer keeps {@code
 * .weight} and {@code .bias}; where their name is not the layer's plus one of these, ours is
 * written with it. Of alternatives, separated by bars, the first that the file has is taken. A cut
 * says which part of their array is ours: see {@link TensorSlice}.
 */
public final class NameMap {
  private static final Pattern NUMBER = Pattern.compile("\\{([a-z]+)}");
  private static final Pattern SUM = Pattern.compile("\\{([^}]+)}");

  private final List<Rule> blocks = new ArrayList<>();
  private final Map<String, List<Rule>> leaves = new LinkedHashMap<>();
  private final List<Pattern> ignored = new ArrayList<>();
  private final Map<String, Integer> variables;
  private final Map<String, Integer> modules = new HashMap<>();

  /** A line: our name or block, theirs, and the cut or the section of leaves. */
  private record Rule(Pattern ours, List<String> names, List<String> theirs, String last) {}

  /**
   * Where one of our parameters may be in the peer's file.
   *
   * @param name what it is called there
   * @param cut which part of it, and how it lies
   */
  public record Place(String name, TensorSlice cut) {}

  private NameMap(Map<String, Integer> variables) {
    this.variables = Map.copyOf(variables);
  }

  /**
   * Reads a map.
   *
   * @param name of the resource
   * @param variables numbers of the network that names and cuts depend on
   */
  public static NameMap of(String name, Map<String, Integer> variables) {
    NameMap map = new NameMap(variables);
    try (InputStream in = NameMap.class.getResourceAsStream("/maps/" + name + ".map")) {
      String section = "";
      for (String line :
          new String(in.readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .map(String::strip)
              .toList()) {
        if (line.isEmpty() || line.startsWith("#")) {
          continue;
        }
        if (line.startsWith("[")) {
          section = line.substring(1, line.length() - 1);
        } else if (section.equals("ignored")) {
          map.ignored.add(glob(line));
        } else if (section.isEmpty()) {
          map.blocks.add(rule(line));
        } else {
          map.leaves.computeIfAbsent(section, key -> new ArrayList<>()).add(rule(line));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return map;
  }

  private static Rule rule(String line) {
    String[] parts = line.replaceAll(" *\\| *", "|").split("\\s+");
    List<String> names = new ArrayList<>();
    Matcher numbers = NUMBER.matcher(parts[0]);
    StringBuilder ours = new StringBuilder();
    int at = 0;
    while (numbers.find()) {
      ours.append(Pattern.quote(parts[0].substring(at, numbers.start()))).append("(\\d+)");
      names.add(numbers.group(1));
      at = numbers.end();
    }
    ours.append(Pattern.quote(parts[0].substring(at)));
    return new Rule(
        Pattern.compile(ours.toString()),
        names,
        List.of(parts[1].split("\\|")),
        parts.length > 2 ? parts[2] : "");
  }

  private static Pattern glob(String text) {
    return Pattern.compile(Pattern.quote(text).replace("*", "\\E.*\\Q"));
  }

  /** Whether the peer's array of this name is known to be none of a network's. */
  public boolean ignores(String theirs) {
    return ignored.stream().anyMatch(pattern -> pattern.matcher(theirs).matches());
  }

  /**
   * Where a parameter may be; of several places the first that the file has counts. To be asked in
   * the order in which the network asks, where the map numbers modules by {@code {#}}.
   *
   * @param ours its name, such as {@code down.0.1.res.conv1.weight}
   * @throws IllegalStateException if the map does not know it
   */
  public List<Place> places(String ours) {
    for (Rule block : blocks) {
      Matcher matcher = block.ours.matcher(ours);
      if (matcher.lookingAt() && ends(ours, matcher.end())) {
        List<Place> inside = inside(block.last, ours.substring(matcher.end()));
        if (!inside.isEmpty()) {
          Map<String, Integer> numbers = numbers(block, matcher);
          numbers.put("#", modules.computeIfAbsent(matcher.group(), key -> modules.size()));
          List<Place> places = new ArrayList<>();
          for (String theirs : block.theirs) {
            String start = filled(theirs, numbers);
            inside.forEach(rest -> places.add(new Place(start + rest.name, rest.cut)));
          }
          return places;
        }
      }
    }
    throw new IllegalStateException("no line of the name map for " + ours);
  }

  private static boolean ends(String name, int at) {
    return at == name.length() || name.charAt(at) == '.';
  }

  private Map<String, Integer> numbers(Rule rule, Matcher matcher) {
    Map<String, Integer> numbers = new HashMap<>(variables);
    for (int i = 0; i < rule.names.size(); i++) {
      numbers.put(rule.names.get(i), Integer.parseInt(matcher.group(i + 1)));
    }
    return numbers;
  }

  /** Where the rest of a name, such as {@code .conv1.weight}, may be in a section of leaves. */
  private List<Place> inside(String section, String rest) {
    if (section.isEmpty() || section.contains(":") || section.equals("transposed")) {
      return List.of(new Place(rest, TensorSlice.of(section, variables)));
    }
    List<Place> places = new ArrayList<>();
    String name = rest.isEmpty() ? rest : rest.substring(1);
    for (Rule leaf : leaves.getOrDefault(section, List.of())) {
      Matcher matcher = leaf.ours.matcher(name);
      if (matcher.lookingAt() && ends(name, matcher.end())) {
        Map<String, Integer> numbers = numbers(leaf, matcher);
        String tail = name.substring(matcher.end());
        for (String their : leaf.theirs) {
          places.add(
              new Place("." + filled(their, numbers) + tail, TensorSlice.of(leaf.last, variables)));
        }
      }
    }
    return places;
  }

  private static String filled(String theirs, Map<String, Integer> numbers) {
    return SUM.matcher(theirs)
        .replaceAll(sum -> Integer.toString(new IndexExpression(sum.group(1), numbers).value()));
  }
}
