package io.jiffusion.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.schedule.DiscreteBetas;
import io.jiffusion.schedule.Edm;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.RectifiedFlow;
import io.jiffusion.schedule.Scalings;
import io.jiffusion.schedule.SubVariancePreserving;
import io.jiffusion.schedule.VarianceExploding;
import io.jiffusion.schedule.VariancePreserving;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProcessConfigTest {

  private static ProcessConfig process(String... settings) {
    return RunConfig.of("mnist", Arrays.stream(settings).map("process."::concat).toList())
        .process();
  }

  @Test
  void namesTheProcessesInContinuousTimeWithThePapersNumbers() {
    assertThat(process("schedule=vp").noiseSchedule()).isEqualTo(new VariancePreserving(0.1, 20));
    assertThat(process("schedule=sub-vp").noiseSchedule())
        .isEqualTo(new SubVariancePreserving(0.1, 20));
    assertThat(process("schedule=ve").noiseSchedule()).isEqualTo(new VarianceExploding(0.01, 50));
    assertThat(process("schedule=edm").noiseSchedule()).isEqualTo(new Edm(0.002, 80));
    assertThat(process("schedule=edm", "sigmaMax=10").noiseSchedule())
        .isEqualTo(new Edm(0.002, 10));
    assertThat(process("schedule=flow").noiseSchedule()).isEqualTo(new RectifiedFlow());
    assertThat(process().noiseSchedule()).isInstanceOf(DiscreteBetas.class);
  }

  @ParameterizedTest
  @CsvSource({
    "linear, eps, 499",
    "vp, eps, 499.5",
    "sub-vp, eps, 499.5",
    "ve, score, 0.7071067811865476",
    "edm, edm, 0.9222198635",
    "flow, velocity, 500",
    "flow, edm, 0"
  })
  void tellsTheNetworkTheTimeAsItsKindExpects(String schedule, String predicts, double label) {
    ProcessConfig process = process("schedule=" + schedule, "predicts=" + predicts);
    assertThat(process.timeLabel().at(0.5)).isCloseTo(label, within(1e-9));
  }

  @Test
  void readsEdmsNetworkWithTheDeviationOfTheData() {
    NoiseSchedule edm = new Edm(0.002, 80);
    Scalings half = process("schedule=edm", "predicts=edm").prediction().scalings(edm, 0.5, 0);
    Scalings one =
        process("schedule=edm", "predicts=edm", "sigmaData=1").prediction().scalings(edm, 0.5, 0);
    assertThat(half.in()).isCloseTo(1 / Math.sqrt(1600.25), within(1e-15));
    assertThat(one.in()).isCloseTo(1 / Math.sqrt(1601), within(1e-15));
  }

  @Test
  void writesOnlyTheNoiseLevelsThatCount() {
    assertThat(RunConfig.of("mnist", List.of()).toYaml()).doesNotContain("sigma");
    RunConfig edm = RunConfig.of("mnist", List.of("process.schedule=edm", "process.predicts=edm"));
    assertThat(edm.toYaml())
        .contains("sigmaMin: 0.002")
        .contains("sigmaMax: 80")
        .contains("sigmaData: 0.5");
  }

  @ParameterizedTest
  @CsvSource({
    "linear, uniform, uniform",
    "linear, karras, karras",
    "vp, uniform, time",
    "vp, logsnr, logsnr",
    "flow, trailing, time:end=0",
    "edm, uniform, karras"
  })
  void replacesTheSpacingOfASamplerWhereThereIsNoTable(
      String schedule, String ofSampler, String expected) {
    assertThat(process("schedule=" + schedule).spacing(ofSampler)).isEqualTo(expected);
  }

  @Test
  void hasNoWeightsOfTimesWithoutATable() {
    assertThatThrownBy(
            () -> RunConfig.of("mnist", List.of("process.schedule=vp", "train.gamma=[1]")))
        .hasMessageContaining("must be none for a process in continuous time");
  }
}
