package io.jiffusion.docs;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.config.Home;
import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarFile;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * A user's project with a module of its own, whose dependencies are those that the README tells.
 * Maven compiles it; it runs from the class path and from the module path.
 */
@Timeout(300)
@DisabledOnOs(value = OS.WINDOWS, disabledReason = "links need a right there")
class UserProjectTest {
  @TempDir static Path folder;
  private static LocalRepository repository;
  private static Path project;
  private static List<Path> jars;

  private static final String PROGRAM =
      """
      package user;

      import io.jiffusion.pipeline.Model;
      import io.jiffusion.pipeline.SampleRequest;
      import java.io.File;
      import javax.imageio.ImageIO;

      public class Digit {
        public static void main(String[] args) throws Exception {
          try (Model model = Model.bundled()) {
            var request = SampleRequest.of(1).sampler("ddim").steps(4).seed(7).classes(3);
            ImageIO.write(model.sample(request, p -> {}).grid(1), "png", new File(args[0]));
          }
          boolean webp = ImageIO.getImageReadersByFormatName("webp").hasNext();
          System.out.println(Digit.class.getModule().getName() + ", reads WebP: " + webp);
        }
      }
      """;

  @BeforeAll
  static void compile() throws Exception {
    repository = new LocalRepository(Files.createDirectories(folder.resolve("repository")));
    project = folder.resolve("project");
    Path sources = Files.createDirectories(project.resolve("src/main/java/user"));
    Files.writeString(
        sources.resolveSibling("module-info.java"), "module user { requires io.jiffusion.core; }");
    Files.writeString(sources.resolve("Digit.java"), PROGRAM);
    Files.writeString(
        project.resolve("pom.xml"),
        "<project xmlns=\"http://maven.apache.org/POM/4.0.0\">"
            + "<modelVersion>4.0.0</modelVersion>"
            + "<groupId>user</groupId><artifactId>user</artifactId><version>1</version><properties>"
            + "<maven.compiler.release>17</maven.compiler.release>"
            + "<project.build.sourceEncoding>UTF-8</project.build.sourceEncoding></properties>"
            + "<dependencies>"
            + dependencies()
            + "</dependencies></project>");
    repository.maven(
        project,
        "",
        List.of("compiler:compile", "dependency:build-classpath"),
        "-Dmdep.outputFile=jars.txt");
    jars =
        Stream.of(Files.readString(project.resolve("jars.txt")).split(File.pathSeparator))
            .filter(file -> file.endsWith(".jar"))
            .map(Path::of)
            .toList();
  }

  @AfterAll
  static void removeLinks() throws Exception {
    repository.close();
  }

  private static String dependencies() throws Exception {
    Matcher block =
        Pattern.compile("^```xml\\n(.*?)^```", Pattern.MULTILINE | Pattern.DOTALL)
            .matcher(Files.readString(Home.folder().resolve("README.md")));
    assertThat(block.find()).isTrue();
    return block.group(1);
  }

  @Test
  void twoDependenciesBringTheLibraryAndTheNativesOfThisPlatform() throws Exception {
    assertThat(dependencies().split("<dependency>")).hasSize(1 + 2);
    List<String> names = jars.stream().map(jar -> jar.getFileName().toString()).toList();
    String version = LocalRepository.version();
    assertThat(names).contains("jiffusion-core-" + version + ".jar");
    for (String library : List.of("javacpp", "openblas", "pytorch", "dnnl", "opencl")) {
      assertThat(names.stream().filter(name -> name.startsWith(library + "-")))
          .as("the interface and the natives of %s", library)
          .hasSize(2);
    }
  }

  @Test
  void theJarTellsItsLicence() throws Exception {
    Path core =
        jars.stream().filter(jar -> jar.toString().contains("jiffusion-core")).findFirst().get();
    try (JarFile jar = new JarFile(core.toFile())) {
      assertThat(jar.getEntry("META-INF/LICENSE")).isNotNull();
      assertThat(jar.getEntry("META-INF/NOTICE")).isNotNull();
    }
  }

  @Test
  @Tag("long")
  void macGetsTheNativesOfMac() throws Exception {
    String mac = "-Dos.name=Mac -Dos.arch=aarch64";
    assertThat(repository.maven(project, mac, List.of("dependency:tree")))
        .contains("org.bytedeco:dnnl:jar:macosx-arm64:", "org.bytedeco:opencl:jar:macosx-arm64:")
        .contains("org.bytedeco:pytorch:jar:macosx-arm64:")
        .doesNotContain("linux");
  }

  @Test
  void classPathAndModulePathMakeTheSamePicture() throws Exception {
    List<String> paths = new ArrayList<>(List.of(project.resolve("target/classes").toString()));
    jars.forEach(jar -> paths.add(jar.toString()));
    String path = String.join(File.pathSeparator, paths);

    assertThat(java("-cp", path, "user.Digit", "class-path.png"))
        .contains("null, reads WebP: true");
    String[] modules = {
      "-p", path, "--add-modules", "ALL-MODULE-PATH", "-m", "user/user.Digit", "module-path.png"
    };
    assertThat(java(modules)).contains("user, reads WebP: true");

    byte[] picture = Files.readAllBytes(folder.resolve("class-path.png"));
    assertThat(picture).isNotEmpty();
    assertThat(Files.readAllBytes(folder.resolve("module-path.png"))).isEqualTo(picture);

    assertThat(java("-p", path, "-m", "user/user.Digit", "none.png"))
        .contains("libtorch cannot be used")
        .contains("--add-modules ALL-MODULE-PATH");
    assertThat(folder.resolve("none.png")).doesNotExist();
  }

  private static String java(String... words) throws Exception {
    Path log = Files.createTempFile("java", ".log");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of(words));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile());
    builder.environment().put("OMP_NUM_THREADS", "1");
    Process process = builder.start();
    assertThat(process.waitFor(100, TimeUnit.SECONDS)).isTrue();
    String printed = Files.readString(log);
    Files.delete(log);
    return printed;
  }
}
