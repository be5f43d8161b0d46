package io.jiffusion.train;

import io.jiffusion.data.Toy;
import io.jiffusion.network.Mlp;
import io.jiffusion.network.MlpConfig;
import io.jiffusion.network.Network;
import io.jiffusion.network.Networks;
import io.jiffusion.network.Unet;
import io.jiffusion.schedule.DiscreteBetas;
import io.jiffusion.schedule.Predicts;
import io.jiffusion.schedule.TimeLabel;
import io.jiffusion.tensor.Params;
import io.jiffusion.tensor.Precision;
import io.jiffusion.tensor.Scope;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Small training runs. */
final class Runs {
  static final Network PERCEPTRON = new Mlp(new MlpConfig(2, 12, 2, 8));
  static final Unet DROPPING =
      Networks.unet(
          Map.of(
              "inputChannels",
              1,
              "dropout",
              0.3,
              "multipliers",
              List.of(1),
              "attention",
              List.of(8)));

  private Runs() {}

  /** Points on the s-curve; the number of points is prime, so that no batch divides an epoch. */
  static Simple points(TimeSampler times, int batch) {
    return new Simple(
        Toy.of("s-curve", 101, 0),
        new Simple.Target(DiscreteBetas.rescaledLinear(50), TimeLabel.index(50), Predicts.EPS),
        times,
        new double[0],
        new Simple.Batches(5, batch, false),
        Simple.Labels.NONE);
  }

  /** Noise of 8×8 pixels, with no data behind it. */
  static Objective pixels(int batch) {
    return new Objective() {
      @Override
      public Examples examples(long step) {
        Random random = new Random(step);
        float[] inputs = new float[64 * batch];
        float[] labels = new float[batch];
        float[] weights = new float[batch];
        for (int i = 0; i < inputs.length; i++) {
          inputs[i] = (float) random.nextGaussian();
        }
        for (int b = 0; b < batch; b++) {
          labels[b] = random.nextInt(50);
          weights[b] = 1;
        }
        return new Examples(inputs, labels, null, inputs, weights);
      }

      @Override
      public io.jiffusion.tensor.Tensor loss(io.jiffusion.tensor.Tensor output, Examples examples) {
        return points(TimeSampler.UNIFORM, 1).loss(output, examples);
      }
    };
  }

  static Trainer trainer(Network network, Objective objective, int shards) {
    return new Trainer(
        network,
        objective,
        adamw(0.01),
        new Ema(0.99),
        new GradientOptions(Precision.FP32, 5, shards, false));
  }

  static Trainer trainer(Network network, Objective objective, int shards, Checkpoint checkpoint) {
    return new Trainer(
        network,
        objective,
        adamw(0.01),
        new Ema(0.99),
        new GradientOptions(Precision.FP32, 5, shards, false),
        checkpoint);
  }

  static AdamW adamw(double lr) {
    return new AdamW(lr, 0.9, 0.99, 0.01, 1, 5);
  }

  /** A copy of all that training changes. */
  static Map<String, float[]> copy(TrainingState state) {
    Map<String, float[]> copy = new LinkedHashMap<>();
    state
        .parts()
        .forEach(
            (part, params) ->
                copy(params).forEach((name, values) -> copy.put(part + "/" + name, values)));
    return copy;
  }

  static Map<String, float[]> copy(Params params) {
    Map<String, float[]> copy = new LinkedHashMap<>();
    for (String name : params.names()) {
      try (Scope scope = Scope.open()) {
        copy.put(name, params.at(name).floats());
      }
    }
    return copy;
  }
}
