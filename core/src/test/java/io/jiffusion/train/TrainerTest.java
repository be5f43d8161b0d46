package io.jiffusion.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.execute.EagerExecution;
import io.jiffusion.network.Network;
import io.jiffusion.tensor.NativeHandles;
import io.jiffusion.tensor.Params;
import io.jiffusion.tensor.Precision;
import io.jiffusion.tensor.Scope;
import io.jiffusion.tensor.Tensor;
import io.jiffusion.tensor.Torch;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@ExtendWith(NativeHandles.class)
class TrainerTest {

  @ParameterizedTest
  @EnumSource(Precision.class)
  void theLossFalls(Precision precision) {
    try (Trainer trainer =
        new Trainer(
            Runs.PERCEPTRON,
            Runs.points(TimeSampler.ANTITHETIC, 64),
            Runs.adamw(0.01),
            new Ema(0.99),
            new GradientOptions(precision, 5, 2, false))) {
      double first = 0;
      double last = 0;
      for (int step = 0; step < 160; step++) {
        double loss = trainer.step().loss();
        first += step < 10 ? loss / 10 : 0;
        last += step >= 150 ? loss / 10 : 0;
      }
      assertThat(trainer.steps()).isEqualTo(160);
      assertThat(last).isLessThan(0.8 * first);
    }
  }

  @Test
  void theGradientIsThatOfTheLoss() {
    Simple objective = Runs.points(TimeSampler.UNIFORM, 9);
    Examples examples = objective.examples(0);
    Map<String, float[]> gradient = gradient(Runs.PERCEPTRON, objective, 1);
    Map<String, float[]> start;
    try (Trainer trainer = Runs.trainer(Runs.PERCEPTRON, objective, 1)) {
      start = Runs.copy(trainer.state().weights());
    }
    float h = 0.01f;
    start.forEach(
        (name, values) -> {
          for (int i = 0; i < values.length; i += 3) {
            float middle = values[i];
            values[i] = middle + h;
            double above = loss(start, examples);
            values[i] = middle - h;
            double below = loss(start, examples);
            values[i] = middle;
            double slope = (above - below) / (2 * h);
            assertThat((double) gradient.get(name)[i])
                .as("%s[%d]", name, i)
                .isCloseTo(slope, within(5e-4 + 5e-3 * Math.abs(slope)));
          }
        });
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3, 4, 12})
  void partsGiveTheGradientOfTheWhole(int shards) {
    Simple objective = Runs.points(TimeSampler.UNIFORM, 10); // not divided by 3, 4 or 12
    Map<String, float[]> whole = gradient(Runs.PERCEPTRON, objective, 1);
    gradient(Runs.PERCEPTRON, objective, shards)
        .forEach(
            (name, parts) -> {
              for (int i = 0; i < parts.length; i++) {
                assertThat(parts[i])
                    .as("%s[%d]", name, i)
                    .isCloseTo(whole.get(name)[i], within(2e-6f));
              }
            });
  }

  @Test
  void theNumberOfNativeThreadsDoesNotMatter() {
    List<Map<String, float[]>> results = new ArrayList<>();
    for (int threads : new int[] {1, 4}) {
      Torch.threads(threads);
      try (Trainer trainer = Runs.trainer(Runs.DROPPING, Runs.pixels(5), 2)) {
        Torch.threads(threads);
        for (int step = 0; step < 3; step++) {
          trainer.step();
        }
        results.add(Runs.copy(trainer.state()));
      }
    }
    Torch.threads(1);
    results
        .get(0)
        .forEach(
            (name, values) ->
                assertThat(results.get(1).get(name)).as(name).containsExactly(values));
  }

  @Test
  void theAverageFollowsTheWeightsByItsWarmUp() {
    Ema average = new Ema(0.5);
    try (Trainer trainer =
        new Trainer(
            Runs.PERCEPTRON,
            Runs.points(TimeSampler.UNIFORM, 8),
            Runs.adamw(0.01),
            average,
            new GradientOptions(Precision.FP32, 5, 1, false))) {
      double[] expected = doubles(Runs.copy(trainer.state().ema()).get("in.weight"));
      assertThat(Runs.copy(trainer.state().weights()).get("in.weight"))
          .containsExactly(Runs.copy(trainer.state().ema()).get("in.weight"));
      for (int step = 0; step < 20; step++) {
        trainer.step();
        float[] weights = Runs.copy(trainer.state().weights()).get("in.weight");
        for (int i = 0; i < weights.length; i++) {
          expected[i] +=
              (1 - Math.min(0.5, (1.0 + step) / (10 + step))) * (weights[i] - expected[i]);
        }
      }
      float[] ema = Runs.copy(trainer.state().ema()).get("in.weight");
      for (int i = 0; i < ema.length; i++) {
        assertThat((double) ema[i]).isCloseTo(expected[i], within(1e-6));
      }
    }
  }

  @Test
  void anAbsurdLearningRateStopsWithStepAndHintAndKeepsTheWeights() {
    try (Trainer trainer =
        new Trainer(
            Runs.PERCEPTRON,
            Runs.points(TimeSampler.UNIFORM, 8),
            new AdamW(1e30, 0.9, 0.99, 0, 0, 0),
            new Ema(0.99),
            new GradientOptions(Precision.FP32, 5, 2, false))) {
      List<Map<String, float[]>> before = new ArrayList<>();
      assertThatThrownBy(
              () -> {
                while (before.size() < 10) {
                  before.add(Runs.copy(trainer.state()));
                  trainer.step();
                }
              })
          .isInstanceOf(JiffusionException.class)
          .satisfies(
              e ->
                  assertThat(e)
                      .hasMessageStartingWith(
                          "training diverged at step " + before.size() + ": the loss is "))
          .hasMessageContaining("try a smaller learning rate (train.lr)");
      assertThat(trainer.steps()).isEqualTo(before.size() - 1);
      Map<String, float[]> last = before.get(before.size() - 1);
      Runs.copy(trainer.state())
          .forEach((name, values) -> assertThat(values).as(name).containsExactly(last.get(name)));
    }
  }

  @Test
  void aSpoiltExampleStopsAtItsStep() {
    Simple points = Runs.points(TimeSampler.UNIFORM, 8);
    Objective spoilt =
        new Objective() {
          @Override
          public Examples examples(long step) {
            Examples examples = points.examples(step);
            if (step == 3) {
              examples.inputs()[11] = Float.NaN;
            }
            return examples;
          }

          @Override
          public Tensor loss(Tensor output, Examples examples) {
            return points.loss(output, examples);
          }
        };
    try (Trainer trainer = Runs.trainer(Runs.PERCEPTRON, spoilt, 2)) {
      for (int step = 0; step < 3; step++) {
        trainer.step();
      }
      assertThatThrownBy(trainer::step)
          .isInstanceOf(JiffusionException.class)
          .hasMessageStartingWith(
              "training diverged at step 4: the loss is NaN and the gradient's norm NaN; ");
      assertThat(trainer.steps()).isEqualTo(3);
    }
  }

  @Test
  void aFailureInOnePartWaitsForTheOthers() {
    Simple points = Runs.points(TimeSampler.UNIFORM, 8);
    Objective failing =
        new Objective() {
          @Override
          public Examples examples(long step) {
            return points.examples(step);
          }

          @Override
          public Tensor loss(Tensor output, Examples examples) {
            if (examples.targets()[0] == points.examples(0).targets()[0]) {
              throw new IllegalArgumentException("of the first part");
            }
            return points.loss(output, examples);
          }
        };
    try (Trainer trainer = Runs.trainer(Runs.PERCEPTRON, failing, 4)) {
      assertThatThrownBy(trainer::step)
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("of the first part");
    }
  }

  @Test
  void aFailureOfTheDataIsThrownByTheStep() {
    Objective failing =
        new Objective() {
          @Override
          public Examples examples(long step) {
            throw new JiffusionException("cannot read the data");
          }

          @Override
          public Tensor loss(Tensor output, Examples examples) {
            throw new AssertionError();
          }
        };
    try (Trainer trainer = Runs.trainer(Runs.PERCEPTRON, failing, 1)) {
      assertThatThrownBy(trainer::step)
          .isInstanceOf(JiffusionException.class)
          .hasMessage("cannot read the data");
    }
  }

  @Test
  void aStepLeavesNothingInNativeMemory() {
    try (Trainer trainer = Runs.trainer(Runs.DROPPING, Runs.pixels(4), 2)) {
      trainer.step();
      long before = Torch.liveHandles();
      trainer.step();
      trainer.step();
      assertThat(Torch.liveHandles()).isEqualTo(before);
    }
  }

  /** The first moment after one step is the gradient, where beta1 is 0. */
  private static Map<String, float[]> gradient(Network network, Objective objective, int shards) {
    try (Trainer trainer =
        new Trainer(
            network,
            objective,
            new AdamW(0.01, 0, 0.99, 0, 0, 0),
            new Ema(0.99),
            new GradientOptions(Precision.FP32, 5, shards, false))) {
      trainer.step();
      return Runs.copy(trainer.state().first());
    }
  }

  /** Mean squared error of the answers, in doubles. */
  private static double loss(Map<String, float[]> weights, Examples examples) {
    Params params = new Params();
    try (EagerExecution execution =
        new EagerExecution(Runs.PERCEPTRON, params, Precision.FP32, examples.size(), 1)) {
      io.jiffusion.network.Shapes.of(Runs.PERCEPTRON, 1)
          .parameters()
          .forEach(
              parameter -> {
                try (Scope scope = Scope.open()) {
                  params.put(
                      parameter.name(),
                      Tensor.of(weights.get(parameter.name()), parameter.shape().sizes()));
                }
              });
      float[] answer =
          execution.evaluate(
              examples.inputs(),
              examples.size(),
              examples.labels(),
              io.jiffusion.network.Conditions.NONE);
      double sum = 0;
      for (int i = 0; i < answer.length; i++) {
        sum += Math.pow((double) answer[i] - examples.targets()[i], 2);
      }
      return sum / answer.length;
    }
  }

  private static double[] doubles(float[] values) {
    double[] out = new double[values.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = values[i];
    }
    return out;
  }
}
