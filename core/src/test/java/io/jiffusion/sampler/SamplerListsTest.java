package io.jiffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.config.Home;
import io.jiffusion.process.OptimalVariance;
import io.jiffusion.process.Variance;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * The two lists of samplers that people read, in the package's chapter and in docs/samplers.md, say
 * what {@link Samplers} says, in its order.
 */
class SamplerListsTest {
  private static final Samplers.Context MODEL =
      new Samplers.Context(Variance.SMALL, true, () -> new OptimalVariance(new double[] {1}));

  private static final Pattern CHAPTER =
      Pattern.compile(
          "<tr><td>(.+?)<td>\\{@link (\\w+)}<td>(.+?)<td>(.+?)<td>(yes|no)\\s[\\s*]*<td>(.+?)\\n"
              + "[\\s*]*<td>\\w.*");
  private static final Pattern DOCUMENT =
      Pattern.compile(
          "^\\| `(.+?)` \\| (.+?) \\| (.+?) \\| (yes|no) \\| (.+?) \\| \\w.* \\|$",
          Pattern.MULTILINE);

  @Test
  void theChapterListsEverySampler() throws IOException {
    List<String> wanted =
        Samplers.methods().stream()
            .map(
                method ->
                    String.join(
                        " | ",
                        method.name(),
                        Samplers.parse(method.name(), MODEL).getClass().getSimpleName(),
                        facts(method)))
            .toList();

    assertThat(rows("core/src/main/java/io/jiffusion/sampler/package-info.java", CHAPTER))
        .containsExactlyElementsOf(wanted);
  }

  @Test
  void theDocumentListsEverySampler() throws IOException {
    Stream<String> wanted =
        Samplers.methods().stream().map(method -> method.name() + " | " + facts(method));

    assertThat(rows("docs/samplers.md", DOCUMENT)).containsExactlyElementsOf(wanted.toList());
  }

  private static String facts(Samplers.Method method) {
    return String.join(
        " | ",
        method.order(),
        method.evaluations(),
        method.stochastic() ? "yes" : "no",
        method.paper());
  }

  private static List<String> rows(String file, Pattern row) throws IOException {
    return row.matcher(Files.readString(Home.folder().resolve(file)))
        .results()
        .map(
            match ->
                Stream.iterate(1, group -> group + 1)
                    .limit(match.groupCount())
                    .map(match::group)
                    .reduce((left, right) -> left + " | " + right)
                    .orElseThrow())
        .toList();
  }
}
