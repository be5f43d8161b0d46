package io.jiffusion.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.Fixtures;
import io.jiffusion.process.Batch;
import io.jiffusion.process.Denoiser;
import io.jiffusion.process.MixtureDenoiser;
import io.jiffusion.process.Prediction;
import io.jiffusion.sampler.Noise;
import io.jiffusion.sampler.Samplers;
import io.jiffusion.sampler.Walk;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.RectifiedFlow;
import io.jiffusion.schedule.Scalings;
import io.jiffusion.schedule.Spacing;
import io.jiffusion.schedule.TimeGrid;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
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
      if (known.differs() == null || agreesWhereTheStepsDivide(known) && 1000 % steps == 0) {
        assertThat(difference).as(steps + " steps").isLessThan(tolerance);
      }
    }
    if (known.differs() != null && !known.differs().contains("odd")) {
      assertThat(largest).as("is worth telling: " + known.differs()).isGreaterThan(tolerance);
    }
  }

  private static boolean agreesWhereTheStepsDivide(Conventions known) {
    return known.differs().contains("where N divides T") && !known.sampler().equals("plms");
  }

  private static double difference(double[] made, JsonNode expected) {
    double largest = 0;
    for (int i = 0; i < made.length; i++) {
      largest = Math.max(largest, Math.abs(made[i] - expected.get(i).asDouble()));
    }
    return largest;
  }

  private static ProcessConfig process(String scheduler, String config) {
    String json =
        "{\"_class_name\": \""
            + scheduler
            + "\""
            + (config.equals("{}") ? "}" : "," + config.substring(1));
    return DiffusersScheduler.read(Settings.of(Tree.pythonJson(json, "scheduler_config.json")));
  }

  private static double[] sample(ProcessConfig process, int steps) {
    Conventions known = process.known();
    NoiseSchedule schedule = process.noiseSchedule();
    TimeGrid grid = Spacing.parse(known.spacing(), schedule, steps);
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
            known.sampler(), new Samplers.Given(process.variance(), process.rederive(), null))
        .sample(
            new Walk(
                Denoisers.thresholded(model, process, threshold(known)), schedule, grid, noise),
            start.times(process.startStd(grid)))
        .data();
  }

  private static String threshold(Conventions known) {
    return known.threshold() == null ? "auto" : known.threshold();
  }

  /** What the recorded network says: exact, by the label alone. */
  private static Batch network(ProcessConfig process, Batch x, double label) {
    if (process.schedule().equals("edm")) {
      double sigma = Math.exp(4 * label);
      double norm = Math.sqrt(sigma * sigma + 0.25);
      Batch y = x.times(norm);
      double out = sigma * 0.5 / norm;
      return Batch.lincomb(1 / out, MIXTURE.x0(y, 1, sigma), -0.25 / (norm * norm) / out, y);
    }
    if (process.schedule().equals("flow")) {
      double sigma = (label + 0.5) / 1000;
      Batch data = MIXTURE.x0(x, 1 - sigma, sigma);
      return Batch.lincomb(1 / sigma, x, -(1 - sigma) / sigma - 1, data);
    }
    double n = label + 1;
    double sigma = Math.sqrt(-Math.expm1(-(1e-4 * n + 0.995e-5 * n * n)));
    double alpha = Math.sqrt(1 - sigma * sigma);
    Batch data = MIXTURE.x0(x, alpha, sigma);
    Batch eps = Batch.lincomb(1 / sigma, x, -alpha / sigma, data);
    return switch (process.predicts()) {
      case "x0" -> data;
      case "v" -> Batch.lincomb(alpha, eps, -sigma, data);
      default -> eps;
    };
  }
}
