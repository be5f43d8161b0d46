package io.jiffusion.pipeline;

import io.jiffusion.data.Dataset;
import io.jiffusion.execute.EagerExecution;
import io.jiffusion.network.Classifier;
import io.jiffusion.network.ClassifierConfig;
import io.jiffusion.network.Execution;
import io.jiffusion.run.Cancellation;
import io.jiffusion.run.JiffusionException;
import io.jiffusion.run.Progress;
import io.jiffusion.tensor.Params;
import io.jiffusion.tensor.Precision;
import io.jiffusion.tensor.Scope;
import io.jiffusion.train.AdamW;
import io.jiffusion.train.CrossEntropy;
import io.jiffusion.train.Ema;
import io.jiffusion.train.Trainer;
import io.jiffusion.weights.Array;
import io.jiffusion.weights.DType;
import io.jiffusion.weights.Safetensors;
import io.jiffusion.weights.SafetensorsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * A trained classifier, which says what an image shows and sums it up in a few features.
 *
 * <p>Its folder holds one file, {@code weights.safetensors}, half precision, with the network's
 * shape as a text in the file. Safe for use from any thread: calls queue.
 */
public final class Judge implements AutoCloseable {
  private static final String SHAPE = "classifier";
  private static final int CHANNELS = 16;
  private static final int FEATURES = 128;
  private static final int BATCH = 64;
  private static final int SHARDS = 2;
  private static final AdamW OPTIMISER = new AdamW(3e-3, 0.9, 0.999, 0.01, 1, 50);
  private static final Ema AVERAGE = new Ema(0.998);

  private final ClassifierConfig config;
  private final Execution execution;

  private Judge(ClassifierConfig config, Execution execution) {
    this.config = config;
    this.execution = execution;
  }

  /**
   * What a classifier says of some images.
   *
   * @param classes the likeliest class of each image, [images]
   * @param features [images, features] row-major
   */
  public record Verdict(int[] classes, double[] features) {}

  /**
   * Trains a classifier by AdamW in batches of 64, and writes its averaged weights; the same seed
   * gives the same file on one kind of processor.
   *
   * @param data labelled images, square, the size a power of two from 8 on
   * @param folder made if it is not there
   * @param steps optimiser steps, 1 or more
   * @throws IllegalArgumentException if the data have no classes or another size
   * @throws java.util.concurrent.CancellationException if somebody cancelled; nothing is written
   */
  public static void train(
      Dataset data,
      Path folder,
      long steps,
      long seed,
      Consumer<Progress> progress,
      Cancellation cancellation) {
    Check.that(steps >= 1, "steps", steps, "must be 1 or more");
    ClassifierConfig config =
        new ClassifierConfig(data.channels(), data.height(), CHANNELS, FEATURES, data.classes());
    CrossEntropy objective = new CrossEntropy(data, config, seed, BATCH);
    try (Trainer trainer =
        new Trainer(
            new Classifier(config),
            objective,
            OPTIMISER,
            AVERAGE,
            Precision.fastest(),
            seed,
            SHARDS)) {
      long begin = System.nanoTime();
      while (trainer.steps() < steps) {
        cancellation.check();
        Trainer.Step step = trainer.step();
        String loss = String.format(Locale.ROOT, "loss %.4f", step.loss());
        progress.accept(
            new Progress("steps", step.step(), steps, (System.nanoTime() - begin) / 1e9, loss));
      }
      write(trainer.state().ema(), config, folder);
    }
  }

  private static void write(Params params, ClassifierConfig config, Path folder) {
    Map<String, Array> arrays = new LinkedHashMap<>();
    for (String name : params.names()) {
      try (Scope scope = Scope.open()) {
        arrays.put(name, Array.of(DType.F16, params.at(name).floats(), params.at(name).sizes()));
      }
    }
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new JiffusionException("cannot make the folder " + folder + ": " + e.getMessage(), e);
    }
    Safetensors.write(
        folder.resolve(RunFolder.WEIGHTS), arrays, Map.of(SHAPE, Tree.of(config).toJson()));
  }

  /**
   * Loads a classifier; it computes in float32 on all processors.
   *
   * @throws JiffusionException if there is none in the folder, or its file is damaged
   */
  public static Judge load(Path folder) {
    Path file = folder.resolve(RunFolder.WEIGHTS);
    if (!Files.exists(file)) {
      throw new JiffusionException(
          "no classifier in "
              + folder
              + ": it has no "
              + RunFolder.WEIGHTS
              + ", must be a folder that jiffusion train-classifier made");
    }
    ClassifierConfig config;
    try (SafetensorsFile weights = Safetensors.open(file)) {
      String shape = weights.metadata().get(SHAPE);
      if (shape == null) {
        throw new JiffusionException(
            file + " holds no classifier, must be a file that jiffusion train-classifier made");
      }
      config = Binder.bind(ClassifierConfig.class, Tree.json(shape, SHAPE + " in " + file));
    }
    Classifier network = new Classifier(config);
    int threads = Runtime.getRuntime().availableProcessors();
    return new Judge(
        config,
        new EagerExecution(
            network, Executions.weights(file, network), Precision.FP32, BATCH, threads));
  }

  /** The classifier's shape. */
  ClassifierConfig config() {
    return config;
  }

  /** Height and width of the images. */
  public int size() {
    return config.size();
  }

  /**
   * Looks at images.
   *
   * @param images [images, C, H, W] row-major, values in [−1, 1]
   * @throws IllegalArgumentException if these are not whole images of the classifier's size, or
   *     none
   */
  public Verdict look(float[] images) {
    int size = Math.toIntExact(execution.input().count());
    int count = images.length / size;
    Check.that(
        count > 0 && images.length == count * size,
        "images",
        images.length + " values",
        "must be one or more whole images of " + execution.input());
    float[] output = execution.evaluate(images, count, new float[count], null);
    int features = config.features();
    int width = features + config.classes();
    Verdict verdict = new Verdict(new int[count], new double[count * features]);
    for (int i = 0; i < count; i++) {
      for (int j = 0; j < features; j++) {
        verdict.features[i * features + j] = output[i * width + j];
      }
      int logits = i * width + features;
      for (int c = 1; c < config.classes(); c++) {
        if (output[logits + c] > output[logits + verdict.classes[i]]) {
          verdict.classes[i] = c;
        }
      }
    }
    return verdict;
  }

  /** Share of labelled images whose class is found. */
  public double accuracy(Dataset data) {
    int[] found = look(examples(data, IntStream.range(0, data.size()).toArray())).classes();
    long right = IntStream.range(0, found.length).filter(i -> found[i] == data.label(i)).count();
    return right / (double) found.length;
  }

  /** Some examples, [images, C, H, W]. */
  static float[] examples(Dataset data, int[] indices) {
    int size = data.exampleSize();
    float[] out = new float[Math.multiplyExact(indices.length, size)];
    for (int i = 0; i < indices.length; i++) {
      data.example(indices[i], out, i * size);
    }
    return out;
  }

  @Override
  public void close() {
    execution.close();
  }
}
