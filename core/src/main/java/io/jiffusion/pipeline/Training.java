package io.jiffusion.pipeline;

import io.jiffusion.base.AtomicFile;
import io.jiffusion.base.Cancellation;
import io.jiffusion.base.Check;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.Progress;
import io.jiffusion.checkpoint.RunFolder;
import io.jiffusion.config.DataConfig;
import io.jiffusion.config.RunConfig;
import io.jiffusion.config.TrainConfig;
import io.jiffusion.data.Dataset;
import io.jiffusion.network.Network;
import io.jiffusion.network.Shape;
import io.jiffusion.network.WeightSource;
import io.jiffusion.tensor.Params;
import io.jiffusion.tensor.Precision;
import io.jiffusion.tensor.Scope;
import io.jiffusion.tensor.Tensor;
import io.jiffusion.train.AdamW;
import io.jiffusion.train.Checkpoint;
import io.jiffusion.train.Ema;
import io.jiffusion.train.GradientOptions;
import io.jiffusion.train.Simple;
import io.jiffusion.train.TimeSampler;
import io.jiffusion.train.Trainer;
import io.jiffusion.weights.Array;
import io.jiffusion.weights.Safetensors;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/**
 * A training run in its folder: {@code run.json} and {@code weights.safetensors} (the averaged
 * weights, which sample), {@code metrics.jsonl} (a line a step), {@code checkpoints} and {@code
 * previews}.
 *
 * <p>A run that was stopped and resumed is the run that never stopped: weights, averages, optimiser
 * and metrics are equal bit for bit.
 */
public final class Training {

  /** What whoever started a run hears of it, on the calling thread. */
  public interface Listener {

    /** A step is made; the note tells the loss. */
    void step(Progress progress);

    /** The folder has new weights, those after this many steps. */
    void saved(long step);

    /** Something to know before the first step: from what it learns, how large the network is. */
    default void told(String sentence) {}
  }

  private final RunConfig config;
  private final Path folder;
  private final boolean resume;
  private final Supplier<Dataset> data;

  /**
   * Prepares a run on the data that its configuration names.
   *
   * @param resume whether to go on from the folder's newest checkpoint
   */
  public Training(RunConfig config, Path folder, boolean resume) {
    DataConfig begun =
        resume && RunFolder.isOne(folder) ? RunFolder.read(folder).config().data() : null;
    RunConfig fitted = begun != null && begun.classes() == null ? config : config.fitted();
    this.config = precise(fitted);
    this.folder = folder;
    this.resume = resume;
    this.data = this::dataset;
  }

  /**
   * Prepares a run on data of one's own. What the configuration says of data counts for nothing but
   * {@code flip}: {@code run.json} tells a folder without a name.
   *
   * @param data the same whenever the run goes on, as its fingerprint says
   * @param resume whether to go on from the folder's newest checkpoint
   * @throws IllegalArgumentException if the network takes other images or classes
   */
  public Training(RunConfig config, Dataset data, Path folder, boolean resume) {
    mustFit(config, config.network().network().input(), data);
    DataConfig unnamed = new DataConfig("folder", "", config.data().flip());
    this.config =
        precise(new RunConfig(unnamed, config.network(), config.process(), config.train()));
    this.folder = folder;
    this.resume = resume;
    this.data = () -> data;
  }

  private static void mustFit(RunConfig config, Shape input, Dataset data) {
    Shape images = Shape.of(data.channels(), data.height(), data.width());
    Check.that(
        images.equals(input), "data", "images of " + images, "must be of the network's " + input);
    Check.that(data.size() >= 1, "data", data.size() + " examples", "must be 1 or more");
    Check.that(
        config.classes() == 0 || config.classes() == data.classes(),
        "data",
        data.classes() + " classes",
        "must have the network's " + config.classes());
  }

  private static RunConfig precise(RunConfig config) {
    return config.withPrecision(Precision.of(config.train().precision()).toString());
  }

  /**
   * Trains until the configured steps or minutes are over or somebody cancels, then saves.
   *
   * @return whether the configured number of steps is reached
   */
  public boolean run(Listener listener, Cancellation cancellation) {
    TrainConfig train = config.train();
    try (RunLock lock = new RunLock(folder)) {
      if (!resume && Checkpoint.exists(folder)) {
        throw new JiffusionException(
            folder + " holds a run already; go on with --resume, or choose another --out");
      }
      Dataset data = this.data.get();
      tell(data, listener);
      String settings = Resumption.settings(config, data);
      try (Trainer trainer = trainer(config, data, resume ? checkpoint(settings, listener) : null);
          Metrics metrics = new Metrics(folder, trainer.steps())) {
        AtomicFile.deleteUnfinished(folder);
        RunFolder.of(config, trainer.steps()).write(folder);
        long begin = System.nanoTime();
        long first = trainer.steps();
        long saved = -1;
        long savedAt = begin;
        while (trainer.steps() < last() && !cancellation.requested() && !timeIsUp(begin)) {
          Trainer.Step step = trainer.step();
          metrics.add(step);
          listener.step(
              new Progress(
                  "steps",
                  step.step(),
                  train.steps(),
                  first,
                  (System.nanoTime() - begin) / 1e9,
                  String.format(Locale.ROOT, "loss %.4f", step.loss())));
          if (isTimeToSave(step.step(), savedAt)) {
            save(trainer, metrics, settings);
            saved = step.step();
            savedAt = System.nanoTime();
            listener.saved(saved);
          }
        }
        // Also where no step was left to make: the end may have come between checkpoint and
        // weights.
        if (trainer.steps() > 0 && saved != trainer.steps()) {
          save(trainer, metrics, settings);
          listener.saved(trainer.steps());
        }
        return trainer.steps() >= last();
      }
    } catch (IOException e) {
      throw new JiffusionException("cannot write to " + folder + ": " + AtomicFile.reason(e), e);
    }
  }

  private long last() {
    return config.train().steps() == 0 ? Long.MAX_VALUE : config.train().steps();
  }

  private boolean timeIsUp(long begin) {
    double minutes = config.train().minutes();
    return minutes > 0 && System.nanoTime() - begin >= minutes * 60e9;
  }

  private boolean isTimeToSave(long step, long savedAt) {
    int every = config.train().checkpointEvery();
    double minutes = config.train().checkpointMinutes();
    int preview = config.train().previewEvery(); // made of saved weights
    return every > 0 && step % every == 0
        || preview > 0 && step % preview == 0
        || minutes > 0 && System.nanoTime() - savedAt >= minutes * 60e9;
  }

  private Dataset dataset() {
    try {
      return config.dataset();
    } catch (JiffusionException e) {
      Path path = Path.of(config.data().path());
      if (!resume || path.isAbsolute() || path.toString().isEmpty() || Files.exists(path)) {
        throw e;
      }
      throw new JiffusionException(
          e.getMessage()
              + "; the run was started in another folder, where "
              + path
              + " was: name the data by --data",
          e);
    }
  }

  private void tell(Dataset data, Listener listener) {
    long parameters =
        config.network().parameters().stream().mapToLong(each -> each.shape().count()).sum();
    listener.told(
        String.format(
            Locale.ROOT,
            "learning from %d %s%s; the network has %,d parameters; %d images a step",
            data.size(),
            config.isToy() ? "points" : "images",
            data.classes() > 0 ? " of " + data.classes() + " classes" : "",
            parameters,
            config.train().batch()));
  }

  private Checkpoint checkpoint(String settings, Listener listener) {
    return Checkpoint.newest(
        folder,
        written -> {
          List<String> changes = Resumption.changes(written, settings);
          if (!changes.isEmpty()) {
            listener.told(
                "changed since the checkpoint, so this is no longer the run that never stopped: "
                    + String.join(", ", changes));
          }
        });
  }

  /** The steps of a training without a folder, made one by one. */
  public interface Steps extends AutoCloseable {

    /**
     * Makes the next one.
     *
     * @return the mean loss of its examples
     */
    double next();

    /** A copy of the averaged weights, for {@link Executions#of}; it outlives these steps. */
    WeightSource weights();

    @Override
    void close();
  }

  /** The steps of a training with fresh weights; to be closed. */
  public static Steps steps(RunConfig config, Dataset data) {
    return steps(trainer(config, data, null));
  }

  /**
   * The steps of a training of a network of one's own, with fresh weights; to be closed.
   *
   * @param config says the process and how to learn; of its network only the classes count
   * @throws IllegalArgumentException if the network has other classes than the configuration, or
   *     takes other images than the data's
   */
  public static Steps steps(RunConfig config, Network network, Dataset data) {
    Check.that(
        network.classes() == config.network().classes(),
        "network",
        network.classes() + " classes",
        "must have the configuration's " + config.network().classes());
    mustFit(config, network.input(), data);
    return steps(trainer(config, network, data, null));
  }

  private static Steps steps(Trainer trainer) {
    return new Steps() {
      @Override
      public double next() {
        return trainer.step().loss();
      }

      @Override
      public WeightSource weights() {
        Map<String, float[]> weights = new HashMap<>();
        average(trainer, (name, tensor) -> weights.put(name, tensor.floats()));
        return (name, from, count) ->
            Arrays.copyOfRange(weights.get(name), (int) from, (int) from + count);
      }

      @Override
      public void close() {
        trainer.close();
      }
    };
  }

  /** Takes the averaged weights one by one; a tensor is open only then. */
  private static void average(Trainer trainer, BiConsumer<String, Tensor> taker) {
    Params ema = trainer.state().ema();
    for (String name : ema.names()) {
      try (Scope scope = Scope.open()) {
        taker.accept(name, ema.at(name));
      }
    }
  }

  private static Trainer trainer(RunConfig config, Dataset data, Checkpoint from) {
    Check.that(
        config.network().unet() == null || !config.network().unet().learnedVariance(),
        "network.unet.learnedVariance",
        true,
        "must be false for training: L_simple says nothing of the variance");
    return trainer(config, config.network().network(), data, from);
  }

  private static Trainer trainer(RunConfig config, Network network, Dataset data, Checkpoint from) {
    TrainConfig train = config.train();
    Simple objective =
        new Simple(
            data,
            new Simple.Target(
                config.process().noiseSchedule(),
                config.process().timeLabel(),
                config.process().prediction()),
            TimeSampler.of(train.times()),
            train.gamma().stream().mapToDouble(Double::doubleValue).toArray(),
            new Simple.Batches(train.seed(), train.batch(), config.data().flip()),
            new Simple.Labels(network.classes() > 0, config.nullClass(), train.labelDrop()));
    AdamW optimiser =
        new AdamW(
            train.lr(),
            train.betas().get(0),
            train.betas().get(1),
            train.weightDecay(),
            train.clipNorm(),
            train.warmup());
    Ema average = new Ema(train.ema());
    GradientOptions arithmetic =
        new GradientOptions(
            Precision.of(train.precision()),
            train.seed(),
            train.shards(),
            Boolean.TRUE.equals(train.recompute()));
    return from == null
        ? new Trainer(network, objective, optimiser, average, arithmetic)
        : new Trainer(network, objective, optimiser, average, arithmetic, from);
  }

  private void save(Trainer trainer, Metrics metrics, String settings) {
    try {
      write(trainer, metrics, settings);
    } catch (JiffusionException | IOException e) {
      String reason = e instanceof IOException io ? AtomicFile.reason(io) : e.getMessage();
      throw new JiffusionException(
          reason
              + "; what was saved before is whole: make room, or let "
              + folder
              + " be written to, and go on with --resume",
          e);
    }
  }

  private void write(Trainer trainer, Metrics metrics, String settings) throws IOException {
    metrics.flush();
    new Checkpoint(trainer.state(), trainer.steps()).write(folder, settings);
    Map<String, Array> arrays = new LinkedHashMap<>();
    average(trainer, (name, tensor) -> arrays.put(name, Array.of(tensor.floats(), tensor.sizes())));
    Safetensors.write(folder.resolve(RunFolder.WEIGHTS), arrays, Map.of("format", "jiffusion"));
    RunFolder.of(config, trainer.steps()).write(folder);
  }
}
