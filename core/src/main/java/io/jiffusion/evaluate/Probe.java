package io.jiffusion.evaluate;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.checkpoint.StoredModel;
import io.jiffusion.config.Conventions;
import io.jiffusion.config.DataConfig;
import io.jiffusion.config.RunConfig;
import io.jiffusion.data.Dataset;
import io.jiffusion.network.Execution;
import io.jiffusion.network.Network;
import io.jiffusion.network.Shape;
import io.jiffusion.pipeline.Codec;
import io.jiffusion.pipeline.Executions;
import io.jiffusion.pipeline.ModelOptions;
import io.jiffusion.pipeline.Values;
import io.jiffusion.process.Batch;
import io.jiffusion.process.NetworkDenoiser;
import io.jiffusion.random.Key;
import io.jiffusion.random.Purpose;
import io.jiffusion.schedule.NoiseSchedule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * A quick look whether a model's weights and conventions fit each other: pictures are noised, and
 * the noise that the model sees in them is compared with the one that was added. A model that tells
 * it no better than the best multiple of the noisy picture itself has learned nothing, is not asked
 * as it was trained, or was trained on pictures that are nothing like these: so only pictures like
 * those of its training can tell that it does not fit.
 *
 * @param rows the error at each noise level
 * @param better the profile that fits where the present one does not, as a setting such as {@code
 *     process.predicts=v}; null if none was looked for or found
 * @param verdict what follows
 */
public record Probe(List<Row> rows, Fit better, Verdict verdict) {
  /** Half log-SNRs at which one looks: little, as much, and more noise than picture. */
  private static final double[] LAMBDAS = {1.5, 0.5, -0.5};

  private static final int PICTURES = 4;

  /** Errors above this part of chance's are no better than chance. */
  private static final double CHANCE = 0.8;

  /** After fewer training steps than this a model may know as little as one that does not fit. */
  private static final int YOUNG = 2000;

  private static final ModelOptions OPTIONS = new ModelOptions("fp32", 0, PICTURES);

  /** What was found of weights and conventions. */
  public enum Verdict {
    /** They fit each other: the model tells the noise better than chance. */
    FITS,
    /** It does not, of pictures like those of its training. */
    DOES_NOT_FIT,
    /** It does not, and was trained for too few steps to know better. */
    TOO_YOUNG,
    /** It does not, of pictures that may be nothing like those of its training. */
    CANNOT_TELL
  }

  /**
   * What was seen at a noise level.
   *
   * @param time where, in [0, 1]
   * @param error mean square of what is missing from the noise; 1 for saying 0
   * @param chance the same for the best multiple of the noisy picture
   */
  public record Row(double time, double error, double chance) {}

  /**
   * How well a profile fits.
   *
   * @param setting what is changed in the configuration
   * @param score the error as a part of chance's
   */
  public record Fit(String setting, double score) {}

  /**
   * The error as a part of chance's, at the noise level where it is largest; well below 1 for a
   * model that works.
   */
  public double score() {
    return score(rows);
  }

  private static double score(List<Row> rows) {
    return rows.stream().mapToDouble(row -> row.error() / row.chance()).max().orElseThrow();
  }

  /**
   * Looks at a model.
   *
   * @param data pictures like those of its training; null for a data set that it names itself, and
   *     else for digits that come with the program, or drawn shapes, which can only tell that it
   *     fits
   * @throws JiffusionException if the model cannot be asked like this
   */
  public static Probe of(StoredModel stored, DataConfig data) {
    RunConfig config = stored.run().config();
    if (!canAsk(stored)) {
      throw new JiffusionException(
          stored.path()
              + " cannot be checked, must be a model with a process that needs no context and no"
              + " small image beside the noisy one");
    }
    Network network = config.network().network();
    DataConfig own = data == null && isDataSet(config.data()) ? config.data() : data;
    Batch pictures = pictures(stored, network.input(), own);
    try (Execution execution = Executions.load(stored, network, OPTIONS)) {
      List<Row> rows = rows(config, execution, pictures);
      if (score(rows) < CHANCE) {
        return new Probe(rows, null, Verdict.FITS);
      }
      boolean young = config.train() != null && stored.run().step() < YOUNG;
      return new Probe(
          rows,
          better(stored, execution, pictures, score(rows)),
          young ? Verdict.TOO_YOUNG : own == null ? Verdict.CANNOT_TELL : Verdict.DOES_NOT_FIT);
    }
  }

  /** Whether a run names a data set that is at hand: pictures of its own training. */
  private static boolean isDataSet(DataConfig data) {
    return data != null
        && !data.set().equals("folder")
        && (data.set().equals("mnist") && data.path().isEmpty()
            || Files.isDirectory(Path.of(data.path())));
  }

  /** Whether a model predicts noise, and needs nothing for it that is not there. */
  public static boolean canAsk(StoredModel stored) {
    RunConfig config = stored.run().config();
    if (config.process() == null || config.isToy()) {
      return false;
    }
    Network network = config.network().network();
    return network.image() == null && (network.contextWidth() == 0 || network.contextOfClass());
  }

  // ---- what is asked ----

  private static List<Row> rows(RunConfig config, Execution execution, Batch pictures) {
    NoiseSchedule schedule = config.process().noiseSchedule();
    boolean unsigned = config.process().known().unsigned();
    Batch x0 = unsigned ? pictures.with(unsigned(pictures.data())) : pictures;
    NetworkDenoiser denoiser = config.process().denoiser(execution);
    int nullClass = config.nullClass();
    int[] classes = null;
    if (config.network().classes() > 0) {
      classes = new int[x0.images()];
      Arrays.fill(classes, Math.max(0, nullClass));
    }
    double variance = Arrays.stream(x0.data()).map(v -> v * v).average().orElseThrow();
    List<Row> rows = new ArrayList<>();
    for (double lambda : LAMBDAS) {
      double t =
          Math.min(
              schedule.range().max(), Math.max(schedule.range().min(), schedule.timeOf(lambda)));
      double alpha = schedule.alpha(t);
      double sigma = schedule.sigma(t);
      double[] eps = new double[x0.data().length];
      for (int i = 0; i < x0.images(); i++) {
        new Key(1, i, Purpose.PROBE).normals(eps, i * x0.imageSize(), x0.imageSize());
      }
      double[] noisy = new double[eps.length];
      Arrays.setAll(noisy, i -> alpha * x0.data()[i] + sigma * eps[i]);
      double[] times = new double[x0.images()];
      Arrays.fill(times, t);
      double[] predicted = denoiser.at(x0.with(noisy), times, classes).x0().data();
      double error = 0;
      for (int i = 0; i < eps.length; i++) {
        double missing = eps[i] - (noisy[i] - alpha * predicted[i]) / sigma;
        error += missing * missing / eps.length;
      }
      double signal = alpha * alpha * variance;
      rows.add(new Row(t, error, signal / (signal + sigma * sigma)));
    }
    return rows;
  }

  private static double[] unsigned(double[] signed) {
    return Arrays.stream(signed).map(v -> (v + 1) / 2).toArray();
  }

  // ---- which profile would fit ----

  private static Fit better(
      StoredModel stored, Execution execution, Batch pictures, double present) {
    RunConfig config = stored.run().config();
    List<Fit> fits = new ArrayList<>();
    for (String setting : settings(config)) {
      try {
        RunConfig changed = config.with(List.of(setting));
        double score;
        if (Objects.equals(changed.network().network(), config.network().network())) {
          score = score(rows(changed, execution, pictures));
        } else {
          Network network = changed.network().network();
          try (Execution other = Executions.load(stored, network, OPTIONS)) {
            score = score(rows(changed, other, pictures));
          }
        }
        fits.add(new Fit(setting, score));
      } catch (RuntimeException e) {
        // a profile that makes no sense for this model fits no better
      }
    }
    return fits.stream()
        .filter(fit -> fit.score() < CHANCE && fit.score() < present / 2)
        .min((a, b) -> Double.compare(a.score(), b.score()))
        .orElse(null);
  }

  /** What programs do differently, one at a time. */
  private static List<String> settings(RunConfig config) {
    List<String> all = new ArrayList<>();
    for (String predicts : List.of("eps", "x0", "v", "score", "edm")) {
      all.add("process.predicts=" + predicts);
    }
    for (String label : Conventions.LABELS) {
      all.add("process.conventions.label=" + label);
    }
    Conventions.RANGES.forEach(range -> all.add("process.conventions.dataRange=" + range));
    for (String schedule : List.of("linear", "rescaled-linear", "cosine", "quadratic")) {
      all.add("process.schedule=" + schedule);
    }
    if (config.network().unet() != null) {
      Stream.of("order=sin-cos", "order=cos-sin", "shift=0", "shift=1")
          .forEach(setting -> all.add("network.unet." + setting));
      Stream.of("padding=symmetric", "padding=bottom-right", "centerInput=true")
          .forEach(setting -> all.add("network.unet." + setting));
    }
    return all;
  }

  // ---- pictures ----

  /** Of the network's shape, latents where it is one of latents. */
  private static Batch pictures(StoredModel stored, Shape input, DataConfig data) {
    if (stored.autoencoder() == null) {
      return real(input, data);
    }
    Codec codec = Codec.of(stored);
    Shape image = codec.image((int) input.size(1), (int) input.size(2));
    double[] pixels = real(image, data).data();
    float[] x = new float[pixels.length];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) (codec.signed() ? pixels[i] : (pixels[i] + 1) / 2);
    }
    Map<String, Values> encoded =
        new LinkedHashMap<>(
            codec.encode(
                new Values(x, PICTURES, image.size(0), image.size(1), image.size(2)), null));
    float[] latents = codec.scaled(encoded.values().iterator().next()).values();
    double[] values = new double[latents.length];
    Arrays.setAll(values, i -> latents[i]);
    return batch(input, values);
  }

  private static Batch real(Shape input, DataConfig data) {
    boolean digits =
        data == null
            && input.size(0) == 1
            && input.size(1) == input.size(2)
            && input.size(1) >= 28
            && input.size(1) <= 64;
    if (data == null && !digits) {
      return batch(input, drawn(input));
    }
    Dataset set = (data == null ? new DataConfig("mnist", "", false) : data).open(input);
    int size = set.exampleSize();
    float[] example = new float[size];
    double[] values = new double[PICTURES * size];
    for (int i = 0; i < PICTURES; i++) {
      set.example((int) ((long) i * set.size() / PICTURES), example, 0);
      for (int j = 0; j < size; j++) {
        values[i * size + j] = example[j];
      }
    }
    return batch(input, values);
  }

  /** Soft discs before a slope, each in a colour of its own. */
  private static double[] drawn(Shape input) {
    int channels = (int) input.size(0);
    int height = (int) input.size(1);
    int width = (int) input.size(2);
    double[] values = new double[PICTURES * channels * height * width];
    for (int i = 0, at = 0; i < PICTURES; i++) {
      for (int c = 0; c < channels; c++) {
        Key key = new Key(2, i * channels + c, Purpose.PROBE);
        for (int y = 0; y < height; y++) {
          for (int x = 0; x < width; x++) {
            double slope = (key.uniform(0) - 0.5) * (2.0 * y / height - 1);
            Key place = new Key(3, i, Purpose.PROBE);
            double dx = (double) x / width - 0.3 - 0.4 * place.uniform(1);
            double dy = (double) y / height - 0.3 - 0.4 * place.uniform(2);
            double disc = 1 / (1 + Math.exp(40 * (Math.hypot(dx, dy) - 0.25)));
            double colour = 2 * key.uniform(3) - 1;
            values[at++] = slope + (colour - slope) * disc;
          }
        }
      }
    }
    return values;
  }

  private static Batch batch(Shape input, double[] values) {
    return new Batch(
        PICTURES, (int) input.size(0), (int) input.size(1), (int) input.size(2), values);
  }
}
