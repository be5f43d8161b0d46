package io.jiffusion.evaluate;

import io.jiffusion.base.Cancellation;
import io.jiffusion.base.Check;
import io.jiffusion.base.Progress;
import io.jiffusion.config.Binder;
import io.jiffusion.config.ProcessConfig;
import io.jiffusion.config.RunConfig;
import io.jiffusion.config.Tree;
import io.jiffusion.data.Dataset;
import io.jiffusion.network.Execution;
import io.jiffusion.pipeline.Model;
import io.jiffusion.process.Clip;
import io.jiffusion.process.Conditioned;
import io.jiffusion.process.Denoiser;
import io.jiffusion.process.DormandPrince;
import io.jiffusion.process.ExactLikelihood;
import io.jiffusion.process.ReverseVariance;
import io.jiffusion.process.Variance;
import io.jiffusion.process.VariationalBound;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.Spacings;
import io.jiffusion.schedule.TimeGrid;
import io.jiffusion.schedule.TimeRange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * How many bits a value of real images costs under a model, in two ways: the {@linkplain
 * VariationalBound variational bound} of the reverse process, and the {@linkplain ExactLikelihood
 * likelihood of the probability flow}.
 *
 * @param steps of the reverse process whose bound is told, evenly spread over those of the
 *     training; 0 leaves the bound out. Fewer steps are another, coarser model, whose bound is
 *     higher
 * @param variance of its steps: {@code auto}, which is the model's own, {@code small}, {@code
 *     large}, {@code learned-range}, {@code learned}, or {@code optimal}, which must have been
 *     measured
 * @param probes how often the flow is followed, each time along other random directions; 0 leaves
 *     it out
 * @param rtol error allowed in a step of the flow, relative to the value
 * @param atol error allowed in any case
 * @param ownClasses whether each image has its own class; else the model is asked without one
 * @param seed of the first image's noise and probes; image i has the seed S + i
 */
public record Likelihood(
    int steps,
    String variance,
    int probes,
    double rtol,
    double atol,
    boolean ownClasses,
    long seed) {
  private static final String AUTO = "auto";
  private static final String OPTIMAL = "optimal";
  private static final int BYTE = 8;
  private static final int BATCH = 16;

  /** What {@code variance} may be. */
  public static final List<String> VARIANCES =
      Stream.concat(Stream.of(AUTO, OPTIMAL), Arrays.stream(Variance.values()).map(Binder::name))
          .toList();

  public Likelihood {
    Check.that(steps >= 0, "steps", steps, "must be 1 or more, or 0 for no bound");
    Check.oneOf(VARIANCES, "variance", variance);
    Check.that(probes >= 0, "probes", probes, "must be 1 or more, or 0 for no flow");
    Check.that(steps > 0 || probes > 0, "steps and probes", "0", "must be 1 or more, one of them");
    new DormandPrince(rtol, atol, 1); // says what is wrong with the tolerances
  }

  /** Both, from seed 0 without classes: the bound in 100 steps, the flow once. */
  public static Likelihood of() {
    return new Likelihood(100, AUTO, 1, 1e-4, 1e-4, false, 0);
  }

  /**
   * A mean over images.
   *
   * @param bits per dimension
   * @param error standard error of the mean; null for a single image
   */
  public record Mean(double bits, Double error) {
    static Mean of(double... each) {
      double mean = DoubleStream.of(each).average().orElseThrow();
      double squares = DoubleStream.of(each).map(x -> (x - mean) * (x - mean)).sum();
      int n = each.length;
      return new Mean(mean, n == 1 ? null : Math.sqrt(squares / (n - 1) / n));
    }
  }

  /**
   * The variational bound.
   *
   * @param total of each image, and its parts:
   * @param prior what the last state still says of the data
   * @param between all steps but the last
   * @param decoder the last step, to bytes
   * @param times where the steps start, [steps]
   * @param terms mean over the images of each step's bits, the decoder's last, [steps]
   * @param images bits of each image
   */
  // Numbers that are never compared.
  @SuppressWarnings("ArrayRecordComponent")
  public record Bound(
      Mean total,
      Mean prior,
      Mean between,
      Mean decoder,
      double[] times,
      double[] terms,
      double[] images) {}

  /**
   * The likelihood of the flow.
   *
   * @param total over the images
   * @param probeError standard error of the same mean from probes and spreading alone; null for a
   *     single probe, where it is part of the total's
   * @param evaluations of the model and of its derivative, for each image and probe
   * @param images bits of each image
   */
  // Numbers that are never compared.
  @SuppressWarnings("ArrayRecordComponent")
  public record Flow(Mean total, Double probeError, long evaluations, double[] images) {}

  /**
   * What was found; null for what was not asked for.
   *
   * @param count of images
   */
  public record Result(int count, Bound bound, Flow flow, double seconds) {
    /** All of it as JSON on one line. */
    public String json() {
      return Tree.of(this).toJson();
    }
  }

  /**
   * Finds them.
   *
   * @param data bytes as numbers, as every data set here
   * @param count of images, evenly spread over the data
   * @throws IllegalArgumentException if data and model do not fit, or the flow of a model in
   *     another precision than fp32 is asked for: its derivative is noise
   * @throws java.util.concurrent.CancellationException if somebody cancelled
   */
  public Result run(
      Model model,
      Dataset data,
      int count,
      Consumer<Progress> progress,
      Cancellation cancellation) {
    Check.that(
        probes == 0 || model.precision().equals("fp32"),
        "precision",
        model.precision(),
        "must be fp32 for the likelihood of the flow: the derivative in others is too coarse");
    int[] images = RealImages.some(data, count);
    ReverseVariance variance = variance(model);
    long began = System.nanoTime();
    Work work = new Work(model.config(), model.network(), data, images, progress, cancellation);
    Bound bound = steps == 0 ? null : bound(work, variance);
    Flow flow = probes == 0 ? null : flow(work);
    return new Result(count, bound, flow, (System.nanoTime() - began) * 1e-9);
  }

  private ReverseVariance variance(Model model) {
    if (variance.equals(OPTIMAL)) {
      return model.optimalVariance();
    }
    return Arrays.stream(Variance.values())
        .filter(one -> Binder.name(one).equals(variance))
        .findFirst()
        .orElse(model.config().process().variance());
  }

  /** A model, and what is looked at. */
  // Numbers that are never compared.
  @SuppressWarnings("ArrayRecordComponent")
  private record Work(
      RunConfig config,
      Execution network,
      Dataset data,
      int[] images,
      Consumer<Progress> progress,
      Cancellation cancellation) {

    NoiseSchedule schedule() {
      return config.process().noiseSchedule();
    }

    ObservedDenoiser watched(String unit, ObservedDenoiser.Total total) {
      return new ObservedDenoiser(
          config.process().denoiser(network), unit, progress, cancellation, total);
    }

    /** Images, in parts that are small enough to differentiate. */
    List<int[]> parts() {
      return IntStream.iterate(0, first -> first < images.length, first -> first + BATCH)
          .mapToObj(
              first -> Arrays.copyOfRange(images, first, Math.min(first + BATCH, images.length)))
          .toList();
    }
  }

  private Bound bound(Work work, ReverseVariance variance) {
    ProcessConfig process = work.config.process();
    NoiseSchedule schedule = work.schedule();
    TimeGrid grid = Spacings.parse(process.spacing("uniform"), schedule, steps);
    long evaluations = (long) work.images.length * steps;
    ObservedDenoiser watched = work.watched("evaluations for the bound", (done, t) -> evaluations);
    List<VariationalBound.Bound> found = new ArrayList<>();
    long first = seed;
    for (int[] part : work.parts()) {
      Denoiser model = denoiser(work, watched, part);
      found.add(
          new VariationalBound(process.clip() ? new Clip(model) : model, schedule, grid, variance)
              .of(RealImages.batch(work.config, work.data, part), seeds(first, part.length)));
      first += part.length;
    }
    double[] prior =
        found.stream().flatMapToDouble(part -> DoubleStream.of(part.prior())).toArray();
    double[] total =
        found.stream().flatMapToDouble(part -> DoubleStream.of(part.total())).toArray();
    double[][] terms =
        found.stream().flatMap(part -> Stream.of(part.terms())).toArray(double[][]::new);
    double[] decoder = Stream.of(terms).mapToDouble(each -> each[steps - 1]).toArray();
    double[] between = new double[terms.length];
    Arrays.setAll(between, image -> total[image] - prior[image] - decoder[image]);
    double[] means = new double[steps];
    Arrays.setAll(
        means, k -> Stream.of(terms).mapToDouble(each -> each[k]).average().orElseThrow());
    return new Bound(
        Mean.of(total),
        Mean.of(prior),
        Mean.of(between),
        Mean.of(decoder),
        Arrays.copyOf(grid.times(), steps),
        means,
        total);
  }

  private Flow flow(Work work) {
    NoiseSchedule schedule = work.schedule();
    TimeRange times = schedule.trainingRange();
    List<int[]> parts = work.parts();
    ObservedDenoiser watched =
        work.watched("evaluations along the flow", new Guessed(times, parts.size() * probes));
    double[] bits = new double[work.images.length];
    double squares = 0; // of the errors by probes
    int first = 0;
    for (int[] part : parts) {
      ExactLikelihood.Bits found =
          new ExactLikelihood(
                  denoiser(work, watched, part),
                  schedule,
                  times.min(),
                  times.max(),
                  new DormandPrince(rtol, atol, 1))
              .bitsPerDimension(
                  RealImages.batch(work.config, work.data, part),
                  BYTE,
                  probes,
                  seeds(seed + first, part.length));
      System.arraycopy(found.mean(), 0, bits, first, part.length);
      squares += DoubleStream.of(found.error()).map(error -> error * error).sum();
      first += part.length;
    }
    return new Flow(
        Mean.of(bits),
        probes == 1 ? null : Math.sqrt(squares) / bits.length,
        watched.done() / ((long) bits.length * probes),
        bits);
  }

  private Conditioned denoiser(Work work, ObservedDenoiser watched, int[] part) {
    return new Conditioned(watched, RealImages.classes(work.config, work.data, ownClasses, part));
  }

  private static long[] seeds(long first, int count) {
    return LongStream.range(0, count).map(i -> first + i).toArray();
  }

  /**
   * A guess of how many evaluations flows will take whose steps adapt: near the data they are
   * short, so the way is measured in the logarithm of time.
   */
  private static final class Guessed implements ObservedDenoiser.Total {
    private final TimeRange times;
    private final int flows;
    private int begun;

    Guessed(TimeRange times, int flows) {
      this.times = times;
      this.flows = flows;
    }

    @Override
    public long of(long done, double[] t) {
      if (Arrays.stream(t).allMatch(time -> time == times.min())) {
        begun++; // only the first evaluation of a flow is there
      }
      double range = Math.log(times.max() / times.min());
      double share =
          Arrays.stream(t).map(time -> Math.log(time / times.min()) / range).average().orElse(0);
      return Math.max(done + 1, Math.round(done * flows / Math.max(1e-3, begun - 1 + share)));
    }
  }
}
