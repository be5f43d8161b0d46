package io.jiffusion.pipeline;

import io.jiffusion.data.Images;
import io.jiffusion.network.Execution;
import io.jiffusion.process.OptimalVariance;
import io.jiffusion.run.Cancellation;
import io.jiffusion.run.Progress;
import io.jiffusion.run.Workers;
import io.jiffusion.sampler.Samplers;
import io.jiffusion.tensor.Precision;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A trained model, ready to be sampled.
 *
 * <pre>{@code
 * try (Model model = Model.load(Path.of("models/mnist"))) {
 *   Images images = model.sample(SampleRequest.of(16).steps(50).seed(7).classes(3).guidance(2.0));
 * }
 * }</pre>
 *
 * <p>Safe for use from any thread, virtual ones included: calls queue. All work is done on daemon
 * threads of the model's own, progress is told on the calling thread. Interrupting the calling
 * thread ends its call at the next step.
 */
public final class Model implements AutoCloseable {
  private static final AtomicInteger NUMBER = new AtomicInteger();

  private final RunConfig config;
  private final String precision;
  private final Supplier<OptimalVariance> optimal;
  private final Workers thread;
  private volatile Thread worker;
  private final Execution execution;
  private final Companions companions;
  private final Set<Cancellation> running = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /** For an execution that is made on the model's own thread, and closed with the model. */
  Model(RunConfig config, String precision, Supplier<Execution> execution) {
    this(config, precision, Samplers.Given.NOTHING.optimal(), execution);
  }

  /**
   * For a model whose noise may have been measured.
   *
   * @param optimal asked on any thread, where a request needs it
   */
  Model(
      RunConfig config,
      String precision,
      Supplier<OptimalVariance> optimal,
      Supplier<Execution> execution) {
    this.optimal = optimal;
    this.config = config;
    this.precision = precision;
    this.companions = new Companions(config, Options.of().precision(precision));
    this.thread = new Workers("jiffusion-model-" + NUMBER.incrementAndGet(), 1, this::owns);
    try {
      this.execution = Workers.result(thread.submit(execution::get));
    } catch (RuntimeException e) {
      thread.close();
      throw e;
    }
  }

  /** Loads a run folder, with the options of {@link Options#of}. */
  public static Model load(Path folder) {
    return load(folder, Options.of());
  }

  /**
   * Loads a run folder.
   *
   * @param folder with {@code run.json} and {@code weights.safetensors}
   * @throws io.jiffusion.run.JiffusionException if a file is missing, damaged or does not fit the
   *     other
   */
  public static Model load(Path folder, Options options) {
    return load(folder, Stored.Options.AUTO, options);
  }

  /**
   * Loads a run folder, or a checkpoint of another program.
   *
   * @param told what the checkpoint does not say itself
   * @throws io.jiffusion.run.JiffusionException if a file is missing, damaged or does not fit the
   *     other
   */
  public static Model load(Path folder, Stored.Options told, Options options) {
    return load(folder, Stored.open(folder, told), options);
  }

  private static Model load(Path folder, Stored stored, Options options) {
    stored.mustBeSampled();
    String precision = Precision.of(options.precision()).toString();
    RunConfig config = stored.withNullClass(options.nullClass()).run().config();
    return new Model(
        config,
        precision,
        () -> NoiseTable.read(folder, stored.run()).variance(),
        () -> Executions.load(stored, options.precision(precision)));
  }

  /** What the model is. */
  public RunConfig config() {
    return config;
  }

  /** Channels of an image. */
  public int channels() {
    return (int) execution.input().size(0);
  }

  /** Rows of pixels of an image. */
  public int height() {
    return (int) execution.input().size(1);
  }

  /** Pixels of a row of an image. */
  public int width() {
    return (int) execution.input().size(2);
  }

  /** In what the network computes: fp32 or bf16. */
  public String precision() {
    return precision;
  }

  /**
   * Images that one network call sees; pixels are equal to the bit for one block size and
   * precision.
   */
  public int block() {
    return execution.block();
  }

  /**
   * The variance of the model's noise, as it was measured.
   *
   * @throws IllegalArgumentException if it was not
   */
  OptimalVariance optimal() {
    return optimal.get();
  }

  /** How a request is carried out. */
  Route route(SampleRequest request) {
    return Route.of(config.process(), request, optimal);
  }

  /**
   * Refuses a request that does not fit the model, before anything is made.
   *
   * @throws IllegalArgumentException as {@link #sample(SampleRequest)} would
   */
  public void check(SampleRequest request) {
    work(
        (network, told, own) -> {
          sampling(network).refuse(request);
          return null;
        },
        progress -> {},
        new Cancellation());
  }

  /** Makes images. */
  public Images sample(SampleRequest request) {
    return sample(request, progress -> {});
  }

  /**
   * Makes images and tells progress after each step, on the calling thread.
   *
   * @throws IllegalArgumentException if the request does not fit the model
   * @throws CancellationException if the calling thread was interrupted, or the model closed
   */
  public Images sample(SampleRequest request, Consumer<Progress> progress) {
    return sample(request, progress, new Cancellation()).images();
  }

  /**
   * Makes images, with all that is known of how.
   *
   * @param cancellation ends the call at the next step
   * @throws CancellationException if somebody cancelled
   * @throws IllegalStateException if the model is closed
   */
  public SampleResult sample(
      SampleRequest request, Consumer<Progress> progress, Cancellation cancellation) {
    return sample(request, progress, cancellation, (first, images) -> {});
  }

  /**
   * The same, with every batch told as soon as it is made.
   *
   * @param made gets the number of a batch's first image, and its images; the next batch begins
   *     when it returns
   */
  public SampleResult sample(
      SampleRequest request,
      Consumer<Progress> progress,
      Cancellation cancellation,
      BiConsumer<Integer, Images> made) {
    return work(
        (network, told, own) -> sampling(network).run(request, told, own, made),
        progress,
        cancellation);
  }

  /**
   * The noise from which images would be sampled: {@code request.noise(encoded)} makes them again,
   * the better the more steps there are (Song, Meng, Ermon: Denoising diffusion implicit models,
   * 2021). An image is taken as the state at the last time above 0 of the request's steps, so these
   * shall end near the least noise of the training, as {@code uniform} ones do.
   *
   * @param request with a deterministic sampler, and as many images
   * @param images [count, C, H, W] row-major in [−1, 1]
   * @return [count, C, H, W]
   * @throws IllegalArgumentException if the request does not fit the model, or its sampler adds
   *     noise
   * @throws CancellationException if somebody cancelled
   */
  public float[] encode(
      SampleRequest request,
      float[] images,
      Consumer<Progress> progress,
      Cancellation cancellation) {
    return work(
        (network, told, own) -> sampling(network).encode(request, images, told, own),
        progress,
        cancellation);
  }

  /**
   * The noise from which a request starts, whether drawn or given, [count, C, H, W] row-major: for
   * {@link SampleRequest#between}.
   */
  public float[] noise(SampleRequest request) {
    return sampling(execution).noise(request);
  }

  /**
   * What an edit knows of the pictures of a request: the rest of them is grey.
   *
   * @throws IllegalArgumentException if pictures or mask do not fit the edit and the model
   */
  public Images known(SampleRequest request) {
    return sampling(execution).known(request);
  }

  private Sampling sampling(Execution network) {
    return new Sampling(config, network, companions, optimal);
  }

  /** Work on the model's own thread. */
  @FunctionalInterface
  interface Work<T> {
    /**
     * Does it.
     *
     * @param progress to be told often: a cancellation from outside is only seen then
     * @param cancellation to be checked as often
     */
    T on(Execution execution, Consumer<Progress> progress, Cancellation cancellation);
  }

  /**
   * Has work done on the model's own thread; progress is told on the calling one.
   *
   * @throws CancellationException if somebody cancelled, or the calling thread was interrupted
   * @throws IllegalStateException if the model is closed
   */
  <T> T work(Work<T> work, Consumer<Progress> progress, Cancellation cancellation) {
    mustNotBeWithin("a model");
    Cancellation own = new Cancellation();
    running.add(own);
    if (closed) { // asked after the registration, so that close either sees this call or this call
      // sees close
      running.remove(own);
      throw new IllegalStateException("this model is closed");
    }
    BlockingQueue<Progress> told = new LinkedBlockingQueue<>();
    Progress end = new Progress("", 0, 0, 0, "");
    Future<T> result =
        thread.submit(
            () -> {
              try {
                own.check();
                cancellation.check();
                return work.on(
                    execution,
                    step -> {
                      if (cancellation.requested()) {
                        own.cancel();
                      }
                      told.add(step);
                    },
                    own);
              } finally {
                told.add(end);
              }
            });
    try {
      listen(told, end, progress, own);
    } finally {
      running.remove(own);
    }
    return Workers.result(result);
  }

  /**
   * Passes progress on until the work has ended, come what may: nobody returns while the model
   * still works for him.
   */
  private static void listen(
      BlockingQueue<Progress> told, Progress end, Consumer<Progress> progress, Cancellation own) {
    boolean interrupted = false;
    Throwable thrown = null;
    while (true) {
      try {
        Progress next = told.take();
        if (next == end) {
          break;
        }
        if (thrown == null) {
          progress.accept(next);
        }
      } catch (InterruptedException e) {
        interrupted = true;
        own.cancel();
      } catch (RuntimeException | Error e) {
        thrown = e;
        own.cancel();
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    if (thrown instanceof Error error) {
      throw error;
    }
    if (thrown != null) {
      throw (RuntimeException) thrown;
    }
  }

  private void owns() {
    worker = Thread.currentThread();
  }

  /**
   * The model's thread does one thing after the other: who waits on it for another waits for ever.
   */
  private void mustNotBeWithin(String call) {
    if (Thread.currentThread() == worker) {
      throw new IllegalStateException(
          "illegal call of "
              + call
              + " by what a call of this model runs, such as a sampler or who"
              + " gets its images, must come from another thread or after that call; or load a second"
              + " model");
    }
  }

  /**
   * Ends running calls at their next step, then frees the model; later calls throw {@link
   * IllegalStateException}.
   */
  @Override
  public void close() {
    mustNotBeWithin("close");
    boolean first;
    synchronized (this) {
      first = !closed;
      closed = true;
    }
    running.forEach(Cancellation::cancel);
    if (first) {
      Future<Void> freed =
          thread.submit(
              () -> {
                execution.close();
                companions.close();
                return null;
              });
      Workers.result(freed);
      thread.close();
    }
  }

  /**
   * How a model is run, which changes nothing but speed and rounding; and what it does not say of
   * itself.
   *
   * @param precision fp32, bf16, or auto: bf16 where this machine computes it faster
   * @param threads that the network runs on; 0 for one a processor
   * @param block images that one network call sees; 0 for a rule of the network's size
   * @param nullClass the row of the class table that stands for "no class", by which images of a
   *     class are guided; null for what the model says
   */
  public record Options(String precision, int threads, int block, Integer nullClass) {
    public Options {
      Check.oneOf(java.util.List.of("auto", "fp32", "bf16"), "precision", precision);
      Check.that(threads >= 0, "threads", threads, "must be 0 (one a processor) or more");
      Check.that(block >= 0, "block", block, "must be 0 (by the network's size) or more");
    }

    /** For a model that says all of itself. */
    public Options(String precision, int threads, int block) {
      this(precision, threads, block, null);
    }

    /** The faster precision, all processors, the block by rule. */
    public static Options of() {
      return new Options("auto", 0, 0);
    }

    public Options precision(String name) {
      return new Options(name, threads, block, nullClass);
    }

    public Options threads(int number) {
      return new Options(precision, number, block, nullClass);
    }

    public Options block(int images) {
      return new Options(precision, threads, images, nullClass);
    }

    /** For a model that was trained with a class for "no class" and does not say which. */
    public Options nullClass(Integer row) {
      return new Options(precision, threads, block, row);
    }
  }
}
