package io.jiffusion.docs;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.config.Home;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;

/**
 * A repository of Maven as {@code mvn install} of this build leaves it, and projects of users that
 * have nothing else. What others publish is linked from the builder's own, which is not changed.
 */
final class LocalRepository implements AutoCloseable {
  private static final String PLUGINS = "org.apache.maven.plugins:maven-";
  private static final long LIMIT_SECONDS = 300;

  private final Path folder;
  private final List<Path> links = new ArrayList<>();

  /** Makes one in an empty folder. */
  LocalRepository(Path folder) throws IOException, URISyntaxException {
    this.folder = folder;
    Path own =
        Path.of(
            System.getProperty(
                "localRepository", System.getProperty("user.home") + "/.m2/repository"));
    link(own, folder, "io");
    Path others = Files.createDirectories(folder.resolve("io"));
    if (Files.isDirectory(own.resolve("io"))) { // of other projects, where there are any
      link(own.resolve("io"), others, "jiffusion");
    }
    Path home = Home.folder();
    install(home.resolve("pom.xml"), "jiffusion", ".pom");
    install(home.resolve("natives/pom.xml"), "jiffusion-natives", ".pom");
    install(home.resolve("core/pom.xml"), "jiffusion-core", ".pom");
    install(core(), "jiffusion-core", ".jar");
  }

  /**
   * Calls goals on a user's project.
   *
   * @param options of the JVM
   * @param goals as {@code compiler:compile}, of a plugin in the version of the build
   * @return what is printed
   */
  String maven(Path project, String options, List<String> goals, String... more)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("mvn", "-B", "-ntp"));
    command.add("-Dmaven.repo.local=" + folder);
    for (String goal : goals) {
      int colon = goal.indexOf(':');
      String name = goal.substring(0, colon);
      command.add(PLUGINS + name + "-plugin:" + pluginVersion(name) + goal.substring(colon));
    }
    command.addAll(List.of(more));
    Path log = Files.createTempFile("maven", ".log");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(project.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
    builder.environment().put("MAVEN_OPTS", options);
    Process process = builder.start();
    boolean ended = process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS);
    process.destroyForcibly().waitFor();
    String printed = Files.readString(log);
    Files.delete(log);
    if (!ended || process.exitValue() != 0) {
      throw new AssertionError(String.join(" ", command) + "\n" + printed);
    }
    return printed;
  }

  /** Removes the links, of which whoever empties the folder would warn. */
  @Override
  public void close() throws IOException {
    for (Path link : links) {
      Files.delete(link);
    }
  }

  /** The version of the project. */
  static String version() throws IOException {
    return build("<artifactId>jiffusion</artifactId>\\s*<version>(.+?)</");
  }

  private static String pluginVersion(String name) throws IOException {
    return build("<artifactId>maven-" + name + "-plugin</artifactId>\\s*<version>(.+?)</");
  }

  private static String build(String pattern) throws IOException {
    String pom = Files.readString(Home.folder().resolve("pom.xml"));
    Matcher matcher = Pattern.compile(pattern).matcher(pom);
    if (!matcher.find()) {
      throw new AssertionError("the build lacks " + pattern);
    }
    return matcher.group(1);
  }

  private void install(Path file, String artifact, String suffix) throws IOException {
    String version = version();
    Path to = folder.resolve("io/jiffusion").resolve(artifact).resolve(version);
    Files.copy(file, Files.createDirectories(to).resolve(artifact + "-" + version + suffix));
  }

  /** The jar of core; where the build does not package, one is made of its classes. */
  private Path core() throws IOException, URISyntaxException {
    Path place =
        Path.of(
            JiffusionException.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    if (Files.isRegularFile(place)) {
      return place;
    }
    Path jar = folder.resolve("core.jar");
    String[] words = {"--create", "--file", jar.toString(), "-C", place.toString(), "."};
    if (ToolProvider.findFirst("jar").orElseThrow().run(System.out, System.err, words) != 0) {
      throw new AssertionError("no jar of " + place);
    }
    return jar;
  }

  private void link(Path from, Path to, String except) throws IOException {
    try (Stream<Path> entries = Files.list(from)) {
      for (Path entry : entries.toList()) {
        if (!entry.getFileName().toString().equals(except)) {
          links.add(Files.createSymbolicLink(to.resolve(entry.getFileName()), entry));
        }
      }
    }
  }
}
