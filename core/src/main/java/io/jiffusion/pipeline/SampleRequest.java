package io.jiffusion.pipeline;

import io.jiffusion.base.ByValue;
import io.jiffusion.base.Check;
import io.jiffusion.base.Draft;
import io.jiffusion.base.LeftOut;
import io.jiffusion.config.Binder;
import io.jiffusion.config.Tree;
import io.jiffusion.process.Batch;
import io.jiffusion.sampler.Interpolation;
import io.jiffusion.schedule.Spacings;
import java.util.Arrays;
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
 * @param sampler the algorithm and its options, such as {@code ddim} or {@code ddim:eta=0.5}; a
 *     name of another program, such as {@code DPM++ 2M Karras}, becomes ours, and sets the spacing
 *     that it says unless one is given; {@code auto} is the model's own, or the best for so many
 *     steps
 * @param steps of the sampler, at least 1; 0 where a budget is given instead
 * @param evaluations budget of network evaluations of an image: as many steps as need no more than
 *     these; 0 where the steps are given. Both 0 leave it to the model and the sampler
 * @param spacing the times of the steps, such as {@code uniform} or {@code karras:rho=7}; {@code
 *     auto} is what the sampler is best known with
 * @param seed of the first image
 * @param classes labels to draw, repeated as needed; empty for images of any kind
 * @param guidance classifier-free guidance: 1 is none, more follows the class more closely
 * @param guide by what guidance is: {@code free}, the model without a class, with {@code low=},
 *     {@code high=} for an interval of noise levels and {@code rescale=} for contrast; {@code
 *     weak:model=RUN}, a weaker model; or {@code classifier:scale=1}, a classifier of noisy images
 * @param threshold of the predicted image: {@code none}, {@code static} to [−1, 1], {@code
 *     dynamic:quantile=0.995,limit=1}; {@code auto} is the model's
 * @param edit what is made of given pictures: {@code none}; {@code inpaint} or {@code
 *     repaint:jump=10,times=10}, the pixels that the mask leaves open; {@code image:strength=0.6},
 *     a picture like it (SDEdit); {@code colour}, of a grey one; {@code upscale:factor=4}
 * @param batch images in flight, which groups the work but changes no pixel; 0 leaves it to the
 *     model
 * @param floats whether the result holds the values in [−1, 1] beside the bytes
 * @param trajectory whether the result holds the state after every step
 * @param noise the states to start from, [count, C, H, W] row-major, instead of noise drawn from
 *     the seed; may be null
 * @param draws the standard normal noise that a sampler adds on the way, in the order in which it
 *     asks, [draws, count, C, H, W] row-major, instead of noise drawn from the seed; may be null
 * @param images the pictures to edit, [count, C, H, W] row-major in [−1, 1], for {@code upscale}
 *     perhaps [count, C, H/factor, W/factor]; may be null
 * @param mask 1 where a pixel of the pictures is known, 0 where it shall be made, [H, W]; may be
 *     null
 */
// Equal by value, as its equals says.
@SuppressWarnings("ArrayRecordComponent")
public record SampleRequest(
    int count,
    SamplerSpec sampler,
    int steps,
    int evaluations,
    String spacing,
    long seed,
    List<Integer> classes,
    double guidance,
    Guide guide,
    Thresholding threshold,
    Edit edit,
    int batch,
    boolean floats,
    boolean trajectory,
    @LeftOut float[] noise,
    @LeftOut float[] draws,
    @LeftOut float[] images,
    @LeftOut float[] mask) {
  /** What is left to the model. */
  static final String AUTO = "auto";

  public SampleRequest {
    Check.that(count >= 1, "count", count, "must be 1 or more");
    Check.that(steps >= 0, "steps", steps, "must be 1 or more, or 0 where they are left open");
    Check.that(
        evaluations == 0 || evaluations >= 1 && steps == 0,
        "evaluations",
        evaluations,
        "must be 1 or more in place of steps, or 0");
    Check.that(!spacing.isBlank(), "spacing", "''", "must be a name such as uniform");
    if (spacing.equals(AUTO) && sampler.spacing() != null) {
      spacing = sampler.spacing();
    }
    if (!spacing.equals(AUTO)) {
      Spacings.check(spacing);
    }
    sampler = sampler.alone();
    classes.forEach(label -> Check.that(label >= 0, "classes", label, "must be 0 or more"));
    Check.that(
        guidance >= 0 && guidance < Double.POSITIVE_INFINITY,
        "guidance",
        guidance,
        "must be 0 or more; 1 is none");
    Check.that(
        guidance == 1 || !classes.isEmpty() || !guide.isFree(),
        "guidance",
        guidance,
        "must be 1 (none) where no class is given");
    Check.that(batch >= 0, "batch", batch, "must be 0 (left to the model) or more");
    classes = List.copyOf(classes);
  }

  /** A request for DDIM in 50 steps, seed 0, without classes. */
  public static SampleRequest of(int count) {
    return auto(count).sampler("ddim").steps(50);
  }

  /**
   * A request that leaves sampler, steps and times to the model: what an imported model was made
   * for, else what {@link Defaults} tells. What is said of them still holds: {@code
   * auto(16).steps(10)} is the best that the library knows for ten steps.
   */
  public static SampleRequest auto(int count) {
    return Draft.of(SampleRequest.class)
        .set("count", count)
        .set("sampler", SamplerSpec.parse(AUTO))
        .set("steps", 0)
        .set("evaluations", 0)
        .set("spacing", AUTO)
        .set("seed", 0L)
        .set("classes", List.of())
        .set("guidance", 1.0)
        .set("guide", Guide.FREE)
        .set("threshold", Thresholding.AUTO)
        .set("edit", Edit.NONE)
        .set("batch", 0)
        .set("floats", false)
        .set("trajectory", false)
        .make();
  }

  public SampleRequest sampler(String text) {
    return with("sampler", SamplerSpec.parse(text));
  }

  /** Takes the place of a budget of evaluations. */
  public SampleRequest steps(int number) {
    Check.that(number >= 1, "steps", number, "must be 1 or more");
    return Draft.of(this).set("steps", number).set("evaluations", 0).make();
  }

  /** Takes the place of a number of steps. */
  public SampleRequest evaluations(int budget) {
    Check.that(budget >= 1, "evaluations", budget, "must be 1 or more");
    return Draft.of(this).set("steps", 0).set("evaluations", budget).make();
  }

  public SampleRequest spacing(String text) {
    return with("spacing", text);
  }

  public SampleRequest seed(long first) {
    return with("seed", first);
  }

  public SampleRequest classes(int... labels) {
    return with("classes", IntStream.of(labels).boxed().toList());
  }

  public SampleRequest guidance(double scale) {
    return with("guidance", scale);
  }

  public SampleRequest guide(String text) {
    return with("guide", Guide.parse(text));
  }

  public SampleRequest threshold(String text) {
    return with("threshold", Thresholding.parse(text));
  }

  /** To go with {@link #image} or {@link #images}, and a {@link #mask} where pixels are made. */
  public SampleRequest edit(String text) {
    return with("edit", Edit.parse(text));
  }

  /** One picture for all images. */
  public SampleRequest image(float[] picture) {
    Capacity.check(count, picture.length, 2 * Float.BYTES, picture.length + " values");
    float[] all = new float[count * picture.length];
    for (int i = 0; i < count; i++) {
      System.arraycopy(picture, 0, all, i * picture.length, picture.length);
    }
    return images(all);
  }

  /** A picture for each image. */
  public SampleRequest images(float[] pictures) {
    return with("images", pictures);
  }

  public SampleRequest mask(float[] known) {
    return with("mask", known);
  }

  public SampleRequest batch(int number) {
    return with("batch", number);
  }

  public SampleRequest floats(boolean wanted) {
    return with("floats", wanted);
  }

  public SampleRequest trajectory(boolean wanted) {
    return with("trajectory", wanted);
  }

  public SampleRequest noise(float[] states) {
    return with("noise", states);
  }

  /** Instead of noise drawn from the seeds, [draws, count, C, H, W]. */
  public SampleRequest draws(float[] numbers) {
    return with("draws", numbers);
  }

  /**
   * From given noises on the great circle between two, the first and the last of the images.
   *
   * @throws IllegalArgumentException if there are less than 2 images
   */
  public SampleRequest between(float[] from, float[] to) {
    Check.that(
        from.length == to.length,
        "noise",
        to.length + " values",
        "must be " + from.length + ", as many as those on the other side");
    Capacity.check(count, from.length, 2 * Double.BYTES, from.length + " values");
    return noise(floats(Interpolation.path(state(from), state(to), count).data()));
  }

  private static Batch state(float[] values) {
    double[] data = new double[values.length];
    Arrays.setAll(data, i -> values[i]);
    return new Batch(1, 1, 1, data.length, data);
  }

  static float[] floats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }

  /** The request for image i alone: its seed, its class, its part of given noise and pictures. */
  public SampleRequest only(int i) {
    return part(i, 1);
  }

  /** The request for some of the images, from {@code first} on. */
  public SampleRequest part(int first, int number) {
    List<Integer> labels =
        classes.isEmpty()
            ? classes
            : IntStream.range(first, first + number).mapToObj(this::label).toList();
    return Draft.of(this)
        .set("count", number)
        .set("seed", seed + first)
        .set("classes", labels)
        .set("noise", range(noise, first, number))
        .set("draws", draws == null ? null : drawsOf(first, number))
        .set("images", range(images, first, number))
        .make();
  }

  /** Of every draw the numbers of some images. */
  private float[] drawsOf(int first, int number) {
    int size = noise == null ? 0 : noise.length / count;
    if (size == 0 || draws.length % ((long) count * size) != 0) {
      throw new IllegalArgumentException(
          "illegal draws: "
              + draws.length
              + " values, must come with noise to start from, and be a multiple of its values");
    }
    int times = draws.length / (count * size);
    float[] part = new float[times * number * size];
    for (int i = 0; i < times; i++) {
      System.arraycopy(draws, (i * count + first) * size, part, i * number * size, number * size);
    }
    return part;
  }

  /** Some images of an array of them all. */
  private float[] range(float[] all, int first, int number) {
    if (all == null) {
      return null;
    }
    int image = all.length / count;
    return Arrays.copyOfRange(all, first * image, (first + number) * image);
  }

  /** The class of image i; there must be classes. */
  public int label(int i) {
    return classes.get(i % classes.size());
  }

  /** This request as JSON on one line, without given noise, pictures and mask. */
  public String toJson() {
    return Tree.of(withoutArrays()).toJson();
  }

  /** Without given noise, pictures and mask. */
  SampleRequest withoutArrays() {
    return noise(null).draws(null).images(null).mask(null);
  }

  /**
   * Reads {@link #toJson}; keys that are left out have the values of {@link #of}{@code (1)}.
   *
   * @throws io.jiffusion.base.JiffusionException naming all unknown keys and illegal values
   */
  public static SampleRequest ofJson(String json) {
    return Binder.bind(SampleRequest.class, Tree.of(of(1)).merge(Tree.json(json, "request")));
  }

  @Override
  public boolean equals(Object other) {
    return ByValue.equal(this, other);
  }

  @Override
  public int hashCode() {
    return ByValue.hash(this);
  }

  private SampleRequest with(String component, Object value) {
    return Draft.of(this).set(component, value).make();
  }
}
