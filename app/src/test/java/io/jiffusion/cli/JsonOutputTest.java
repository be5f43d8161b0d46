package io.jiffusion.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The keys on which programs rely. */
class JsonOutputTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "samplers --json | /0 | name order stochastic evaluations spacing options paper",
        "schedule --model mnist --steps 3 --json | '' | evaluations passes seconds steps",
        "schedule --model mnist --steps 3 --json | /steps/2 | time label alpha sigma lambda next",
      })
  void hasTheseKeysInThisOrder(String command, String place, String keys) {
    JsonNode json = json(command).at(place == null ? "" : place);
    assertThat(String.join(" ", json.propertyNames())).isEqualTo(keys);
  }

  private static JsonNode json(String command) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    Main main = new Main(new PrintStream(out, true, StandardCharsets.UTF_8), System.err);
    assertThat(main.run(command.split(" "))).isZero();
    return JsonMapper.shared().readTree(out.toString(StandardCharsets.UTF_8));
  }
}
