package io.jiffusion.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.base.Cancellation;
import io.jiffusion.config.RunConfig;
import io.jiffusion.data.Dataset;
import io.jiffusion.tensor.NativeHandles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Points of the plane learned by a small perceptron on every process in continuous time. */
@ExtendWith(NativeHandles.class)
class ContinuousProcessesTest {
  private static final int POINTS = 500;

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({
    "flow, velocity, uniform, ddim",
    "vp, eps, antithetic, ddpm",
    "sub-vp, v, antithetic, ddim",
    "ve, edm, log-normal, euler-a",
    "edm, edm, log-normal, heun"
  })
  void aTrainedModelDrawsPointsAsFarAndWideAsTheData(
      String schedule, String predicts, String times, String sampler) {
    RunConfig config =
        RunConfig.of(
            "toy-scurve",
            List.of(
                "process.schedule=" + schedule,
                "process.predicts=" + predicts,
                "train.times=" + times,
                "train.steps=150",
                "train.batch=256",
                "train.lr=5e-3",
                "train.warmup=10",
                "train.ema=0.97",
                "train.shards=1",
                "network.mlp.width=64",
                "network.mlp.depth=2",
                "network.mlp.embedding=32"));
    List<Double> losses = new ArrayList<>();
    new Training(config, folder, false)
        .run(
            TrainingTest.listener(
                progress -> losses.add(Double.valueOf(progress.note().split(" ")[1])), step -> {}),
            new Cancellation());
    double early = losses.subList(0, 5).stream().mapToDouble(x -> x).average().orElseThrow();
    double late = losses.subList(120, 150).stream().mapToDouble(x -> x).average().orElseThrow();
    assertThat(late).as("loss").isLessThan(0.95 * early);

    SampleRequest request = SampleRequest.of(POINTS).sampler(sampler).steps(20).floats(true);
    float[] drawn;
    try (Model model = Model.load(folder)) {
      drawn = model.sample(request, progress -> {}).values();
    }
    Dataset data = config.dataset();
    float[] real = new float[2 * POINTS];
    for (int i = 0; i < POINTS; i++) {
      data.example(i, real, 2 * i);
    }
    for (int axis = 0; axis < 2; axis++) {
      assertThat(mean(drawn, axis, 1)).isCloseTo(mean(real, axis, 1), within(0.2));
      assertThat(mean(drawn, axis, 2)).isCloseTo(mean(real, axis, 2), within(0.2));
    }
  }

  private static double mean(float[] points, int axis, int power) {
    double sum = 0;
    for (int i = axis; i < points.length; i += 2) {
      sum += Math.pow(points[i], power);
    }
    return 2 * sum / points.length;
  }
}
