package io.jiffusion.build;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;

/**
 * The packages of the project and which uses which, read from class files and drawn as text: the
 * picture in docs/architecture.md. Its main writes that picture anew.
 */
final class PackageGraph {
  static final String COMMAND =
      "java -cp app/target/test-classes io.jiffusion.build.PackageGraph"
          + " docs/architecture.md core/target/classes app/target/classes";

  private static final String OURS = "io.jiffusion.";

  /** A use of one class by another: {@code from -> to} in what jdeps prints. */
  private static final Pattern USE = Pattern.compile("^ +(\\S+) +-> (\\S+)", Pattern.MULTILINE);

  private static final Pattern PICTURE =
      Pattern.compile("(?<=<!-- packages -->\\n```\\n).*?(?=```\\n<!-- end -->)", Pattern.DOTALL);

  private PackageGraph() {}

  /** Writes the picture into a document, of the classes in the given folders. */
  public static void main(String[] arguments) throws IOException {
    Path document = Path.of(arguments[0]);
    List<Path> classes = List.of(arguments).stream().skip(1).map(Path::of).toList();
    Files.writeString(document, drawn(Files.readString(document), classes));
  }

  /** The text of a document with the picture of these classes in place of the one in it. */
  static String drawn(String document, List<Path> classes) {
    String picture = picture(uses(classes));
    return PICTURE.matcher(document).replaceFirst(Matcher.quoteReplacement(picture));
  }

  /** Package to the packages that it uses, all of ours. */
  static Map<String, Set<String>> uses(List<Path> classes) {
    Map<String, Set<String>> uses = new TreeMap<>();
    for (Path folder : classes) {
      USE.matcher(jdeps(folder))
          .results()
          .filter(use -> use.group(1).startsWith(OURS) && use.group(2).startsWith(OURS))
          .forEach(
              use -> {
                String from = packageOf(use.group(1));
                String to = packageOf(use.group(2));
                uses.computeIfAbsent(from, name -> new TreeSet<>());
                uses.computeIfAbsent(to, name -> new TreeSet<>());
                if (!from.equals(to)) {
                  uses.get(from).add(to);
                }
              });
    }
    return uses;
  }

  /**
   * A row for each package, the highest floor first, with a mark in the column of each package that
   * it uses. Packages stand above all that they use, so every mark is right of the diagonal.
   *
   * @throws IllegalArgumentException if packages use each other in a circle, which has no floors
   */
  static String picture(Map<String, Set<String>> uses) {
    Map<String, Integer> floors = new TreeMap<>();
    uses.keySet().forEach(name -> floor(name, uses, floors, new TreeSet<>()));
    List<String> rows = new ArrayList<>(uses.keySet());
    rows.sort(Comparator.comparing((String name) -> -floors.get(name)).thenComparing(name -> name));
    StringBuilder text = new StringBuilder("floor  package       ");
    for (int column = 1; column <= rows.size(); column++) {
      text.append("%3d".formatted(column));
    }
    text.append('\n');
    for (int row = 0; row < rows.size(); row++) {
      String name = rows.get(row);
      StringBuilder line =
          new StringBuilder("%4d %4d %-13s".formatted(floors.get(name), row + 1, name));
      for (int column = 0; column < rows.size(); column++) {
        boolean mark = uses.get(name).contains(rows.get(column));
        line.append(row == column ? "  \\" : mark ? "  x" : column > row ? "  ." : "   ");
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }

  private static int floor(
      String name, Map<String, Set<String>> uses, Map<String, Integer> floors, Set<String> above) {
    if (!above.add(name)) {
      throw new IllegalArgumentException("packages that use each other: " + above);
    }
    if (!floors.containsKey(name)) {
      int floor = 0;
      for (String used : uses.get(name)) {
        floor = Math.max(floor, 1 + floor(used, uses, floors, above));
      }
      floors.put(name, floor);
    }
    above.remove(name);
    return floors.get(name);
  }

  private static String packageOf(String name) {
    String inside = name.substring(OURS.length());
    return inside.substring(0, Math.max(0, inside.lastIndexOf('.')));
  }

  /**
   * The packages' own folder, beside which a module's description would ask for all that it needs.
   */
  private static String jdeps(Path classes) {
    StringWriter printed = new StringWriter();
    PrintWriter writer = new PrintWriter(printed);
    int exit =
        ToolProvider.findFirst("jdeps")
            .orElseThrow()
            .run(
                writer, writer, "-verbose:class", "-filter:none", classes.resolve("io").toString());
    writer.flush();
    if (exit != 0) {
      throw new IllegalArgumentException("jdeps of " + classes + ": " + printed);
    }
    return printed.toString();
  }
}
