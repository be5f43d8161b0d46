package io.jiffusion.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.config.Home;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The README's ten lines of Java, compiled and run as a user would: in a JVM without any flags. */
class LibraryExampleTest {
  private static final Pattern BLOCK =
      Pattern.compile("^```java\\n(.*?)^```", Pattern.MULTILINE | Pattern.DOTALL);

  @TempDir Path folder;

  @Test
  void theReadmesExampleMakesSixteenThrees() throws Exception {
    Path source = folder.resolve("Example.java");
    Files.writeString(source, program(example()));
    String classPath = System.getProperty("java.class.path");
    int compiled =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, null, "-cp", classPath, "-d", folder.toString(), source.toString());
    assertThat(compiled).isZero();

    Path log = folder.resolve("log.txt");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                folder + System.getProperty("path.separator") + classPath,
                "Example")
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    assertThat(process.waitFor()).as(Files.readString(log)).isZero();
    assertThat(Files.readString(log)).contains("evaluations").doesNotContain("Exception");

    BufferedImage threes = ImageIO.read(folder.resolve("threes.png").toFile());
    assertThat(threes.getWidth()).isEqualTo(4 * 32);
    assertThat(threes.getHeight()).isEqualTo(4 * 32);
    int[] pixels = threes.getRGB(0, 0, 128, 128, null, 0, 128);
    assertThat(Arrays.stream(pixels).distinct().count()).isGreaterThan(10);
  }

  private static String example() throws IOException {
    Matcher block = BLOCK.matcher(Files.readString(Home.folder().resolve("README.md")));
    assertThat(block.find()).isTrue();
    String text = block.group(1);
    assertThat(text).contains(".steps(50)");
    return text.replace(".steps(50)", ".steps(5)"); // enough to see that it works
  }

  private static String program(String lines) {
    return "import io.jiffusion.data.Images;\n"
        + "import io.jiffusion.pipeline.*;\n"
        + "import java.nio.file.Path;\n"
        + "public class Example {\n  public static void main(String[] args) throws Exception {\n"
        + lines
        + "  }\n}\n";
  }
}
