package io.jiffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the list says of a sampler's options is what its maker takes: names, defaults, words. */
class SamplerOptionsTest {
  static List<Samplers.Method> methods() {
    return Samplers.methods().stream().filter(row -> !row.name().startsWith("analytic")).toList();
  }

  private static List<String> options(Samplers.Method row) {
    return row.options().isEmpty() ? List.of() : List.of(row.options().split(", "));
  }

  @ParameterizedTest
  @MethodSource("methods")
  void theDefaultThatIsListedIsTheOneThatIsTaken(Samplers.Method row) {
    Sampler plain = Samplers.parse(row.name());
    for (String option : options(row)) {
      if (option.contains("=")) {
        String first = option.split("\\|")[0];
        assertThat(Samplers.parse(row.name() + ":" + first)).as(first).isEqualTo(plain);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("methods")
  void anotherWordThanTheFirstIsAnotherSampler(Samplers.Method row) {
    Sampler plain = Samplers.parse(row.name());
    for (String option : options(row)) {
      String key = option.replaceAll("=.*", "=");
      for (String word : option.split("\\|")) {
        if (!word.startsWith(key)) {
          assertThat(Samplers.parse(row.name() + ":" + key + word)).as(word).isNotEqualTo(plain);
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("methods")
  void noOptionIsTakenThatIsNotListed(Samplers.Method row) {
    List<String> listed =
        options(row).stream().map(option -> option.replaceAll("=.*", "")).sorted().toList();
    String message = catchThrowable(() -> Samplers.parse(row.name() + ":zzz")).getMessage();
    List<String> taken =
        message.contains("one of ")
            ? Arrays.stream(message.replaceAll("(?s).*one of (.*);.*", "$1").split(", "))
                .sorted()
                .toList()
            : List.of();
    assertThat(taken).isEqualTo(listed);
  }
}
