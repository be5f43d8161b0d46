package io.jiffusion.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.base.JiffusionException;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;
import tools.jackson.databind.json.JsonMapper;

/** Damaged files and what must become of them. */
final class BadFiles {
  private BadFiles() {}

  /** A file of the test resources {@code data/…}. */
  static Path file(String name) {
    try {
      return Path.of(BadFiles.class.getResource("/data/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Names and verdicts of a folder, as "name verdict". */
  static List<String> verdicts(String folder) throws IOException {
    try (InputStream in =
        BadFiles.class.getResourceAsStream("/data/" + folder + "/verdicts.json")) {
      return JsonMapper.shared()
          .readTree(in)
          .propertyStream()
          .map(verdict -> verdict.getKey() + " " + verdict.getValue().asString())
          .toList();
    }
  }

  /** Checks that a reader gives a file its verdict. */
  static void judge(String folder, String verdict, Consumer<Path> reader) {
    Path file = file(folder + "/" + verdict.split(" ")[0]);
    switch (verdict.split(" ")[1]) {
      case "accept" -> reader.accept(file);
      case "reject" ->
          assertThatThrownBy(() -> reader.accept(file))
              .isInstanceOf(JiffusionException.class)
              .hasMessageContaining(file.toString());
      default -> readOrRefuse(file, reader);
    }
  }

  /**
   * Changes bytes at random, 1,000 times the system property {@code jiffusion.test.size}, and
   * checks that nothing but a clean refusal happens.
   */
  static void mutate(Path folder, byte[] whole, Consumer<Path> reader) throws IOException {
    Path file = folder.resolve("mutant");
    Random random = new Random(1);
    for (int i = 0; i < mutants(); i++) {
      byte[] mutant =
          random.nextInt(5) == 0
              ? Arrays.copyOf(whole, random.nextInt(whole.length))
              : whole.clone();
      for (int changes = random.nextInt(4); changes >= 0 && mutant.length > 0; changes--) {
        mutant[random.nextInt(mutant.length)] = (byte) random.nextInt(256);
      }
      Files.write(file, mutant);
      readOrRefuse(file, reader);
    }
  }

  private static int mutants() {
    return (int) (1000 * Double.parseDouble(System.getProperty("jiffusion.test.size", "0.1")));
  }

  private static void readOrRefuse(Path file, Consumer<Path> reader) {
    try {
      reader.accept(file);
    } catch (JiffusionException e) {
      assertThat(e).hasMessageContaining(file.toString());
    }
  }
}
