package io.jiffusion.pipeline;

import io.jiffusion.base.Cancellation;
import io.jiffusion.base.Progress;
import io.jiffusion.checkpoint.Checkpoints;
import io.jiffusion.checkpoint.NoiseTable;
import io.jiffusion.checkpoint.ReadOptions;
import io.jiffusion.checkpoint.StoredModel;
import io.jiffusion.config.Home;
import io.jiffusion.config.RunConfig;
import io.jiffusion.data.Images;
import io.jiffusion.network.Execution;
import io.jiffusion.process.Denoiser;
import io.jiffusion.process.OptimalVariance;
import io.jiffusion.sampler.Sampler;
import io.jiffusion.sampler.Samplers;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.TimeGrid;
import io.jiffusion.tensor.Precision;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
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
  private final RunConfig config;
  private final Supplier<OptimalVariance> optimal;
  private final ModelThread thread = new ModelThread();
  private final Execution execution;
  private final GuideModels guides;

  /**
   * For a model whose noise may have been measured.
   *
   * @param optimal asked on any thread, where a request needs it
   */
  private Model(
      RunConfig config, Supplier<OptimalVariance> optimal, Supplier<Execution> execution) {
    this.optimal = optimal;
    this.config = config;
    this.execution = thread.make(execution);
    this.guides = new GuideModels(config, ModelOptions.of().precision(this.execution.precision()));
  }

  /**
   * A model over a network that runs already, such as one of {@link Executions#of}; it is closed
   * with the model.
   */
  public static Model of(RunConfig config, Execution network) {
    return new Model(config, Samplers.Context.NONE.optimal(), () -> network);
  }

  /** The same, with the noise that the model predicts measured. */
  public static Model of(RunConfig config, Execution network, OptimalVariance measured) {
    return new Model(config, () -> measured, () -> network);
  }

  /** Loads the model of handwritten digits that comes with the program. */
  public static Model bundled() {
    return load(Home.model(Home.BUNDLED));
  }

  /** Loads a run folder, with the options of {@link ModelOptions#of}. */
  public static Model load(Path folder) {
    return load(folder, ModelOptions.of());
  }

  /**
   * Loads a run folder.
   *
   * @param folder with {@code run.json} and {@code weights.safetensors}
   * @throws io.jiffusion.base.JiffusionException if a file is missing, damaged or does not fit the
   *     other
   */
  public static Model load(Path folder, ModelOptions options) {
    return load(folder, ReadOptions.AUTO, options);
  }

  /**
   * Loads a run folder, or a checkpoint of another program.
   *
   * @param told what the checkpoint does not say itself
   * @throws io.jiffusion.base.JiffusionException if a file is missing, damaged or does not fit the
   *     other
   */
  public static Model load(Path folder, ReadOptions told, ModelOptions options) {
    StoredModel stored = Checkpoints.open(folder, told);
    return load(stored, () -> NoiseTable.read(folder, stored.run()).variance(), options);
  }

  /**
   * Loads a model that was opened; its file is closed with the model.
   *
   * @throws io.jiffusion.base.JiffusionException if its weights do not fit its network
   */
  public static Model load(StoredModel stored, ModelOptions options) {
    return load(stored, Samplers.Context.NONE.optimal(), options);
  }

  private static Model load(
      StoredModel stored, Supplier<OptimalVariance> optimal, ModelOptions options) {
    stored.mustBeSampled();
    String precision = Precision.of(options.precision()).toString();
    RunConfig config = stored.withNullClass(options.nullClass()).run().config();
    return new Model(config, optimal, () -> Executions.load(stored, options.precision(precision)));
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
    return execution.precision();
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
  public OptimalVariance optimalVariance() {
    return optimal.get();
  }

  /** The forward process of the training. */
  public NoiseSchedule schedule() {
    return config.process().noiseSchedule();
  }

  /**
   * A request that leaves sampler, steps and times to the model, as {@link SampleRequest#auto}.
   *
   * @param classes to draw, by name or number; none for images of any kind
   * @throws IllegalArgumentException if the model has no such class
   */
  public SampleRequest request(int count, String... classes) {
    return SampleRequest.auto(count).classes(config.classesOf(List.of(classes)));
  }

  /** The request with what it leaves open filled in: what {@link #sample} makes of it. */
  public SampleRequest resolve(SampleRequest request) {
    return Defaults.fill(request, config.process());
  }

  /**
   * The times that a request visits.
   *
   * @throws IllegalArgumentException if its sampler, steps or spacing do not fit the process
   */
  public TimeGrid grid(SampleRequest request) {
    return ResolvedRequest.of(config.process(), request).grid();
  }

  /**
   * The network itself, for who walks it alone: {@code config().process().denoiser(network())} is
   * what it says of the data. Safe for use from any thread; it is closed with the model, not
   * before.
   */
  public Execution network() {
    return new OpenNetwork(execution, thread::closed);
  }

  /**
   * The denoiser that a request means: the network, its classes, guidance and thresholding, for
   * states of as many images as the request has. Of one walk and one thread at a time, any thread.
   *
   * @throws IllegalArgumentException if the request does not fit the model
   */
  public Denoiser denoiser(SampleRequest request) {
    return thread.call(
        (told, own) -> sampling(network()).denoiser(request), progress -> {}, new Cancellation());
  }

  /**
   * Refuses a request that does not fit the model, before anything is made.
   *
   * @throws IllegalArgumentException as {@link #sample(SampleRequest)} would
   */
  public void check(SampleRequest request) {
    thread.call(
        (told, own) -> {
          sampling(execution).refuse(request);
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
    return sample(request, SampleListener.of(progress), cancellation);
  }

  /** The same for who wants to see more than how far it is. */
  public SampleResult sample(
      SampleRequest request, SampleListener listener, Cancellation cancellation) {
    return thread.call(
        (told, own) -> sampling(execution).run(request, told, own, listener),
        listener::progress,
        cancellation);
  }

  /**
   * Makes images by a sampler of one's own. The request says all else; its spacing, if it leaves
   * that open, is the one for the sampler that it names.
   *
   * @param sampler runs on the model's own thread
   * @throws IllegalArgumentException if the request does not fit the model
   * @throws CancellationException if the calling thread was interrupted, or the model closed
   */
  public SampleResult sample(SampleRequest request, Sampler sampler) {
    return sample(request, sampler, SampleListener.NONE, new Cancellation());
  }

  /** The same for who wants to see how far it is, or to end it. */
  public SampleResult sample(
      SampleRequest request, Sampler sampler, SampleListener listener, Cancellation cancellation) {
    return thread.call(
        (told, own) ->
            new Sampling(config, execution, guides, any -> sampler)
                .run(request, told, own, listener),
        listener::progress,
        cancellation);
  }

  /**
   * Makes images while the caller does something else. Cancelling what is returned, or ending it in
   * any other way before the images are done, ends the work at its next step.
   *
   * @param listener hears everything on the model's own thread, as do stages that are hung on what
   *     is returned; a call of this model from there is refused, so use {@code thenApplyAsync}
   * @return fails as {@link #sample} throws, with {@link CancellationException} if the model is
   *     closed meanwhile
   * @throws IllegalStateException if the model is closed
   */
  public CompletableFuture<SampleResult> sampleAsync(
      SampleRequest request, SampleListener listener) {
    return thread.start(
        (told, own) -> sampling(execution).run(request, told, own, listener), listener::progress);
  }

  /** The same for who hears nothing until the end. */
  public CompletableFuture<SampleResult> sampleAsync(SampleRequest request) {
    return sampleAsync(request, SampleListener.NONE);
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
    return thread.call(
        (told, own) -> sampling(execution).encode(request, images, told, own),
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
    return new Sampling(
        config,
        network,
        guides,
        request -> ResolvedRequest.named(config.process(), request, optimal));
  }

  /**
   * Ends running calls at their next step, then frees the model; later calls throw {@link
   * IllegalStateException}.
   */
  @Override
  public void close() {
    thread.close(
        () -> {
          execution.close();
          guides.close();
        });
  }
}
