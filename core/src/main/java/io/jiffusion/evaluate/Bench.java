package io.jiffusion.evaluate;

import io.jiffusion.base.Cancellation;
import io.jiffusion.config.RunConfig;
import io.jiffusion.data.Dataset;
import io.jiffusion.network.Condition;
import io.jiffusion.network.Conditions;
import io.jiffusion.network.Execution;
import io.jiffusion.network.Network;
import io.jiffusion.network.Ops;
import io.jiffusion.network.Shape;
import io.jiffusion.network.Shapes;
import io.jiffusion.pipeline.Executions;
import io.jiffusion.pipeline.Model;
import io.jiffusion.pipeline.ModelOptions;
import io.jiffusion.pipeline.SampleRequest;
import io.jiffusion.pipeline.Training;
import io.jiffusion.random.Key;
import io.jiffusion.random.Purpose;
import io.jiffusion.tensor.Precision;
import java.util.List;

/**
 * Measures how fast this machine samples and trains, on untrained weights and made-up data.
 *
 * @param seconds that each measurement takes at least
 * @param threads of the network; 0 for one a processor
 * @param cancellation looked at between evaluations
 */
public record Bench(double seconds, int threads, Cancellation cancellation) {
  /** A training step is an evaluation, and about two more for the gradient. */
  private static final int TRAINING_COST = 3;

  private static final List<Convolutions> CONVOLUTIONS =
      List.of(new Convolutions(64, 32), new Convolutions(128, 32), new Convolutions(256, 16));

  /**
   * One measurement.
   *
   * @param what convolution, sampling or training
   * @param precision fp32 or bf16
   * @param batch images at a time
   * @param rate evaluations or training images a second
   * @param gflops additions and multiplications a second, in billions
   */
  public record Result(String what, String precision, int batch, double rate, double gflops) {}

  /** The best of a few plain 3×3 convolutions: what the machine can do. */
  public Result convolution(String precision) {
    Result best = null;
    for (Convolutions network : CONVOLUTIONS) {
      Result result = evaluations("convolution", network, precision, 8 * workers());
      if (best == null || result.gflops > best.gflops) {
        best = result;
      }
    }
    return best;
  }

  /** Those that this machine multiplies in hardware, the fastest last. */
  public static List<String> precisions() {
    return Precision.fastest() == Precision.BF16 ? List.of("fp32", "bf16") : List.of("fp32");
  }

  /** Evaluations of a configuration's network. */
  public Result sampling(RunConfig config, String precision, int batch) {
    return evaluations("sampling", config.network().network(), precision, batch);
  }

  private Result evaluations(String what, Network network, String precision, int batch) {
    int block = (batch + workers() - 1) / workers();
    try (Execution execution =
        Executions.fresh(network, new ModelOptions(precision, workers(), block))) {
      float[] x = new float[batch * (int) network.input().count()];
      for (int i = 0; i < x.length; i++) {
        x[i] = (float) Math.sin(i);
      }
      float[] labels = new float[batch];
      int[] classes = network.classes() > 0 ? new int[batch] : null;
      double rate =
          batch * rate(() -> execution.evaluate(x, batch, labels, Conditions.classes(classes)));
      return new Result(what, precision, batch, rate, rate * Shapes.of(network, 1).flops() / 1e9);
    }
  }

  /**
   * What a sampler costs beside the network: the whole of a request whose network answers at once,
   * its noise drawn and its images rounded.
   *
   * @return seconds an evaluation of the whole batch
   */
  public double overhead(RunConfig config, String sampler, int batch, int evaluations) {
    SampleRequest request =
        SampleRequest.of(batch).sampler(sampler).evaluations(evaluations).batch(batch);
    long[] used = {1};
    double rate;
    try (Model model = Model.of(config, new Silent(config.network().network().input()))) {
      rate = rate(() -> used[0] = model.sample(request, told -> {}, cancellation).evaluations());
    }
    return 1 / (rate * used[0]);
  }

  /** Training steps of a configuration. */
  public Result training(RunConfig config, String precision, int batch) {
    Network network = config.network().network();
    try (Training.Steps steps = steps(config, precision, batch)) {
      double rate = batch * rate(steps::next);
      return new Result(
          "training",
          precision,
          batch,
          rate,
          rate * TRAINING_COST * Shapes.of(network, 1).flops() / 1e9);
    }
  }

  /** Those of a configuration's network on made-up images; to be closed. */
  private static Training.Steps steps(RunConfig config, String precision, int batch) {
    RunConfig changed =
        config.with(List.of("train.precision=" + precision, "train.batch=" + batch));
    NoiseImages images = new NoiseImages(changed.network().network().input(), changed.classes());
    return Training.steps(changed, images);
  }

  /** Calls a second, the first one not counted. */
  private double rate(Runnable call) {
    cancellation.check();
    call.run();
    long began = System.nanoTime();
    for (int calls = 1; ; calls++) {
      cancellation.check();
      call.run();
      double took = (System.nanoTime() - began) * 1e-9;
      if (took >= seconds) {
        return calls / took;
      }
    }
  }

  private int workers() {
    return threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
  }

  /** A few convolutions and nothing else. */
  private record Convolutions(int channels, int size) implements Network {
    @Override
    public <T> T apply(Ops<T> ops, T x, T label, Condition<T> condition) {
      T h = x;
      for (int i = 0; i < 8; i++) {
        h = ops.conv(h, "conv." + i, channels, 3, 1, Ops.Padding.SYMMETRIC, 1);
      }
      return h;
    }

    @Override
    public Shape input() {
      return Shape.of(channels, size, size);
    }

    @Override
    public int classes() {
      return 0;
    }
  }

  /** A network that takes no time. */
  private record Silent(Shape input) implements Execution {
    @Override
    public float[] evaluate(float[] x, int images, float[] labels, Conditions conditions) {
      return new float[x.length];
    }

    @Override
    public int block() {
      return 1;
    }

    @Override
    public int outputChannels() {
      return (int) input.size(0);
    }

    @Override
    public void close() {}
  }

  /** Images of noise. */
  private record NoiseImages(Shape shape, int classes) implements Dataset {
    @Override
    public int size() {
      return 1024;
    }

    @Override
    public int channels() {
      return (int) shape.size(0);
    }

    @Override
    public int height() {
      return (int) shape.size(1);
    }

    @Override
    public int width() {
      return (int) shape.size(2);
    }

    @Override
    public int label(int index) {
      return classes == 0 ? 0 : index % classes;
    }

    @Override
    public void example(int index, float[] out, int offset) {
      Key key = new Key(0, index, Purpose.TOY);
      for (int i = 0; i < exampleSize(); i++) {
        out[offset + i] = (float) (2 * key.uniform(i) - 1);
      }
    }
  }
}
