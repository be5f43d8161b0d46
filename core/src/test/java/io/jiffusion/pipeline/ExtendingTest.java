package io.jiffusion.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.config.Home;
import io.jiffusion.data.ImageFile;
import io.jiffusion.data.Images;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The programs of docs/extending.md, compiled and run as a stranger would: with the library alone,
 * by the packages that its module exports.
 */
@Timeout(value = 3, unit = TimeUnit.MINUTES)
class ExtendingTest {
  private static final Pattern BLOCK =
      Pattern.compile("^```java\\n(.*?)^```", Pattern.MULTILINE | Pattern.DOTALL);
  private static final Pattern NAME = Pattern.compile("public final class (\\w+)");

  /** Enough to see that they work. */
  private static final Map<String, String> SHORTER =
      Map.of("train.steps=400", "train.steps=6", "step <= 300", "step <= 6");

  @TempDir static Path folder;

  private static final String LIBRARY =
      Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
          .filter(entry -> !entry.contains("test-classes"))
          .collect(Collectors.joining(File.pathSeparator));

  private static final Map<String, String> PROGRAMS = new TreeMap<>();

  @BeforeAll
  static void compile() throws IOException {
    String text = Files.readString(Home.folder().resolve("docs").resolve("extending.md"));
    Matcher block = BLOCK.matcher(text);
    while (block.find()) {
      String program = block.group(1);
      for (Map.Entry<String, String> entry : SHORTER.entrySet()) {
        program = program.replace(entry.getKey(), entry.getValue());
      }
      Matcher name = NAME.matcher(program);
      assertThat(name.find()).isTrue();
      PROGRAMS.put(name.group(1), program);
    }
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "-Xlint:all,-try,-path",
                "-proc:none",
                // as a module, whose other packages are hidden
                "--module-path",
                LIBRARY,
                "--add-modules",
                "io.jiffusion.core",
                "-d",
                folder.toString()));
    for (Map.Entry<String, String> program : PROGRAMS.entrySet()) {
      Path file = folder.resolve(program.getKey() + ".java");
      arguments.add(Files.writeString(file, program.getValue()).toString());
    }
    String[] all = arguments.toArray(String[]::new);
    assertThat(ToolProvider.getSystemJavaCompiler().run(null, null, null, all)).isZero();
  }

  @Test
  void everySectionHasItsProgram() throws IOException {
    String text = Files.readString(Home.folder().resolve("docs").resolve("extending.md"));
    long sections = text.lines().filter(line -> line.startsWith("## ")).count();
    assertThat(PROGRAMS).hasSize((int) sections);
  }

  @ParameterizedTest
  @CsvSource({
    "OwnSampler, own-sampler.png, 128, ''",
    "OwnGuidance, own-guidance.png, 64, ''",
    "OwnSchedule, own-schedule.png, 64, ''",
    "OwnData, own-data.png, 64, ''",
    "OwnNetwork, own-network.png, 64, ''",
    "OwnFormat, weights.raw, 0, the same",
    "InAnApplication, fives.png, 64, '200/200 evaluations, .*'",
  })
  void aProgramRunsWithTheLibraryAlone(String name, String made, int width, String last)
      throws Exception {
    assertThat(PROGRAMS).containsKey(name);
    Path log = folder.resolve(name + ".txt");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                folder + File.pathSeparator + LIBRARY,
                name)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    assertThat(process.waitFor()).as(Files.readString(log)).isZero();
    try (Stream<String> lines = Files.lines(log)) {
      assertThat(lines.reduce("", (before, line) -> line)).matches(last.isEmpty() ? ".*" : last);
    }
    assertThat(folder.resolve(made)).exists();
    if (width > 0) {
      Images picture = ImageFile.read(folder.resolve(made));
      assertThat(picture.width()).isEqualTo(width);
      int[] levels = new int[256];
      for (byte level : picture.bytes()) {
        levels[level & 0xFF]++;
      }
      assertThat(Arrays.stream(levels).filter(count -> count > 0).count()).isGreaterThan(10);
    }
  }

  /** The unpacked model makes the pictures of the one in the project's folder. */
  @Test
  void theBundledModelIsInTheLibrary() throws IOException {
    for (String file : List.of("run.json", "weights.safetensors", "noise.json")) {
      try (var in = Home.class.getResourceAsStream("/models/mnist/" + file)) {
        assertThat(in).as(file).isNotNull();
        assertThat(in.readAllBytes())
            .isEqualTo(Files.readAllBytes(Home.model(Home.BUNDLED).resolve(file)));
      }
    }
  }
}
