package io.jiffusion.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.Fixtures;
import io.jiffusion.Fixtures.Array;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;

class RespacingTest {

  private static Stream<JsonNode> cases(String resource, String list) {
    return StreamSupport.stream(Fixtures.json(resource).get(list).spliterator(), false);
  }

  private static int[] ints(JsonNode list) {
    return IntStream.range(0, list.size()).map(i -> list.get(i).asInt()).toArray();
  }

  private static int[] reversed(int[] list) {
    return IntStream.range(0, list.length).map(i -> list[list.length - 1 - i]).toArray();
  }

  static Stream<JsonNode> openai() {
    return cases("respacing/space_timesteps.json", "cases");
  }

  @ParameterizedTest
  @MethodSource("openai")
  void equalsOpenAisLists(JsonNode expected) {
    int trained = expected.get("T").asInt();
    String spec = expected.get("spec").asString();
    boolean empty =
        expected.path("count").asInt(-1) == 0; // legal there, though nothing can be sampled with it
    if (expected.has("error") || empty) {
      assertThatThrownBy(() -> Respacing.parse(spec, trained))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("illegal ");
      return;
    }
    int[] indices = Respacing.parse(spec, trained);
    assertThat(indices).hasSize(expected.get("count").asInt());
    if (expected.has("steps")) {
      assertThat(indices).isEqualTo(ints(expected.get("steps")));
    } else {
      assertThat(indices)
          .startsWith(ints(expected.get("first")))
          .endsWith(ints(expected.get("last")));
      assertThat(Arrays.stream(indices).asLongStream().sum())
          .isEqualTo(expected.get("sum").asLong());
      assertThat(Arrays.stream(indices).asLongStream().map(i -> i * i).sum())
          .isEqualTo(expected.get("sum_of_squares").asLong());
    }
  }

  static Stream<JsonNode> census() {
    return cases("respacing/space_timesteps.json", "census");
  }

  @ParameterizedTest
  @MethodSource("census")
  void givesDdimNForTheSameNAsOpenAiAndTheSameSections(JsonNode expected) {
    int trained = expected.get("T").asInt();
    int[] possible =
        IntStream.rangeClosed(1, trained)
            .filter(
                steps -> {
                  try {
                    return Respacing.ddim(trained, steps).length == steps;
                  } catch (IllegalArgumentException e) {
                    return false;
                  }
                })
            .toArray();
    assertThat(possible).isEqualTo(ints(expected.get("possible_ddimN")));
    for (JsonNode section : expected.get("single_section")) {
      int[] indices = Respacing.sections(trained, section.get("N").asInt());
      assertThat(indices).hasSize(section.get("count").asInt());
      assertThat(Arrays.stream(indices).sum()).isEqualTo(section.get("sum").asInt());
    }
  }

  static Stream<JsonNode> ddim() {
    return cases("respacing/ddim_sequences.json", "cases");
  }

  @ParameterizedTest
  @MethodSource("ddim")
  void equalsDdimsListsWhereTheseHaveTheStepsAskedForAndNoRepeats(JsonNode expected) {
    int trained = expected.get("T").asInt();
    int steps = expected.get("S").asInt();
    int[] uniform = Respacing.uniform(trained, steps);
    int[] quadratic = Respacing.quadratic(trained, steps);
    assertThat(uniform).hasSize(steps);
    assertThat(quadratic).hasSize(steps);
    if (expected.get("uniform_count").asInt() == steps) {
      assertThat(uniform).isEqualTo(ints(expected.get("uniform")));
    }
    if (expected.get("quad_unique").asInt() == steps) {
      assertThat(quadratic).isEqualTo(ints(expected.get("quad")));
    } else if (!expected.get("quad_is_shortened_to_first60_last10").asBoolean()) {
      int[] theirs = ints(expected.get("quad"));
      int last = theirs.length - 1;
      assertThat(quadratic[last]).isEqualTo(theirs[last]);
      assertThat(IntStream.range(0, steps).map(i -> quadratic[i] - theirs[i]).max().orElseThrow())
          .as("moved by little")
          .isLessThanOrEqualTo(steps / 10);
    }
  }

  static Stream<JsonNode> diffusers() {
    return cases("respacing/diffusers_timesteps.json", "cases");
  }

  @ParameterizedTest
  @MethodSource("diffusers")
  void equalsDiffusersLists(JsonNode expected) {
    int steps = expected.get("steps").asInt();
    int offset = expected.get("steps_offset").asInt();
    String kind = expected.get("scheduler").asString();
    String word = expected.get("timestep_spacing").asString();
    boolean fractions = kind.startsWith("Euler") && word.equals("linspace");
    String text =
        (kind.matches("(DPM|UniPC|DEIS).*") ? "dpm-" : "")
            + word
            + (word.equals("leading") ? ":" + offset : fractions ? ":unrounded" : "");
    TimeGrid grid = Spacings.parse(text, DiscreteBetas.linear(1000, 1e-4, 0.02), steps);
    double[] theirs =
        StreamSupport.stream(expected.get("timesteps").spliterator(), false)
            .mapToDouble(JsonNode::asDouble)
            .distinct() // PNDM's second step is asked twice
            .toArray();
    assertThat(grid.steps()).isEqualTo(theirs.length);
    for (int i = 0; i < theirs.length; i++) {
      assertThat(1000 * grid.time(i) - 1).isCloseTo(theirs[i], within(fractions ? 1e-4 : 1e-9));
    }
  }

  /**
   * NumPy rounds halves to even; the list is that of its {@code round(arange(1000, 0, -62.5)) - 1}.
   */
  @Test
  void roundsHalvesToEvenAsNumPyDoes() {
    assertThat(Respacing.parse("trailing", 1000, 16))
        .containsExactly(
            61, 124, 187, 249, 311, 374, 437, 499, 561, 624, 687, 749, 811, 874, 937, 999);
  }

  static Stream<JsonNode> spaced() {
    return cases("respacing/spaced_betas.json", "cases");
  }

  @ParameterizedTest
  @MethodSource("spaced")
  void givesTheShortenedProcessItsBetasAndPosteriors(JsonNode entry) {
    Map<String, Array> tables = Fixtures.tensors("respacing/spaced_betas.safetensors");
    String key = entry.get("key").asString();
    int trained = entry.get("T").asInt();
    DiscreteBetas full =
        entry.get("schedule").asString().equals("cosine")
            ? DiscreteBetas.cosine(trained)
            : DiscreteBetas.rescaledLinear(trained);
    int[] indices =
        Respacing.parse(entry.get("spec").asString(), trained, entry.get("steps").asInt());
    assertThat(indices).isEqualTo(tables.get(key + ".timestep_map").ints());
    DiscreteBetas spaced = respaced(full, indices);
    TimeGrid grid = TimeGrid.of(trained, indices);
    assertThat(grid.steps()).isEqualTo(indices.length);
    for (int i = 0; i < indices.length; i++) {
      double t = grid.time(indices.length - 1 - i);
      double s = grid.time(indices.length - i);
      Posterior posterior = Posterior.of(full, t, s); // what a sampler sees on the full schedule
      double beta = tables.get(key + ".betas").values()[i];
      double variance = tables.get(key + ".posterior_variance").values()[i];
      assertThat(spaced.beta(i)).isCloseTo(beta, tolerance(beta));
      assertThat(posterior.forward()).isCloseTo(beta, tolerance(beta));
      assertThat(posterior.variance()).isCloseTo(variance, tolerance(variance));
      assertThat(spaced.alphaBar(i))
          .isCloseTo(tables.get(key + ".alphas_cumprod").values()[i], within(1e-12));
      assertThat(TimeLabel.rescaled(trained).at(t))
          .isCloseTo(tables.get(key + ".label_rescaled").values()[i], within(1e-9));
    }
  }

  /** The process that visits only these steps: betas for which ᾱ stays as it is there. */
  private static DiscreteBetas respaced(DiscreteBetas full, int... indices) {
    double[] betas = new double[indices.length];
    double before = 1;
    for (int i = 0; i < indices.length; i++) {
      betas[i] = 1 - full.alphaBar(indices[i]) / before;
      before = full.alphaBar(indices[i]);
    }
    return DiscreteBetas.of(betas);
  }

  private static Offset<Double> tolerance(double expected) {
    return within(Math.max(1e-13, 1e-9 * expected));
  }

  @Test
  void givesExactlySStepsForEveryS() {
    for (int trained : new int[] {1, 2, 10, 97, 1000}) {
      for (int steps = 1; steps <= trained; steps++) {
        for (String spacing :
            new String[] {"uniform", "quadratic", "leading", "trailing", "linspace"}) {
          assertThat(Respacing.parse(spacing, trained, steps))
              .as("%s %d of %d", spacing, steps, trained)
              .hasSize(steps);
        }
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "uniform    | 1001 | illegal steps: 1001, must be from 1 to 1000, the steps of the model; the nearest is 1000",
        "quadratic  | 0    | illegal steps: 0, must be from 1 to 1000, the steps of the model; the nearest is 1",
        "ddim37     | 37   | illegal steps: 37 for ddim spacing of 1000 steps, must be a number that a whole stride gives; the nearest is 38",
        "ddim50     | 20   | illegal steps: 20 with spacing ddim50, must be 50, as the spacing says; or choose another spacing, such as uniform",
        "600,600    | 1200 | illegal count of section 1: 600, must be from 0 to 500, the steps that this section has of the model's 1000; the nearest is 500",
        "list:5,5   | 2    | illegal index: 5 after 5, must be ascending without repeats",
        "list:5,1000| 2    | illegal index: 1000, must be from 0 to 999 for a model of 1000 steps",
        "leading:1  | 1000 | illegal spacing: leading of 1000 steps visits step 1000, must be among 0 to 999; take fewer steps or a smaller offset",
        "unifrom    | 10   | illegal spacing: unifrom, must be one of uniform, quadratic, leading, trailing, linspace, dpm-leading, dpm-linspace, dpm-trailing, ddimN, counts such as 10,10,5, or list:0,10,20; the nearest name is uniform",
      })
  void namesTheValueTheRuleAndTheNearestThatWorks(String text, int steps, String message) {
    assertThatThrownBy(() -> Respacing.parse(text, 1000, steps))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void refusesATextWithoutStepsOfItsOwnWhereNoneAreGiven() {
    assertThatThrownBy(() -> Respacing.parse("uniform", 1000))
        .hasMessageStartingWith("illegal spacing: uniform without a number of steps");
    assertThatThrownBy(() -> Respacing.ddim(1, 1))
        .hasMessageEndingWith("a model of 1 step has none: use uniform");
  }
}
