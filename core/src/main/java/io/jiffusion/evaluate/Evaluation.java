package io.jiffusion.evaluate;

import io.jiffusion.base.Cancellation;
import io.jiffusion.base.Check;
import io.jiffusion.base.Progress;
import io.jiffusion.config.Tree;
import io.jiffusion.data.Dataset;
import io.jiffusion.data.ImageSet;
import io.jiffusion.data.Images;
import io.jiffusion.measure.Features;
import io.jiffusion.measure.Frechet;
import io.jiffusion.measure.Statistics;
import io.jiffusion.network.Shape;
import io.jiffusion.pipeline.ArrayFiles;
import io.jiffusion.pipeline.ImageClassifier;
import io.jiffusion.pipeline.Model;
import io.jiffusion.pipeline.SampleRequest;
import io.jiffusion.pipeline.SampleResult;
import io.jiffusion.pipeline.Values;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/**
 * How good a model with classes is: it makes images of every class, a classifier judges them, and
 * equally many real ones are judged beside them.
 *
 * <p>The Fréchet distance is that of the classifier's features to those of all test images, so
 * equal numbers of training images tell what a perfect model would reach; the distance of test
 * images to the nearest training image tells how near an image comes that was not memorised.
 *
 * @param count images of each class, 1 or more
 * @param samplers as in {@link SampleRequest}
 * @param budgets network evaluations of an image; every sampler with every budget and every
 *     guidance gives a set of images, all from the same noise
 * @param guidance strengths of guidance; 1 is none
 * @param seed of the first image
 */
public record Evaluation(
    int count, List<String> samplers, List<Integer> budgets, List<Double> guidance, long seed) {

  public Evaluation {
    Check.that(count >= 1, "count", count, "must be 1 or more");
    Check.that(!guidance.isEmpty(), "guidance", "none", "must be one or more; 1 is none");
    Check.that(!samplers.isEmpty(), "samplers", "none", "must be one or more");
    Check.that(!budgets.isEmpty(), "evaluations", "none", "must be one or more");
    samplers = List.copyOf(samplers);
    budgets = List.copyOf(budgets);
    guidance = List.copyOf(guidance);
  }

  /** A hundred of each class by DDIM-50, without guidance and with guidance 2, from seed 0. */
  public static Evaluation of() {
    return new Evaluation(100, List.of("ddim"), List.of(50), List.of(1.0, 2.0), 0);
  }

  /**
   * Makes, judges and compares.
   *
   * @param train what the model was trained on
   * @param test what it has not seen
   * @param progress of making the images, which takes longest
   * @return a row for each sampler, budget and strength of guidance, then training images and test
   *     images
   * @throws IllegalArgumentException if model, classifier and data do not fit together, or a class
   *     has too few images
   * @throws java.util.concurrent.CancellationException if somebody cancelled
   */
  public Report run(
      Model model,
      ImageClassifier classifier,
      Dataset train,
      Dataset test,
      Consumer<Progress> progress,
      Cancellation cancellation) {
    check(model, classifier, train, test);
    int classes = test.classes();
    float[] someTest = ImageClassifier.examples(test, some(test));
    int[] someTrain = some(train);

    int[] all = all(test.size());
    ImageClassifier.Classification real = classifier.classify(ImageClassifier.examples(test, all));
    Frechet reference = new Frechet(statistics(classifier, real));
    List<SampleRequest> requests = requests(classes);
    long total = requests.stream().mapToLong(SampleRequest::evaluations).sum();
    requests.forEach(model::check); // errors first
    List<Report.Row> rows = new ArrayList<>();
    long begin = System.nanoTime();
    long before = 0;
    for (SampleRequest request : requests) {
      long done = before * request.count();
      Consumer<Progress> whole =
          part ->
              progress.accept(
                  new Progress(
                      part.unit(),
                      done + part.done(),
                      total * request.count(),
                      (System.nanoTime() - begin) / 1e9,
                      name(request, request.evaluations())));
      SampleResult result = model.sample(request, whole, cancellation);
      Images made = result.images();
      float[] images =
          ImageClassifier.examples(new ImageSet(made, null, List.of()), all(made.count()));
      int[] desired = IntStream.range(0, made.count()).map(request::label).toArray();
      ImageClassifier.Classification verdict = classifier.classify(images);
      rows.add(
          Report.Row.of(
              name(request, result.evaluations()),
              Confusion.of(desired, verdict.classes(), classes),
              distance(classifier, verdict, reference),
              nearest(images, train)));
      before += request.evaluations();
      cancellation.check();
    }
    ImageClassifier.Classification seen =
        classifier.classify(ImageClassifier.examples(train, someTrain));
    rows.add(
        Report.Row.of(
            "training images",
            Confusion.of(labels(train, someTrain), seen.classes(), classes),
            distance(classifier, seen, reference),
            null));
    rows.add(
        Report.Row.of(
            "test images",
            Confusion.of(labels(test, all), real.classes(), classes),
            null,
            nearest(someTest, train)));
    return new Report(rows);
  }

  /**
   * Judges images that were made before, such as those of {@code sample --format npz}.
   *
   * @param file npy or npz with bytes [N, H, W, C]; image i shall show class {@code i mod classes}
   * @param test what the model has not seen
   * @return a row for the images, then one for the test images
   * @throws io.jiffusion.base.JiffusionException if the file has no such images
   */
  public static Report given(ImageClassifier classifier, String file, Dataset test) {
    Values values = ArrayFiles.values(file);
    long[] shape = values.shape();
    Check.that(
        shape.length == 4
            && shape[1] == classifier.config().size()
            && shape[2] == classifier.config().size()
            && shape[3] == classifier.config().inputChannels(),
        "images",
        Arrays.toString(shape) + " in " + file,
        "must be bytes [N, "
            + classifier.config().size()
            + ", "
            + classifier.config().size()
            + ", "
            + classifier.config().inputChannels()
            + "], as sample --format npz writes them");
    checkLevels(file, values.values());
    byte[] bytes = new byte[values.values().length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (int) values.values()[i];
    }
    Images made = new Images((int) shape[0], (int) shape[1], (int) shape[2], (int) shape[3], bytes);
    int classes = test.classes();
    ImageClassifier.Classification real =
        classifier.classify(ImageClassifier.examples(test, all(test.size())));
    ImageClassifier.Classification verdict =
        classifier.classify(
            ImageClassifier.examples(new ImageSet(made, null, List.of()), all(made.count())));
    int[] desired = IntStream.range(0, made.count()).map(i -> i % classes).toArray();
    return new Report(
        List.of(
            Report.Row.of(
                file,
                Confusion.of(desired, verdict.classes(), classes),
                distance(classifier, verdict, new Frechet(statistics(classifier, real))),
                null),
            Report.Row.of(
                "test images",
                Confusion.of(labels(test, all(test.size())), real.classes(), classes),
                null,
                null)));
  }

  /** Refuses numbers that are no levels: floats in [−1, 1] or [0, 1] would all be black. */
  private static void checkLevels(String file, float[] values) {
    float most = 0;
    for (float value : values) {
      Check.that(
          value >= 0 && value <= 255 && value == (int) value,
          "images",
          value + " in " + file,
          "must be bytes, whole numbers from 0 to 255; of floats in [-1, 1] make (x + 1) * 127.5,"
              + " rounded, as uint8");
      most = Math.max(most, value);
    }
    Check.that(
        most > 1,
        "images",
        "nothing above " + most + " in " + file,
        "must be bytes from 0 to 255, as uint8");
  }

  /** A report as JSON on one line. */
  public static String json(Report report) {
    return Tree.of(report).toJson();
  }

  private static void check(Model model, ImageClassifier classifier, Dataset train, Dataset test) {
    int classes = test.classes();
    Check.that(
        classes > 0 && model.config().classes() == classes,
        "model",
        model.config().classes() + " classes",
        "must have the " + classes + " classes of the test images");
    Check.that(
        classifier.config().classes() == classes && train.classes() == classes,
        "classifier or training images",
        classifier.config().classes() + " and " + train.classes() + " classes",
        "must have the " + classes + " classes of the test images");
    Shape made = model.config().network().network().input();
    List<Shape> sizes =
        List.of(
            Shape.of(
                classifier.config().inputChannels(),
                classifier.config().size(),
                classifier.config().size()),
            Shape.of(train.channels(), train.height(), train.width()),
            Shape.of(test.channels(), test.height(), test.width()));
    Check.that(
        sizes.stream().allMatch(made::equals),
        "images",
        sizes,
        "must all be " + made + " as the model's (of classifier, training and test)");
  }

  /** Every sampler with every budget and every guidance. */
  private List<SampleRequest> requests(int classes) {
    List<SampleRequest> requests = new ArrayList<>();
    for (String sampler : samplers) {
      for (int budget : budgets) {
        for (double strength : guidance) {
          requests.add(
              SampleRequest.of(Math.multiplyExact(count, classes))
                  .sampler(sampler)
                  .evaluations(budget)
                  .seed(seed)
                  .classes(IntStream.range(0, classes).toArray())
                  .guidance(strength));
        }
      }
    }
    return requests;
  }

  /** {@code ddim-50, guidance 2}. */
  private static String name(SampleRequest request, long evaluations) {
    String name = request.sampler() + "-" + evaluations;
    return request.guidance() == 1
        ? name
        : name + String.format(Locale.ROOT, ", guidance %s", number(request.guidance()));
  }

  private static String number(double value) {
    return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
  }

  /** The first images of every class, as many as are made. */
  private int[] some(Dataset data) {
    int[] found = new int[data.classes()];
    int[] some =
        IntStream.range(0, data.size()).filter(i -> found[data.label(i)]++ < count).toArray();
    int fewest = IntStream.of(found).min().orElse(0);
    Check.that(
        fewest >= count, "count", count, "must be at most " + fewest + ", which one class has");
    return some;
  }

  private static int[] all(int size) {
    return IntStream.range(0, size).toArray();
  }

  private static int[] labels(Dataset data, int[] indices) {
    return IntStream.of(indices).map(data::label).toArray();
  }

  private static double distance(
      ImageClassifier classifier, ImageClassifier.Classification verdict, Frechet reference) {
    return reference.distance(statistics(classifier, verdict));
  }

  private static Statistics statistics(
      ImageClassifier classifier, ImageClassifier.Classification verdict) {
    return Statistics.of(
        new Features(verdict.classes().length, classifier.config().features(), verdict.features()));
  }

  private static double nearest(float[] images, Dataset train) {
    return DoubleStream.of(NearestNeighbour.distances(images, train)).average().orElseThrow();
  }
}
