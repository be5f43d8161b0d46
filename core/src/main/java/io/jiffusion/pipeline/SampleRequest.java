package io.jiffusion.pipeline;

import io.jiffusion.pipeline.Binder.Optional;
import java.util.List;
import java.util.stream.IntStream;

/**
 * All that defines a set of images but the model: the same request gives the same pixels, however
 * many images are computed at a time and by however many threads.
 *
 * <p>Start from {@link #of} and change what differs: {@code
 * SampleRequest.of(16).steps(50).seed(7).classes(3)}. Image i has the seed {@code seed + i}, from
 * which all of its noise is drawn, and the class number {@code i mod n} of the n classes given; so
 * {@link #only} asks for one image of many.
 *
 * @param count number of images, at least 1
 * @param sampler the algorithm and its options, such as {@code ddim} or {@code ddim:eta=0.5}
 * @param steps network evaluations of an image (for these samplers one a step), at least 1
 * @param spacing how the steps are chosen from those of the training
 * @param seed of the first image
 * @param classes labels to draw, repeated as needed; empty for images of any kind
 * @param guidance classifier-free guidance: 1 is none, more follows the class more closely
 * @param batch images in flight, which groups the work but changes no pixel; 0 leaves it to the
 *     model
 * @param floats whether the result holds the values in [−1, 1] beside the bytes
 * @param trajectory whether the result holds the state after every step
 * @param noise the states to start from, [count, C, H, W] row-major, instead of noise drawn from
 *     the seed; may be null
 */
public record SampleRequest(
    int count,
    String sampler,
    int steps,
    String spacing,
    long seed,
    List<Integer> classes,
    double guidance,
    int batch,
    boolean floats,
    boolean trajectory,
    @Optional float[] noise) {

  public SampleRequest {
    Check.that(count >= 1, "count", count, "must be 1 or more");
    Check.that(!sampler.isBlank(), "sampler", "''", "must be a name such as ddim");
    Check.that(steps >= 1, "steps", steps, "must be 1 or more");
    Check.that(!spacing.isBlank(), "spacing", "''", "must be a name such as uniform");
    classes.forEach(label -> Check.that(label >= 0, "classes", label, "must be 0 or more"));
    Check.that(
        guidance >= 0 && guidance < Double.POSITIVE_INFINITY,
        "guidance",
        guidance,
        "must be 0 or more; 1 is none");
    Check.that(
        guidance == 1 || !classes.isEmpty(),
        "guidance",
        guidance,
        "must be 1 (none) where no class is given");
    Check.that(batch >= 0, "batch", batch, "must be 0 (left to the model) or more");
    classes = List.copyOf(classes);
  }

  /** A request for DDIM in 50 steps, seed 0, without classes. */
  public static SampleRequest of(int count) {
    return new SampleRequest(count, "ddim", 50, "uniform", 0, List.of(), 1, 0, false, false, null);
  }

  public SampleRequest sampler(String text) {
    return new SampleRequest(
        count, text, steps, spacing, seed, classes, guidance, batch, floats, trajectory, noise);
  }

  public SampleRequest steps(int number) {
    return new SampleRequest(
        count, sampler, number, spacing, seed, classes, guidance, batch, floats, trajectory, noise);
  }

  public SampleRequest spacing(String text) {
    return new SampleRequest(
        count, sampler, steps, text, seed, classes, guidance, batch, floats, trajectory, noise);
  }

  public SampleRequest seed(long first) {
    return new SampleRequest(
        count, sampler, steps, spacing, first, classes, guidance, batch, floats, trajectory, noise);
  }

  public SampleRequest classes(int... labels) {
    List<Integer> list = IntStream.of(labels).boxed().toList();
    return new SampleRequest(
        count, sampler, steps, spacing, seed, list, guidance, batch, floats, trajectory, noise);
  }

  public SampleRequest guidance(double scale) {
    return new SampleRequest(
        count, sampler, steps, spacing, seed, classes, scale, batch, floats, trajectory, noise);
  }

  public SampleRequest batch(int images) {
    return new SampleRequest(
        count, sampler, steps, spacing, seed, classes, guidance, images, floats, trajectory, noise);
  }

  public SampleRequest floats(boolean wanted) {
    return new SampleRequest(
        count, sampler, steps, spacing, seed, classes, guidance, batch, wanted, trajectory, noise);
  }

  public SampleRequest trajectory(boolean wanted) {
    return new SampleRequest(
        count, sampler, steps, spacing, seed, classes, guidance, batch, floats, wanted, noise);
  }

  public SampleRequest noise(float[] states) {
    return new SampleRequest(
        count, sampler, steps, spacing, seed, classes, guidance, batch, floats, trajectory, states);
  }

  /** The request for image i alone: its seed, its class, its part of given noise. */
  public SampleRequest only(int i) {
    return part(i, 1);
  }

  /** The request for some of the images, from {@code first} on. */
  SampleRequest part(int first, int number) {
    List<Integer> some =
        classes.isEmpty()
            ? classes
            : IntStream.range(first, first + number).mapToObj(this::label).toList();
    float[] states = null;
    if (noise != null) {
      int image = noise.length / count;
      states = java.util.Arrays.copyOfRange(noise, first * image, (first + number) * image);
    }
    return new SampleRequest(
        number,
        sampler,
        steps,
        spacing,
        seed + first,
        some,
        guidance,
        batch,
        floats,
        trajectory,
        states);
  }

  /** The class of image i; there must be classes. */
  public int label(int i) {
    return classes.get(i % classes.size());
  }

  /** This request as JSON on one line, without given noise. */
  public String toJson() {
    return Tree.of(noise(null)).toJson();
  }

  /**
   * Reads {@link #toJson}; keys that are left out have the values of {@link #of}{@code (1)}.
   *
   * @throws io.jiffusion.run.JiffusionException naming all unknown keys and illegal values
   */
  public static SampleRequest ofJson(String json) {
    return Binder.bind(SampleRequest.class, Tree.of(of(1)).merge(Tree.json(json, "request")));
  }
}
