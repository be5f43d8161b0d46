package io.jiffusion.docs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.jiffusion.config.Home;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every command in README.md and docs/*.md is run, in order, each document in a folder of its own.
 * Commands that take long are run shorter, as the table says; all others as they stand.
 */
class CommandsTest {
  @TempDir static Path folder;

  /**
   * How a command is run and what it must do.
   *
   * @param start its first words
   * @param shorter options and values that take the place of those in the document, or are added
   * @param last what the last line on stdout looks like
   * @param files that are there afterwards, beside those that it names on stdout
   */
  // Numbers that are never compared.
  @SuppressWarnings("ArrayRecordComponent")
  private record Entry(String start, String shorter, String last, String... files) {}

  /** The first that fits counts. Of the small model and the few digits the test makes files. */
  private static final List<Entry> ENTRIES =
      List.of(
          // 16 x 1,080 evaluations; with the small model all four rows all the same
          new Entry("demo", "--model ../small", "jiffusion sample .*--class 3.*", "demo/sheet.png"),
          new Entry("sample", "--steps 4 --count 4", ".+\\.(png|gif|npy|json)"),
          new Entry("compare", "--count 1 --budgets 3,6 --reference 12", ".+\\.png"),
          new Entry("edit", "--count 1", ".+\\.png"),
          new Entry("interpolate", "--count 3 --evaluations 4", ".+\\.gif"),
          new Entry("reconstruct", "--budgets 3,6 --count 2", ".+\\.png"),
          new Entry("show", "", "jiffusion (sample|edit) --model .+"),
          new Entry("schedule", "", "time +about .+ GFLOP/s .*"),
          new Entry("inspect --plan", "", "all \\d+ of .*"),
          new Entry("inspect cifar10 --plan", "", "all \\d+ of .*"),
          new Entry("inspect as-diffusers", "", "steps: \\d+"),
          new Entry("inspect", "", "checkpoint(Every|Minutes): \\d+"),
          new Entry(
              "train-classifier",
              "--steps 3 --data mnist=../digits",
              ".+ test images recognised; .+"),
          new Entry(
              "train toy-scurve",
              "--steps 20",
              "Next: jiffusion toy runs/toy-scurve",
              "runs/toy-scurve/run.json",
              "runs/toy-scurve/weights.safetensors",
              "runs/toy-scurve/metrics.jsonl"),
          // the run's own configuration holds its small batch
          new Entry("train --out", "--steps 6", "Next: jiffusion (sample|toy) .+"),
          new Entry("train cifar10", "--steps 1", "Next: jiffusion sample .+"), // 35.7 million
          new Entry("train", "--steps 3 --set train.batch=8", "Next: jiffusion (sample|toy) .+"),
          new Entry("toy", "--points 100", ".+\\.png"),
          new Entry("evaluate --images", "--against mnist=../digits:test", ".+"),
          new Entry("evaluate", "--count 2 --evaluations 2 --against mnist=../digits:test", ".+"),
          new Entry(
              "likelihood", "--count 1 --steps 2 --rtol 0.1 --atol 0.1 --data ../digits", "\\d+ s"),
          new Entry(
              "bench",
              "--batch 1 --precision fp32 --seconds 0.05 --train-batch 2",
              "from a command's start to its end: .+ s, the best of 3"));

  private static final Entry AS_IT_STANDS = new Entry("", "", ".+");

  @BeforeAll
  static void makeASmallModelAndAFewDigits() throws IOException, InterruptedException {
    Program.trainSmall(folder, "small");
    Path digits = Files.createDirectories(folder.resolve("digits"));
    for (String set : List.of("train", "t10k")) {
      firstItems(set + "-images-idx3-ubyte", digits, 16, 28 * 28);
      firstItems(set + "-labels-idx1-ubyte", digits, 8, 1);
    }
  }

  @TestFactory
  Stream<DynamicContainer> everyCommandOfTheDocumentsRuns() throws IOException {
    List<DynamicContainer> documents = new ArrayList<>();
    for (Path document : Documents.all()) {
      Path work = Files.createDirectories(folder.resolve(document.getFileName().toString()));
      documents.add(
          dynamicContainer(
              document.getFileName().toString(),
              Documents.commands(document).stream()
                  .map(command -> dynamicTest(command, () -> runs(command, work)))));
    }
    return documents.stream();
  }

  @Test
  void theReadmeShowsCommands() throws IOException {
    assertThat(Documents.commands(Documents.all().get(0)))
        .hasSizeGreaterThan(8)
        .contains("demo", "train toy-scurve");
  }

  @Test
  void linksBetweenDocumentsLeadSomewhere() throws IOException {
    for (Path document : Documents.all()) {
      assertThat(Documents.links(document))
          .allSatisfy(
              link ->
                  assertThat(document.resolveSibling(link)).as(document + ": " + link).exists());
    }
  }

  private static void runs(String command, Path work) throws IOException, InterruptedException {
    List<String> words = Documents.words(command);
    Entry entry =
        ENTRIES.stream()
            .filter(one -> startsWith(words, Documents.words(one.start)))
            .findFirst()
            .orElse(AS_IT_STANDS);
    Program.Ended ended = Program.run(work, shortened(words, Documents.words(entry.shorter)));
    assertThat(ended.code()).as(ended.err()).isZero();
    assertThat(ended.lastLine()).matches(entry.last);
    assertThat(ended.err()).doesNotContain("Exception").doesNotContain("WARNING");
    assertThat(entry.files).allSatisfy(file -> assertThat(work.resolve(file)).isNotEmptyFile());
    assertThat(ended.out().lines().filter(line -> line.matches(" *\\S+\\.(png|gif|npy)")))
        .allSatisfy(file -> assertThat(work.resolve(file.strip())).isNotEmptyFile());
  }

  private static boolean startsWith(List<String> words, List<String> start) {
    return words.size() >= start.size() && words.subList(0, start.size()).equals(start);
  }

  /** The words with the values of these options, {@code --set} being one that may be repeated. */
  private static List<String> shortened(List<String> words, List<String> options) {
    List<String> out = new ArrayList<>(words);
    for (int i = 0; i < options.size(); i += 2) {
      int at = options.get(i).equals("--set") ? -1 : out.indexOf(options.get(i));
      if (at >= 0) {
        out.set(at + 1, options.get(i + 1));
      } else {
        out.addAll(options.subList(i, i + 2));
      }
    }
    return out;
  }

  /** Writes a file with the first 200 items of one of the project's. */
  private static void firstItems(String name, Path to, int header, int item) throws IOException {
    int count = 200;
    Path file = Home.folder().resolve("data").resolve("mnist").resolve(name + ".gz");
    try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
      byte[] bytes = in.readNBytes(header + count * item);
      ByteBuffer.wrap(bytes).putInt(4, count);
      Files.write(to.resolve(name), bytes);
    }
  }
}
