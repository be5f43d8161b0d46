package io.jiffusion.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.Fixtures;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.checkpoint.DiffusersScheduler;
import io.jiffusion.checkpoint.PeerConfig;
import io.jiffusion.config.Conventions;
import io.jiffusion.config.ProcessConfig;
import io.jiffusion.config.ScheduleType;
import io.jiffusion.config.Tree;
import io.jiffusion.process.Batch;
import io.jiffusion.process.Denoiser;
import io.jiffusion.process.MixtureDenoiser;
import io.jiffusion.process.Noise;
import io.jiffusion.process.Prediction;
import io.jiffusion.sampler.Samplers;
import io.jiffusion.sampler.Walk;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.RectifiedFlow;
import io.jiffusion.schedule.Scalings;
import io.jiffusion.schedule.Spacings;
import io.jiffusion.schedule.TimeGrid;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;

/**
 * Every scheduler class of diffusers, by its configuration alone, against what diffusers itself
 * made of the same noise: recorded by {@code tools/record_diffusers_schedulers.py} with a network
 * that answers for the label it is told.
 */
class DiffusersSchedulersTest {
  private static final MixtureDenoiser MIXTURE =
      MixtureDenoiser.of(new RectifiedFlow(), "plane"); // asked by alpha and sigma only

  static Stream<Arguments> recorded() {
    return StreamSupport.stream(
            Fixtures.json("solvers/diffusers_schedulers.json").get("cases").spliterator(), false)
        .map(
            entry ->
                Arguments.of(
                    entry.get("scheduler").asString(), entry.get("config").toString(), entry));
  }

  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("recorded")
  void makesWhatDiffusersMakesOrSaysWhereNot(String scheduler, String config, JsonNode entry) {
    ProcessConfig process = process(scheduler, config);
    Conventions known = process.known();
    // the original divides 32-bit numbers by little signal where it integrates noise
    double tolerance = known.sampler().contains("form=noise") ? 2e-4 : 1e-4;
    double largest = 0;
    for (Map.Entry<String, JsonNode> row : entry.get("finals").properties()) {
      int steps = Integer.parseInt(row.getKey());
      double difference = difference(sample(process, steps), row.getValue());
      largest = Math.max(largest, difference);
      if (known.differs() == null || agrees(known.differs(), steps)) {
        assertThat(difference).as(steps + " steps").isLessThan(tolerance);
      } else if (!known.spacing().startsWith("karras") || !known.sampler().startsWith("sa-")) {
        assertThat(difference)
            .as(steps + " steps: " + known.differs())
            .isLessThanOrEqualTo(told(known.differs(), steps));
      }
    }
    if (known.differs() != null && !(largest > tolerance)) {
      assertThat(known.differs()).as("is worth telling").contains("odd"); // other steps, or start
    }
  }

  /** Whether the difference that is told does not show in these steps. */
  private static boolean agrees(String differs, int steps) {
    return differs.contains("where N divides T") && 1000 % steps == 0
        || differs.contains("T/N is odd") && 1000 / steps % 2 == 0;
  }

  /**
   * The largest difference that is told for these steps, as in "(0.09 in 10 steps, 0.001 in 50)".
   */
  private static double told(String differs, int steps) {
    double told = Double.POSITIVE_INFINITY;
    Matcher sizes = Pattern.compile("([0-9.]+) in (\\d+)").matcher(differs);
    boolean any = false;
    while (sizes.find()) {
      any = true;
      if (Integer.parseInt(sizes.group(2)) == steps) {
        told = 1.1 * Double.parseDouble(sizes.group(1));
      }
    }
    assertThat(any).as("a size is told: " + differs).isTrue();
    return told;
  }

  private static double difference(double[] made, JsonNode expected) {
    double largest = 0;
    for (int i = 0; i < made.length; i++) {
      largest = Math.max(largest, Math.abs(made[i] - expected.get(i).asDouble()));
    }
    return largest;
  }

  @Test
  void readsNumbersAsPythonWritesThemInPeersFilesAlone(@TempDir Path folder) throws IOException {
    String json =
        "{\"_class_name\": \"DPMSolverMultistepScheduler\", \"lambda_min_clipped\": -Infinity}";
    Path file = Files.writeString(folder.resolve("scheduler_config.json"), json);
    Conventions known = DiffusersScheduler.read(PeerConfig.read(file)).known();
    assertThat(known.sampler()).isEqualTo("dpmpp-2m:type=dpm-solver,final=below-15");
    assertThat(known.spacing()).isEqualTo("dpm-linspace");
    for (String word : List.of("Infinity", "NaN")) {
      Path other = Files.writeString(file, json.replace("-Infinity", word));
      assertThatThrownBy(() -> DiffusersScheduler.read(PeerConfig.read(other)))
          .isInstanceOf(JiffusionException.class)
          .hasMessageContaining("illegal lambda_min_clipped: " + word);
    }
    assertThatThrownBy(() -> Tree.json(json, "run.json"))
        .isInstanceOf(JiffusionException.class)
        .hasMessageStartingWith("run.json is not valid JSON at line 1");
  }

  @Test
  void classesThatKnowNoClippingLeaveItOut() {
    String ddpm = "{\"clip_sample\": true, \"clip_sample_range\": 2.0, \"steps_offset\": 0}";
    assertThat(process("DPMSolverMultistepScheduler", ddpm).clip()).isFalse();
    assertThat(process("EulerDiscreteScheduler", ddpm).clip()).isFalse();
    assertThat(process("HeunDiscreteScheduler", ddpm).known().clipRange()).isEqualTo(2);
    String thresholds = ddpm.replace("}", ", \"thresholding\": true}");
    assertThat(process("DDIMScheduler", thresholds).clip()).isTrue();
    assertThat(process("DDIMScheduler", thresholds).known().clipRange()).isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "UniPCMultistepScheduler | 'use_flow_sigmas': true, 'use_karras_sigmas': true"
            + " | of karras levels",
        "UniPCMultistepScheduler | 'use_flow_sigmas': true, 'shift_terminal': 0.1"
            + " | not shifted",
        "EulerDiscreteScheduler | 'use_karras_sigmas': true, 'timestep_spacing': 'trailing',"
            + " 'final_sigmas_type': 'sigma_min' | goes on to that of index 0"
      })
  void whatIsNotDoneAsDiffusersDoesItIsTold(String scheduler, String config, String told) {
    String json = "{" + config.replace('\'', '"') + "}";
    assertThat(process(scheduler, json).known().differs()).contains(told);
  }

  /** Stable Diffusion's own file of DDIM. */
  @Test
  void endsAtTheLeastNoisyStepWithoutAFinalAlphaOfOne() {
    String config =
        "{\"beta_end\": 0.012, \"beta_schedule\": \"scaled_linear\", \"beta_start\": 0.00085,"
            + " \"clip_sample\": false, \"set_alpha_to_one\": false, \"steps_offset\": 1}";
    ProcessConfig process = process("DDIMScheduler", config);
    TimeGrid grid = Spacings.parse(process.known().spacing(), process.noiseSchedule(), 50);
    assertThat(grid.time(0)).isEqualTo(0.982);
    assertThat(grid.time(49)).isEqualTo(0.002);
    assertThat(grid.time(50)).isEqualTo(0.001);
  }

  @ParameterizedTest
  @ValueSource(strings = {"auto", "ddim", "dpmpp-2m", "dpmpp-2m-sde", "unipc", "heun"})
  void whereNoSignalIsLeftSamplersStartAtTheEndOrSayThatTheyCannot(String name) {
    String config = "{\"rescale_betas_zero_snr\": true, \"prediction_type\": \"v_prediction\"}";
    ProcessConfig process = process("DDIMScheduler", config);
    String sampler = name.equals("auto") ? process.known().sampler() : name;
    ResolvedRequest route =
        ResolvedRequest.of(process, SampleRequest.of(1).sampler(sampler).steps(5));
    assertThat(route.spacing()).isEqualTo("trailing");
    Denoiser zeros = (xt, t) -> new Prediction(xt.times(0));
    Walk walk = new Walk(zeros, process.noiseSchedule(), route.grid(), Noise.NONE);
    Batch start = new Batch(1, 1, 1, 1, new double[] {1});
    if (List.of("heun", "unipc").contains(name)) {
      assertThatThrownBy(() -> route.sampler().sample(walk, start))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("where alpha is 0, must have a signal");
    } else {
      assertThat(route.sampler().sample(walk, start).data()).containsExactly(0);
    }
  }

  private static ProcessConfig process(String scheduler, String config) {
    String json =
        "{\"_class_name\": \""
            + scheduler
            + "\""
            + (config.equals("{}") ? "}" : "," + config.substring(1));
    return DiffusersScheduler.read(PeerConfig.of(Tree.pythonJson(json, "scheduler_config.json")));
  }

  private static double[] sample(ProcessConfig process, int steps) {
    Conventions known = process.known();
    NoiseSchedule schedule = process.noiseSchedule();
    TimeGrid grid = Spacings.parse(known.spacing(), schedule, steps);
    Denoiser model =
        (xt, t) -> {
          Scalings s = process.prediction().scalings(schedule, t, process.timeLabel().at(t));
          Batch said = network(process, xt.times(s.in()), s.label());
          return new Prediction(Batch.lincomb(s.skip(), xt, s.out(), said));
        };
    Noise noise =
        (draw, image, out, from, count) -> {
          for (int i = 0; i < count; i++) {
            out[from + i] = Math.sqrt(2) * Math.sin(1.7 * draw + 0.9 * (image * count + i) + 0.3);
          }
        };
    Batch start = new Batch(2, 2, 1, 1, new double[] {0.7, -1.1, -0.4, 1.6});
    return Samplers.parse(
            known.sampler(), new Samplers.Context(process.variance(), process.rederive(), null))
        .sample(
            new Walk(Thresholding.parse("auto").rule().over(model, process), schedule, grid, noise),
            start.times(process.startStd(grid)))
        .data();
  }

  /** What the recorded network says: exact, by the label alone. */
  private static Batch network(ProcessConfig process, Batch x, double label) {
    double gain = process.clip() ? 3 : 1; // so that clipping shows
    if (process.schedule() == ScheduleType.EDM) {
      double sigma = Math.exp(4 * label);
      double norm = Math.sqrt(sigma * sigma + 0.25);
      Batch y = x.times(norm);
      double out = sigma * 0.5 / norm;
      return Batch.lincomb(gain / out, MIXTURE.x0(y, 1, sigma), -0.25 / (norm * norm) / out, y);
    }
    if (process.schedule() == ScheduleType.FLOW) {
      double sigma = (label + 0.5) / 1000;
      Batch data = MIXTURE.x0(x, 1 - sigma, sigma);
      return Batch.lincomb(1 / sigma, x, -(1 - sigma) / sigma - 1, data);
    }
    double n = label + 1;
    double sigma = Math.sqrt(-Math.expm1(-(1e-4 * n + 0.995e-5 * n * n)));
    double alpha = Math.sqrt(1 - sigma * sigma);
    Batch data = MIXTURE.x0(x, alpha, sigma).times(gain);
    Batch eps = Batch.lincomb(1 / sigma, x, -alpha / sigma, data);
    return switch (process.predicts()) {
      case X0 -> data;
      case V -> Batch.lincomb(alpha, eps, -sigma, data);
      default -> eps;
    };
  }
}
