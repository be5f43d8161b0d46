package io.jiffusion.build;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.base.JiffusionException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The table of packages, enforced on the class files: what each package may use of ours, and who
 * may touch the native engine. {@code jdeps} sees uses that import lines miss.
 */
class ArchitectureTest {
  private static final String OURS = "io.jiffusion.";
  private static final String NATIVE = "org.bytedeco.";

  /** Free to all: the small types that everything shares, and draws from a key. */
  private static final Set<String> SHARED = Set.of("random", "base");

  /** Package to what it may use of ours: packages, or single classes of a package. */
  private static final Map<String, Set<String>> TABLE =
      Map.ofEntries(
          Map.entry("random", Set.of()),
          Map.entry("base", Set.of()),
          Map.entry("schedule", Set.of()),
          Map.entry("tensor", Set.of()),
          Map.entry("data", Set.of()),
          Map.entry("network", Set.of()),
          Map.entry("weights", Set.of()),
          Map.entry("measure", Set.of("tensor")),
          Map.entry("execute", Set.of("tensor", "network")),
          Map.entry(
              "process",
              Set.of("schedule", "network.Execution", "network.Conditions", "network.Shape")),
          Map.entry("sampler", Set.of("schedule", "process")),
          Map.entry(
              "train",
              Set.of("schedule", "tensor", "data", "network", "execute", "process", "weights")),
          Map.entry("config", Set.of("schedule", "data", "network", "process", "train")),
          Map.entry("checkpoint", Set.of("schedule", "network", "weights", "process", "config")),
          Map.entry(
              "pipeline",
              Set.of(
                  "schedule",
                  "tensor",
                  "data",
                  "network",
                  "execute",
                  "weights",
                  "process",
                  "sampler",
                  "train",
                  "config",
                  "checkpoint")),
          Map.entry(
              "evaluate",
              Set.of(
                  "schedule",
                  "tensor",
                  "data",
                  "network",
                  "execute",
                  "process",
                  "sampler",
                  "train",
                  "config",
                  "checkpoint",
                  "weights",
                  "measure",
                  "pipeline")),
          Map.entry(
              "cli",
              Set.of(
                  "pipeline",
                  "evaluate",
                  "measure",
                  "checkpoint",
                  "config",
                  "data",
                  "schedule",
                  "sampler.Samplers",
                  "sampler.SamplerNames")));

  private static final int MOST_IN_A_CIRCLE = 3;

  private static final Set<String> TOUCH_NATIVE = Set.of("tensor", "execute");

  /** A use of one class by another: {@code from -> to} in what jdeps prints. */
  private static final Pattern USE = Pattern.compile("^ +(\\S+) +-> (\\S+)", Pattern.MULTILINE);

  /**
   * Constructors whose argument is gone when they return, while the reference still points to it.
   */
  private static final Pattern DANGLING =
      Pattern.compile("LongArrayRef.\"<init>\":\\((\\[J|J\\)|Ljava/nio/LongBuffer;)");

  @TempDir Path folder;

  @Test
  void coreKeepsToTheTable() throws Exception {
    assertThat(uses(core())).as("uses found in core").hasSizeGreaterThan(50);
    assertThat(violations(core())).isEmpty();
  }

  @Test
  void theCommandLineSeesOnlyTheDoors() {
    Path app = Path.of("target", "classes");
    assertThat(uses(app)).as("uses found in app").hasSizeGreaterThan(50);
    assertThat(violations(app)).isEmpty();
  }

  @Test
  void noMoreThanThreeFilesOfAPackageNeedEachOther() throws Exception {
    assertThat(circles(core())).isEmpty();
    assertThat(circles(Path.of("target", "classes"))).isEmpty();
  }

  @Test
  void noReferenceToAnArrayOutlivesItsArray() throws Exception {
    assertThat(danglingReferences(core())).isEmpty();
  }

  @Test
  void findsAForbiddenUseThatNoImportLineShows() throws Exception {
    compile("io.jiffusion.train.Loop", "public class Loop {}");
    compile("io.jiffusion.sampler.Step", "class Step { io.jiffusion.train.Loop loop; }");
    compile("io.jiffusion.pipeline.Door", "class Door { io.jiffusion.train.Loop loop; }");

    assertThat(violations(folder))
        .containsExactly("io.jiffusion.sampler.Step must not use io.jiffusion.train.Loop");
  }

  @Test
  void findsTheNativeEngineOutsideItsTwoPackages() throws Exception {
    compile("org.bytedeco.pytorch.Thing", "public class Thing {}");
    compile("io.jiffusion.tensor.Fine", "class Fine { org.bytedeco.pytorch.Thing thing; }");
    compile("io.jiffusion.data.Bad", "class Bad { org.bytedeco.pytorch.Thing thing; }");

    assertThat(violations(folder))
        .containsExactly("io.jiffusion.data.Bad must not use org.bytedeco.pytorch.Thing");
  }

  @Test
  void letsASingleClassOfAPackageThrough() throws Exception {
    compile("io.jiffusion.network.Execution", "public class Execution { public class Inner {} }");
    compile("io.jiffusion.network.Unet", "public class Unet {}");
    compile(
        "io.jiffusion.process.Fine", "class Fine { io.jiffusion.network.Execution.Inner inner; }");
    compile("io.jiffusion.process.Bad", "class Bad { io.jiffusion.network.Unet unet; }");

    assertThat(violations(folder))
        .containsExactly("io.jiffusion.process.Bad must not use io.jiffusion.network.Unet");
  }

  @Test
  void findsACircleOfFourFiles() throws Exception {
    String inner = "class D {} class E { class Inner { A a; } D d; }";
    compile("io.jiffusion.data.A", "class A { B b; } class B { C c; } class C { E e; } " + inner);

    assertThat(circles(folder)).containsExactly("io.jiffusion.data: A, B, C, E");
  }

  @Test
  void findsAPackageThatTheTableDoesNotKnow() throws Exception {
    compile("io.jiffusion.common.Stuff", "class Stuff {}");

    assertThat(violations(folder))
        .containsExactly("io.jiffusion.common.Stuff is in a package that the table does not know");
  }

  @Test
  void findsAReferenceToAnArray() throws Exception {
    compile(
        "org.bytedeco.pytorch.LongArrayRef",
        "public class LongArrayRef {"
            + " public LongArrayRef(long[] array, long size) {}"
            + " public LongArrayRef(String owner) {} }");
    compile(
        "io.jiffusion.tensor.Bad",
        "class Bad { Object bad = new org.bytedeco.pytorch.LongArrayRef(new long[1], 1); }");
    compile(
        "io.jiffusion.tensor.Fine",
        "class Fine { Object fine = new org.bytedeco.pytorch.LongArrayRef(\"owner\"); }");

    assertThat(danglingReferences(folder)).containsExactly("io.jiffusion.tensor.Bad");
  }

  private record Use(String from, String to) {}

  private static List<Use> uses(Path classes) {
    String printed =
        tool(
            "jdeps",
            "-verbose:class",
            "-filter:none",
            "--multi-release=base",
            "--module-path=" + System.getProperty("java.class.path"),
            classes.toString());
    return USE.matcher(printed).results().map(m -> new Use(m.group(1), m.group(2))).toList();
  }

  private static Set<String> violations(Path classes) {
    Set<String> violations = new TreeSet<>();
    for (Use use : uses(classes)) {
      if (!use.from.startsWith(OURS)) {
        continue;
      }
      String from = packageOf(use.from);
      if (!TABLE.containsKey(from)) {
        violations.add(use.from + " is in a package that the table does not know");
      } else if (!allowed(from, use.to)) {
        violations.add(use.from + " must not use " + use.to);
      }
    }
    return violations;
  }

  /** Classes of a package of which each needs all others, through others of the package or not. */
  private static Set<String> circles(Path classes) {
    Map<String, Set<String>> next = new TreeMap<>();
    for (Use use : uses(classes)) {
      String from = use.from.replaceFirst("\\$.*", "");
      String to = use.to.replaceFirst("\\$.*", "");
      if (from.startsWith(OURS) && to.startsWith(OURS) && packageOf(from).equals(packageOf(to))) {
        next.computeIfAbsent(from, name -> new TreeSet<>()).add(to);
      }
    }
    Map<String, Set<String>> reached = new TreeMap<>();
    next.keySet().forEach(name -> reached.put(name, reached(name, next)));
    Set<String> circles = new TreeSet<>();
    for (String name : next.keySet()) {
      List<String> circle =
          next.keySet().stream()
              .filter(
                  other -> reached.get(name).contains(other) && reached.get(other).contains(name))
              .toList();
      if (circle.size() > MOST_IN_A_CIRCLE) {
        int dot = name.lastIndexOf('.');
        circles.add(
            name.substring(0, dot)
                + ": "
                + circle.stream()
                    .map(each -> each.substring(dot + 1))
                    .collect(Collectors.joining(", ")));
      }
    }
    return circles;
  }

  private static Set<String> reached(String from, Map<String, Set<String>> next) {
    Set<String> reached = new TreeSet<>();
    Deque<String> left = new ArrayDeque<>(next.getOrDefault(from, Set.of()));
    while (!left.isEmpty()) {
      String name = left.pop();
      if (reached.add(name)) {
        left.addAll(next.getOrDefault(name, Set.of()));
      }
    }
    return reached;
  }

  private static boolean allowed(String from, String to) {
    if (to.startsWith(NATIVE)) {
      return TOUCH_NATIVE.contains(from);
    }
    if (!to.startsWith(OURS)) {
      return true;
    }
    String outermost = to.substring(OURS.length()).replaceFirst("\\$.*", "");
    return from.equals(packageOf(to))
        || SHARED.contains(packageOf(to))
        || TABLE.get(from).contains(packageOf(to))
        || TABLE.get(from).contains(outermost);
  }

  /** {@code io.jiffusion.network.Ops$Order} is in {@code network}. */
  private static String packageOf(String name) {
    String inside = name.substring(OURS.length());
    return inside.substring(0, Math.max(0, inside.lastIndexOf('.')));
  }

  private static List<String> danglingReferences(Path classes) {
    return uses(classes).stream()
        .filter(use -> use.to.equals("org.bytedeco.pytorch.LongArrayRef"))
        .map(Use::from)
        .filter(from -> from.startsWith(OURS))
        .filter(
            from ->
                DANGLING.matcher(tool("javap", "-p", "-c", "-cp", classes.toString(), from)).find())
        .toList();
  }

  /** The class folder or, in a build that packages, the jar. */
  private static Path core() throws URISyntaxException {
    return Path.of(
        JiffusionException.class.getProtectionDomain().getCodeSource().getLocation().toURI());
  }

  private void compile(String name, String body) throws IOException {
    int dot = name.lastIndexOf('.');
    Path source = folder.resolve("source").resolve(name.substring(dot + 1) + ".java");
    Files.createDirectories(source.getParent());
    Files.writeString(source, "package " + name.substring(0, dot) + ";\n" + body);
    String folders = folder.toString();
    tool("javac", "-proc:none", "-cp", folders, "-d", folders, source.toString());
  }

  private static String tool(String name, String... arguments) {
    StringWriter printed = new StringWriter();
    PrintWriter writer = new PrintWriter(printed);
    int exit = ToolProvider.findFirst(name).orElseThrow().run(writer, writer, arguments);
    writer.flush();
    assertThat(exit).as("%s %s: %s", name, List.of(arguments), printed).isZero();
    return printed.toString();
  }
}
