package io.jiffusion.pipeline;

import io.jiffusion.base.Cancellation;
import io.jiffusion.base.Check;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.Progress;
import io.jiffusion.checkpoint.RunFolder;
import io.jiffusion.config.Binder;
import io.jiffusion.config.ProcessConfig;
import io.jiffusion.config.Tree;
import io.jiffusion.data.Dataset;
import io.jiffusion.execute.EagerExecution;
import io.jiffusion.network.Classifier;
import io.jiffusion.network.ClassifierConfig;
import io.jiffusion.network.Conditions;
import io.jiffusion.network.Execution;
import io.jiffusion.process.ClassifierGradient;
import io.jiffusion.process.Gradient;
import io.jiffusion.random.Key;
import io.jiffusion.random.Purpose;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.tensor.Params;
import io.jiffusion.tensor.Precision;
import io.jiffusion.tensor.Scope;
import io.jiffusion.train.AdamW;
import io.jiffusion.train.CrossEntropy;
import io.jiffusion.train.Ema;
import io.jiffusion.train.GradientOptions;
import io.jiffusion.train.Trainer;
import io.jiffusion.weights.Array;
import io.jiffusion.weights.DType;
import io.jiffusion.weights.Safetensors;
import io.jiffusion.weights.SafetensorsFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * A trained classifier, which says what an image shows and sums it up in a few features.
 *
 * <p>Its folder holds one file, {@code weights.safetensors}, half precision, with the network's
 * shape as a text in the file, and the forward process if it was trained on noisy images: then it
 * can guide a model of that process. Safe for use from any thread: calls queue.
 */
public final class ImageClassifier implements AutoCloseable {
  private static final String SHAPE = "classifier";
  private static final String PROCESS = "process";
  private static final String CLASSES = "classes";
  private static final int CHANNELS = 16;
  private static final int FEATURES = 128;
  private static final int BATCH = 64;
  private static final int SHARDS = 2;
  private static final AdamW OPTIMISER = new AdamW(3e-3, 0.9, 0.999, 0.01, 1, 50);
  private static final Ema AVERAGE = new Ema(0.998);

  private final ClassifierConfig config;
  private final List<String> classNames;
  private final ProcessConfig process; // null for clean images
  private final Execution execution;

  private ImageClassifier(
      ClassifierConfig config,
      List<String> classNames,
      ProcessConfig process,
      Execution execution) {
    this.config = config;
    this.classNames = classNames;
    this.process = process;
    this.execution = execution;
  }

  /** The names of the classes, as the file tells them. */
  private record Names(List<String> names) {
    Names {
      names = List.copyOf(names);
    }
  }

  /**
   * What a classifier says of some images.
   *
   * @param classes the likeliest class of each image, [images]
   * @param features [images, features] row-major
   * @param logits [images, classes] row-major
   */
  // Numbers that are never compared.
  @SuppressWarnings("ArrayRecordComponent")
  public record Classification(int[] classes, float[] features, float[] logits) {}

  /**
   * Trains a classifier by AdamW in batches of 64, and writes its averaged weights; the same seed
   * gives the same file on one kind of processor.
   *
   * @param data labelled images, square, the size a power of two from 8 on
   * @param process the forward process whose states it shall tell apart; null for clean images
   * @param folder made if it is not there
   * @param steps optimiser steps, 1 or more
   * @throws IllegalArgumentException if the data have no classes or another size
   * @throws java.util.concurrent.CancellationException if somebody cancelled; nothing is written
   */
  public static void train(
      Dataset data,
      ProcessConfig process,
      Path folder,
      long steps,
      long seed,
      Consumer<Progress> progress,
      Cancellation cancellation) {
    Check.that(steps >= 1, "steps", steps, "must be 1 or more");
    ClassifierConfig config =
        new ClassifierConfig(data.channels(), data.height(), CHANNELS, FEATURES, data.classes());
    boolean noisy = process != null;
    CrossEntropy objective =
        new CrossEntropy(
            data,
            config,
            seed,
            BATCH,
            noisy ? new CrossEntropy.Noising(process.noiseSchedule(), process.timeLabel()) : null);
    try (Trainer trainer =
        new Trainer(
            new Classifier(config, noisy),
            objective,
            OPTIMISER,
            AVERAGE,
            new GradientOptions(Precision.fastest(), seed, SHARDS, false))) {
      long begin = System.nanoTime();
      while (trainer.steps() < steps) {
        cancellation.check();
        Trainer.Step step = trainer.step();
        String loss = String.format(Locale.ROOT, "loss %.4f", step.loss());
        progress.accept(
            new Progress("steps", step.step(), steps, (System.nanoTime() - begin) / 1e9, loss));
      }
      write(trainer.state().ema(), config, data.classNames(), process, folder);
    }
  }

  private static void write(
      Params params,
      ClassifierConfig config,
      List<String> classNames,
      ProcessConfig process,
      Path folder) {
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
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put(SHAPE, Tree.of(config).toJson());
    if (!classNames.isEmpty()) {
      texts.put(CLASSES, Tree.of(new Names(classNames)).toJson());
    }
    if (process != null) {
      texts.put(PROCESS, Tree.of(process).toJson());
    }
    Safetensors.write(folder.resolve(RunFolder.WEIGHTS), arrays, texts);
  }

  /**
   * Loads a classifier; it computes in float32 on all processors.
   *
   * @throws JiffusionException if there is none in the folder, or its file is damaged
   */
  public static ImageClassifier load(Path folder) {
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
    ProcessConfig process;
    List<String> names;
    try (SafetensorsFile weights = Safetensors.open(file)) {
      String shape = weights.metadata().get(SHAPE);
      if (shape == null) {
        throw new JiffusionException(
            file + " holds no classifier, must be a file that jiffusion train-classifier made");
      }
      config = Binder.bind(ClassifierConfig.class, Tree.json(shape, SHAPE + " in " + file));
      String classes = weights.metadata().get(CLASSES);
      names =
          classes == null
              ? IntStream.range(0, config.classes()).mapToObj(Integer::toString).toList()
              : Binder.bind(Names.class, Tree.json(classes, CLASSES + " in " + file)).names();
      String noise = weights.metadata().get(PROCESS);
      process =
          noise == null
              ? null
              : Binder.bind(ProcessConfig.class, Tree.json(noise, PROCESS + " in " + file));
    }
    Check.that(
        names.size() == config.classes(),
        "classes in " + file,
        names.size() + " names",
        "must be " + config.classes());
    Classifier network = new Classifier(config, process != null);
    int threads = Runtime.getRuntime().availableProcessors();
    return new ImageClassifier(
        config,
        names,
        process,
        new EagerExecution(
            network, Executions.weights(file, network), Precision.FP32, BATCH, threads));
  }

  /** The classifier's shape. */
  public ClassifierConfig config() {
    return config;
  }

  /** Name of each class; its number where nobody has told one. */
  public List<String> classNames() {
    return classNames;
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
  public Classification classify(float[] images) {
    return classify(images, 0);
  }

  private Classification classify(float[] images, double label) {
    int size = Math.toIntExact(execution.input().count());
    int count = images.length / size;
    Check.that(
        count > 0 && images.length == count * size,
        "images",
        images.length + " values",
        "must be one or more whole images of " + execution.input());
    float[] labels = new float[count];
    Arrays.fill(labels, (float) label);
    float[] output = execution.evaluate(images, count, labels, Conditions.NONE);
    int features = config.features();
    int width = features + config.classes();
    Classification verdict =
        new Classification(
            new int[count], new float[count * features], new float[count * config.classes()]);
    for (int i = 0; i < count; i++) {
      System.arraycopy(output, i * width, verdict.features, i * features, features);
      int logits = i * width + features;
      System.arraycopy(output, logits, verdict.logits, i * config.classes(), config.classes());
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
    return accuracy(data, examples(data, IntStream.range(0, data.size()).toArray()), 0);
  }

  /**
   * Share of labelled images whose class is found in their noisy states.
   *
   * @param t the time of all of them
   * @param seed of the noise
   * @throws IllegalArgumentException if it was trained on clean images
   */
  public double accuracy(Dataset data, double t, long seed) {
    checkNoisy();
    float[] images = examples(data, IntStream.range(0, data.size()).toArray());
    double[] eps = new double[images.length];
    new Key(seed, 0, Purpose.NOISE).normals(eps, 0, eps.length);
    NoiseSchedule schedule = process.noiseSchedule();
    for (int i = 0; i < images.length; i++) {
      images[i] = (float) (schedule.alpha(t) * images[i] + schedule.sigma(t) * eps[i]);
    }
    return accuracy(data, images, process.timeLabel().at(t));
  }

  private double accuracy(Dataset data, float[] images, double label) {
    int[] found = classify(images, label).classes();
    long right = IntStream.range(0, found.length).filter(i -> found[i] == data.label(i)).count();
    return right / (double) found.length;
  }

  /** Whether it was trained on noisy images, and so can guide. */
  public boolean noisy() {
    return process != null;
  }

  /**
   * What changes noisy states so that they show these classes more; to guide a model.
   *
   * @param of the model's forward process
   * @param classes of the images of a batch, [B]
   * @throws IllegalArgumentException if it was trained on clean images, or on another process
   */
  Gradient gradient(ProcessConfig of, int... classes) {
    checkNoisy();
    if (!same(process, of)) {
      throw new IllegalArgumentException(
          "illegal classifier: trained on noise of "
              + Binder.name(process.schedule())
              + " with "
              + process.steps()
              + " steps, must be that of the model it guides, "
              + Binder.name(of.schedule())
              + " with "
              + of.steps()
              + " steps; train one with jiffusion train-classifier --noisy");
    }
    return new ClassifierGradient(execution, process.timeLabel(), config.features(), classes);
  }

  /** Whether both noise images alike, whatever their networks predict. */
  private static boolean same(ProcessConfig a, ProcessConfig b) {
    return IntStream.rangeClosed(1, 100)
        .mapToDouble(i -> i / 100.0)
        .allMatch(
            t ->
                a.noiseSchedule().alpha(t) == b.noiseSchedule().alpha(t)
                    && a.noiseSchedule().sigma(t) == b.noiseSchedule().sigma(t));
  }

  private void checkNoisy() {
    if (process == null) {
      throw new IllegalArgumentException(
          "illegal classifier: trained on clean images, must be trained on noisy ones to guide;"
              + " train one with jiffusion train-classifier --noisy");
    }
  }

  /** Some examples, [images, C, H, W]. */
  public static float[] examples(Dataset data, int[] indices) {
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
