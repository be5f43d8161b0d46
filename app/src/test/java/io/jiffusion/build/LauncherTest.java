package io.jiffusion.build;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The launcher as a process of its own, in a small project: its program prints what it was given,
 * and where a build is needed a script stands for Maven.
 */
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "the launcher is a POSIX shell script")
class LauncherTest {
  private static final String PROGRAM =
      """
      package io.jiffusion.cli;
      public class Main {
        public static void main(String[] words) {
          System.out.println("words " + String.join("|", words));
          System.out.println("flags " + java.lang.management.ManagementFactory.getRuntimeMXBean().getInputArguments());
          System.out.println("names in " + System.getProperty("sun.jnu.encoding"));
          System.exit(words.length > 1 && words[0].equals("exit") ? Integer.parseInt(words[1]) : 0);
        }
      }
      """;

  /** What the launcher may call, beside Java and Maven. */
  private static final List<String> TOOLS =
      List.of(
          "cat",
          "dirname",
          "find",
          "grep",
          "head",
          "ln",
          "mkdir",
          "readlink",
          "rm",
          "sed",
          "sleep",
          "tee",
          "touch");

  private static final String MAVEN =
      """
      #!/bin/sh
      if [ "$1" = -version ]; then echo 'Apache Maven 3.9.9 (abc)'; exit 0; fi
      echo built >>"$PROJECT/builds"
      sleep "${BUILD_SECONDS:-0}"
      mkdir -p "$PROJECT/app/target/lib"
      cat "$PROGRAM" >"$PROJECT/app/target/jiffusion.jar"
      """;

  @TempDir static Path shared;
  private static Path program;

  @TempDir Path folder;
  private Path project;
  private Path tools;
  private Path jar;

  @BeforeAll
  static void compileTheProgram() throws IOException {
    Path source = Files.writeString(shared.resolve("Main.java"), PROGRAM);
    program = shared.resolve("program.jar");
    run("javac", "-d", shared.resolve("classes").toString(), source.toString());
    run(
        "jar",
        "cfe",
        program.toString(),
        "io.jiffusion.cli.Main",
        "-C",
        shared.resolve("classes").toString(),
        ".");
  }

  @BeforeEach
  void makeAProjectThatIsBuilt() throws IOException {
    project = Files.createDirectory(folder.resolve("a project"));
    Files.copy(Path.of("..", "jiffusion"), project.resolve("jiffusion"));
    assertThat(project.resolve("jiffusion").toFile().setExecutable(true)).isTrue();
    for (String module : List.of("core", "app")) {
      Files.createDirectories(project.resolve(module).resolve("src/main/java"));
      Files.createFile(project.resolve(module).resolve("pom.xml"));
    }
    Files.createFile(project.resolve("pom.xml"));
    jar = project.resolve("app/target/jiffusion.jar");
    Files.createDirectories(jar.getParent());
    Files.copy(program, jar);
    Files.setLastModifiedTime(jar, FileTime.from(Instant.now()));

    tools = Files.createDirectory(folder.resolve("tools"));
    for (String tool : TOOLS) {
      passOn(find(tool));
    }
    passOn(Path.of(System.getProperty("java.home"), "bin", "java"));
  }

  @Test
  void runsFromAnotherFolderThroughSymbolicLinks() throws Exception {
    Path far = Files.createSymbolicLink(folder.resolve("far"), project.resolve("jiffusion"));
    Path link = Files.createSymbolicLink(folder.resolve("link"), far.getFileName());

    Result result = launch(link, "show", "a file.png", "");

    assertThat(result.out).contains("words show|a file.png|");
    assertThat(result.status).isZero();
  }

  @Test
  void passesTheExitStatusOn() throws Exception {
    assertThat(launch("exit", "130").status).isEqualTo(130);
  }

  @Test
  void makesTheClassArchiveOnceAndSaysNothingAfterwards() throws Exception {
    assertThat(launch("--help").err).isEqualTo("jiffusion: getting ready to start fast\n");

    Result second = launch("--help");

    assertThat(second.err).isEmpty();
    assertThat(second.out).contains("-XX:SharedArchiveFile=" + jar.getParent().toRealPath());
  }

  @Test
  void givesShortCommandsTheQuickCompilerAndLongOnesTheThoroughOne() throws Exception {
    assertThat(launch("sample", "train").out).contains("-XX:TieredStopAtLevel=1");
    assertThat(launch("--verbose", "train").out).doesNotContain("TieredStopAtLevel");
    assertThat(launch("bench").out).doesNotContain("TieredStopAtLevel");
    assertThat(launch("sample", "--count", "999").out).contains("-XX:TieredStopAtLevel=1");
    assertThat(launch("sample", "--count", "1000").out).doesNotContain("TieredStopAtLevel");
    assertThat(launch("sample", "--count=50000").out).doesNotContain("TieredStopAtLevel");
  }

  @Test
  void passesJavaOptionsOn() throws Exception {
    ProcessBuilder start = process(project.resolve("jiffusion"), "show");
    start.environment().put("JIFFUSION_JAVA_OPTS", "-Xmx64m -Dsome=thing");

    assertThat(finish(start.start()).out).contains("-Xmx64m, -Dsome=thing");
  }

  /** Java names files in the letters of the locale, and C and POSIX have none beyond ASCII. */
  @ParameterizedTest
  @ValueSource(strings = {"", "LANG=C", "LC_ALL=POSIX", "LC_CTYPE=C", "LANG=C.UTF-8"})
  @EnabledOnOs(OS.LINUX)
  void filesHaveAnyNameInALocaleThatKnowsNoLetters(String locale) throws Exception {
    ProcessBuilder start = process(project.resolve("jiffusion"), "--help");
    if (!locale.isEmpty()) {
      start.environment().put(locale.split("=")[0], locale.split("=")[1]);
    }

    assertThat(finish(start.start()).out).contains("names in UTF-8");
  }

  @Test
  void saysThatJavaIsMissing() throws Exception {
    Files.delete(tools.resolve("java"));

    assertFails(
        launch("--help"),
        "jiffusion: no Java found; install a JDK 17 or newer, and put its java on PATH or set JAVA_HOME.\n");
  }

  @Test
  void saysThatJavaHomeIsWrong() throws Exception {
    ProcessBuilder start = process(project.resolve("jiffusion"), "--help");
    start.environment().put("JAVA_HOME", "/nowhere");

    assertFails(
        finish(start.start()),
        "jiffusion: JAVA_HOME is /nowhere, where there is no bin/java; set it to a JDK 17 or newer, or unset it.\n");
  }

  @Test
  void saysThatJavaIsTooOld() throws Exception {
    script("java", "#!/bin/sh\necho 'openjdk version \"1.8.0_392\"' >&2\n");

    assertFails(
        launch("--help"),
        "jiffusion: "
            + tools.resolve("java")
            + " is version 1.8.0_392, and Jiffusion needs 17 or newer; set JAVA_HOME to a newer JDK.\n");
  }

  @Test
  void saysThatMavenIsMissing() throws Exception {
    Files.delete(jar);

    assertFails(
        launch("--help"),
        "jiffusion: no Maven found, and a build is needed; install Maven 3.8 or newer and put its mvn on PATH.\n");
  }

  @Test
  void saysThatMavenIsTooOld() throws Exception {
    Files.delete(jar);
    script("mvn", "#!/bin/sh\necho 'Apache Maven 3.6.3'\n");

    assertFails(
        launch("--help"),
        "jiffusion: "
            + tools.resolve("mvn")
            + " is version 3.6.3, and the build needs 3.8 or newer.\n");
  }

  @Test
  void saysBeforeTheFirstBuildWhatItTakes() throws Exception {
    Files.delete(jar);
    script("mvn", MAVEN);

    Result result = launch("show");

    assertThat(result.err)
        .startsWith("jiffusion: first use: Maven downloads ")
        .contains("into ~/.m2", "in ~/.javacpp", "minute");
    assertThat(result.out).contains("words show");
  }

  @Test
  void buildsAgainWhenASourceIsNewerOrGone() throws Exception {
    script("mvn", MAVEN);
    Path source = Files.createFile(project.resolve("core/src/main/java/New.java"));
    launch("show");
    assertThat(builds()).isEqualTo(1);

    launch("show");
    assertThat(builds()).isEqualTo(1);

    Files.delete(source);
    launch("show");
    assertThat(builds()).isEqualTo(2);
  }

  @Test
  void concurrentFirstUsesWaitForOneBuild() throws Exception {
    Files.delete(jar);
    script("mvn", MAVEN);
    List<Process> processes = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      ProcessBuilder start = process(project.resolve("jiffusion"), "show", "use " + i);
      start.environment().put("BUILD_SECONDS", "1");
      processes.add(start.start());
    }

    for (int i = 0; i < 3; i++) {
      Result result = finish(processes.get(i));
      assertThat(result.out).contains("words show|use " + i);
      assertThat(result.status).isZero();
    }
    assertThat(builds()).isEqualTo(1);
  }

  @Test
  void aKilledBuildHoldsNobodyUp() throws Exception {
    Files.delete(jar);
    script("mvn", MAVEN);
    Process ended = new ProcessBuilder("true").start();
    ended.waitFor();
    Path lock = Files.createDirectories(project.resolve("target/launcher")).resolve("lock");
    Files.createSymbolicLink(lock, Path.of(Long.toString(ended.pid())));

    assertThat(launch("show").out).contains("words show");
    assertThat(builds()).isEqualTo(1);
    assertThat(lock).doesNotExist();
  }

  @Test
  void saysThatThereIsNoNetwork() throws Exception {
    Files.delete(jar);
    script(
        "mvn",
        failingMaven(
            "[ERROR] Could not transfer artifact a:b:pom:1 from/to central: Unknown host"));

    Result result = launch("--help");

    assertThat(result.err)
        .endsWith(
            "jiffusion: Maven could not download what the build needs; try again with a network. (Log: "
                + log()
                + ")\n");
    assertThat(result.status).isEqualTo(1);
    assertThat(log()).content().contains("Unknown host");
  }

  @Test
  void showsWhatDoesNotCompile() throws Exception {
    script("mvn", failingMaven("[ERROR] Ddim.java:[7,1] ';' expected"));
    Files.createDirectory(jar.resolveSibling("lib"));
    Files.createFile(project.resolve("app/src/main/java/Ddim.java"));

    Result result = launch("--help");

    assertThat(result.err)
        .isEqualTo(
            "jiffusion: building\n[ERROR] Ddim.java:[7,1] ';' expected\njiffusion: the build failed. (Log: "
                + log()
                + ")\n");
    assertThat(result.status).isEqualTo(1);
  }

  @Test
  void saysThatTheJavaHasNoCompiler() throws Exception {
    Files.delete(jar);
    script("mvn", failingMaven("[ERROR] No compiler is provided in this environment."));

    assertThat(launch("--help").err)
        .contains("is part of a runtime without a compiler; install a JDK 17 or newer");
  }

  private record Result(String out, String err, int status) {}

  private static void assertFails(Result result, String err) {
    assertThat(result.err).isEqualTo(err);
    assertThat(result.out).isEmpty();
    assertThat(result.status).isEqualTo(1);
  }

  private Result launch(String... words) throws Exception {
    return launch(project.resolve("jiffusion"), words);
  }

  private Result launch(Path launcher, String... words) throws Exception {
    return finish(process(launcher, words).start());
  }

  private ProcessBuilder process(Path launcher, String... words) {
    List<String> command = new ArrayList<>(List.of(launcher.toString()));
    command.addAll(List.of(words));
    ProcessBuilder builder = new ProcessBuilder(command).directory(shared.toFile());
    builder.environment().clear();
    builder.environment().put("PATH", tools.toString());
    builder.environment().put("PROJECT", project.toString());
    builder.environment().put("PROGRAM", program.toString());
    return builder;
  }

  private static Result finish(Process process) throws Exception {
    try (InputStream out = process.getInputStream();
        InputStream err = process.getErrorStream()) {
      String printed = new String(out.readAllBytes(), UTF_8);
      String said = new String(err.readAllBytes(), UTF_8);
      return new Result(printed, said, process.waitFor());
    }
  }

  private void script(String name, String text) throws IOException {
    Files.deleteIfExists(tools.resolve(name));
    Path script = Files.writeString(tools.resolve(name), text);
    assertThat(script.toFile().setExecutable(true)).isTrue();
  }

  /** Puts a program on the launcher's path. */
  private void passOn(Path tool) throws IOException {
    script(tool.getFileName().toString(), "#!/bin/sh\nexec " + tool + " \"$@\"\n");
  }

  private static String failingMaven(String line) {
    return """
        #!/bin/sh
        if [ "$1" = -version ]; then echo 'Apache Maven 3.9.9'; exit 0; fi
        echo "%s"
        exit 1
        """
        .formatted(line);
  }

  private int builds() throws IOException {
    return Files.readAllLines(project.resolve("builds")).size();
  }

  private Path log() throws IOException {
    return project.toRealPath().resolve("target/launcher/build.log");
  }

  private static Path find(String tool) {
    for (String folder : System.getenv("PATH").split(":")) {
      if (Files.isExecutable(Path.of(folder, tool))) {
        return Path.of(folder, tool);
      }
    }
    throw new AssertionError("no " + tool + " on PATH");
  }

  private static void run(String tool, String... arguments) {
    assertThat(ToolProvider.findFirst(tool).orElseThrow().run(System.out, System.err, arguments))
        .isZero();
  }
}
