package io.jiffusion.evaluate;

import io.jiffusion.base.Cancellation;
import io.jiffusion.base.Check;
import io.jiffusion.base.Progress;
import io.jiffusion.data.ImageSource;
import io.jiffusion.data.ImageSources;
import io.jiffusion.data.Images;
import io.jiffusion.evaluate.FeatureExtractor.Extraction;
import io.jiffusion.measure.Estimate;
import io.jiffusion.measure.Features;
import io.jiffusion.measure.Nearest;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Sets of images judged alike: every set is looked at once, by one network, and measured beside one
 * reference, and beside it equally many real images are measured, which tell what a perfect model
 * would reach.
 */
public final class Evaluation {
  /** Images of which the nearest training images are looked for. */
  private static final int NEAREST = 1000;

  /** Images that are shown with their nearest training images. */
  private static final int SHOWN = 16;

  /** Images of the sheet of a set. */
  private static final int SHEET = 64;

  private final FeatureExtractor extractor;
  private final Reference reference;
  private final Set<Measure> measures;
  private final FeatureStore store;
  private final long seed;
  private final Set<String> notes = new LinkedHashSet<>();
  private final Map<Integer, Map<Measure, Estimate>> real = new HashMap<>();
  private Extraction referenceFeatures;
  private Judge judge;
  private Neighbours unseen;
  private long heldBytes;
  private long mostBytes;

  /**
   * One evaluation.
   *
   * @param measures that are wanted
   * @param store of features, so that none is computed twice
   * @param seed of random subsets and directions
   */
  public Evaluation(
      FeatureExtractor extractor,
      Reference reference,
      Set<Measure> measures,
      FeatureStore store,
      long seed) {
    this.extractor = extractor;
    this.reference = reference;
    this.measures = measures;
    this.store = store;
    this.seed = seed;
    check(reference.statistics());
  }

  /**
   * A set that was judged.
   *
   * @param row its numbers
   * @param sheet some of its images, evenly spread
   * @param neighbours some of its images beside the nearest training images; null where nobody
   *     knows those
   */
  public record Judged(QualityReport.Row row, Images sheet, Neighbours neighbours) {}

  /**
   * Judges a set.
   *
   * @param name of its row
   * @param run how it was sampled; null for a set that was given
   * @param progress in images that are looked at, then in measures
   * @throws IllegalArgumentException if it has another size than the reference, or too few images
   * @throws java.util.concurrent.CancellationException if somebody cancelled
   */
  public Judged judge(
      String name,
      QualityReport.Run run,
      ImageSource images,
      Consumer<Progress> progress,
      Cancellation cancellation) {
    check(name, images);
    Extraction set = store.of(extractor, images, named(name, progress), cancellation);
    int n = images.count();
    Map<Measure, Estimate> beside = real(n, progress, cancellation);
    mostBytes = Math.max(mostBytes, heldBytes + set.bytes());
    Map<Measure, Estimate> found =
        judge(progress, cancellation).of(set, measures, told(name, progress, cancellation));
    if (found.containsKey(Measure.FRECHET) && n < 2 * set.features().dimension()) {
      notes.add(
          n
              + " images are fewer than twice the "
              + set.features().dimension()
              + " features, so their Frechet distance is mostly their small number; compare it with"
              + " real images of the same number, or look at FD-inf, KID and MIND");
    }
    missing(set, found.keySet());
    QualityReport.Classes classes = classes(images, set);
    if (classes != null && measures.contains(Measure.ACCURACY)) {
      found.put(Measure.ACCURACY, accuracy(classes, n));
    }
    Images some = PixelNeighbours.pick(images, spread(n, Math.min(n, NEAREST)));
    Neighbours neighbours = null;
    if (measures.contains(Measure.NEAREST) && reference.training() != null) {
      told(name, progress, cancellation).accept(Measure.NEAREST);
      Nearest nearest = PixelNeighbours.of(some, reference.training(), cancellation);
      found.put(Measure.NEAREST, Estimate.ofMean(nearest.distances()));
      neighbours = PixelNeighbours.shown(some, nearest, reference.training(), SHOWN);
      beside = withNearest(beside, some.count(), cancellation);
    }
    return new Judged(
        new QualityReport.Row(
            name, run, images.fingerprint(), n, measurements(found, beside, n), classes),
        PixelNeighbours.pick(images, spread(n, Math.min(n, SHEET))),
        neighbours);
  }

  /** Real images that no model has seen, beside the nearest training images; null without any. */
  public Neighbours unseen() {
    return unseen;
  }

  /** The most memory that features took at a time, all of them float32. */
  public long bytes() {
    return mostBytes;
  }

  /** All sets that were judged. */
  public QualityReport report(List<QualityReport.Row> rows, Map<String, String> provenance) {
    return new QualityReport(
        extractor.source(), reference.told(), rows, List.copyOf(notes), provenance);
  }

  private void check(StoredStatistics given) {
    if (given != null && reference.images() != null) {
      notes.add(
          "Frechet distances are to the statistics that "
              + given.name()
              + " has beside its images, all else to the images");
    }
    if (given != null && given.source() != null) {
      Check.that(
          given.source().equals(extractor.source()),
          "statistics",
          given.source(),
          "must be of the network "
              + extractor.source()
              + ": make them anew with jiffusion statistics");
    }
  }

  private void check(String name, ImageSource images) {
    Check.that(
        images.count() >= 2,
        "images",
        images.count() + " in " + name,
        "must be 2 or more: one image has no spread");
    ImageSource beside = reference.images() != null ? reference.images() : images;
    Check.that(
        images.channels() == beside.channels(),
        "images",
        (images.channels() == 1 ? "grey" : "RGB") + " in " + name,
        "must be "
            + (beside.channels() == 1 ? "grey" : "RGB")
            + " as the reference "
            + beside.name()
            + "; make both alike");
    Check.that(
        images.height() == beside.height() && images.width() == beside.width(),
        "images",
        images.width() + "x" + images.height() + " in " + name,
        "must be "
            + beside.width()
            + "x"
            + beside.height()
            + " as the reference "
            + beside.name()
            + "; --resize N brings both to N");
  }

  private Judge judge(Consumer<Progress> progress, Cancellation cancellation) {
    if (judge == null) {
      judge =
          new Judge(
              reference.images() == null ? null : features(progress, cancellation),
              reference.statistics(),
              seed);
    }
    return judge;
  }

  /** The reference's own features. */
  private Extraction features(Consumer<Progress> progress, Cancellation cancellation) {
    if (referenceFeatures == null) {
      referenceFeatures = store.of(extractor, reference.images(), progress, cancellation);
      heldBytes = referenceFeatures.bytes();
    }
    return referenceFeatures;
  }

  /**
   * What real images reach: so many of those held out, beside the reference; where there are not so
   * many, some of the reference beside the rest of it.
   */
  private Map<Measure, Estimate> real(
      int n, Consumer<Progress> progress, Cancellation cancellation) {
    if (!real.containsKey(n)) {
      real.put(n, Map.of());
      String name = n + " real images";
      ImageSource heldOut = reference.heldOut();
      if (heldOut != null && heldOut.count() >= n) {
        ImageSource some = ImageSources.spread(heldOut, n);
        Extraction set = store.of(extractor, some, progress, cancellation);
        Map<Measure, Estimate> found =
            judge(progress, cancellation).of(set, measures, told(name, progress, cancellation));
        QualityReport.Classes classes = classes(some, set);
        if (classes != null && measures.contains(Measure.ACCURACY)) {
          found.put(Measure.ACCURACY, accuracy(classes, n));
        }
        real.put(n, found);
      } else if (reference.images() != null && reference.images().count() >= 2 * n) {
        Extraction all = features(progress, cancellation);
        int count = reference.images().count();
        int[] some = spread(count, n);
        Set<Integer> out = new LinkedHashSet<>(IntStream.of(some).boxed().toList());
        int[] rest = IntStream.range(0, count).filter(i -> !out.contains(i)).toArray();
        Map<Measure, Estimate> found =
            new Judge(pick(all, rest), null, seed)
                .of(pick(all, some), measures, told(name, progress, cancellation));
        notes.add(
            "real against real: "
                + n
                + " images of the reference, beside the "
                + rest.length
                + " others of it");
        real.put(n, found);
      } else {
        notes.add(
            "real against real is not known at "
                + n
                + " images: it takes as many that are held out, or a reference of twice as many");
      }
    }
    return real.get(n);
  }

  /** With the nearest training images of real ones that were not trained on. */
  private Map<Measure, Estimate> withNearest(
      Map<Measure, Estimate> beside, int n, Cancellation cancellation) {
    ImageSource from =
        reference.training() == reference.heldOut() ? reference.images() : reference.heldOut();
    if (from == null || from == reference.training()) {
      return beside;
    }
    Images some = PixelNeighbours.pick(from, spread(from.count(), Math.min(n, from.count())));
    Nearest nearest = PixelNeighbours.of(some, reference.training(), cancellation);
    unseen = PixelNeighbours.shown(some, nearest, reference.training(), SHOWN);
    Map<Measure, Estimate> with = new EnumMap<>(Measure.class);
    with.putAll(beside);
    with.put(Measure.NEAREST, Estimate.ofMean(nearest.distances()));
    return with;
  }

  private static Estimate accuracy(QualityReport.Classes classes, int n) {
    int right = 0;
    for (int c = 0; c < classes.confusion().size(); c++) {
      right += classes.confusion().get(c).get(c);
    }
    return Estimate.ofShare(right / (double) n, n);
  }

  /** What the network sees in images that should show certain classes; null if it is blind. */
  private QualityReport.Classes classes(ImageSource images, Extraction set) {
    List<String> names = extractor.classes();
    if (set.logits() == null || names.isEmpty() || images.classes().size() != names.size()) {
      return null;
    }
    int count = images.count();
    int[] desired = IntStream.range(0, count).map(images::label).toArray();
    int[] found = IntStream.range(0, count).map(i -> likeliest(set.logits(), i)).toArray();
    Confusion confusion = Confusion.of(desired, found, names.size());
    return new QualityReport.Classes(
        names,
        IntStream.range(0, names.size()).mapToObj(confusion::accuracy).toList(),
        confusion.counts());
  }

  private static int likeliest(Features logits, int image) {
    int from = image * logits.dimension();
    int best = 0;
    for (int c = 1; c < logits.dimension(); c++) {
      if (logits.values()[from + c] > logits.values()[from + best]) {
        best = c;
      }
    }
    return best;
  }

  /** Says what was wanted and could not be measured, and why. */
  private void missing(Extraction set, Set<Measure> found) {
    List<String> few = new ArrayList<>();
    for (Measure measure : measures) {
      if (!found.contains(measure) && set.features().images() < measure.least()) {
        few.add(measure.label() + " (" + measure.least() + ")");
      }
    }
    if (!few.isEmpty()) {
      notes.add(set.features().images() + " images are too few for " + String.join(", ", few));
    }
    if (reference.images() == null) {
      notes.add(
          "the reference is known by its statistics alone, which suffice for Frechet distances");
    }
  }

  private List<QualityReport.Measurement> measurements(
      Map<Measure, Estimate> found, Map<Measure, Estimate> beside, int n) {
    List<QualityReport.Measurement> measurements = new ArrayList<>();
    for (Measure measure : Measure.values()) {
      Estimate estimate = found.get(measure);
      if (estimate != null) {
        Estimate same = beside.get(measure);
        measurements.add(
            new QualityReport.Measurement(
                measure,
                estimate.value(),
                Double.isFinite(estimate.error()) ? estimate.error() : null,
                estimate.by(),
                measure == Measure.NEAREST ? Math.min(n, NEAREST) : n,
                same == null ? null : same.value()));
      }
    }
    return measurements;
  }

  private Consumer<Measure> told(
      String name, Consumer<Progress> progress, Cancellation cancellation) {
    List<Measure> all = List.copyOf(measures);
    return measure -> {
      cancellation.check();
      // without seconds: one measure takes a hundred times as long as another
      progress.accept(
          new Progress(
              "measures", all.indexOf(measure), all.size(), 0, measure.label() + " of " + name));
    };
  }

  private static Consumer<Progress> named(String name, Consumer<Progress> progress) {
    return told -> progress.accept(told.note("features of " + name));
  }

  private static Extraction pick(Extraction all, int... which) {
    return new Extraction(
        pick(all.features(), which), pick(all.logits(), which), pick(all.spatial(), which));
  }

  private static Features pick(Features all, int... which) {
    if (all == null) {
      return null;
    }
    float[] values = new float[Math.multiplyExact(which.length, all.dimension())];
    for (int i = 0; i < which.length; i++) {
      System.arraycopy(
          all.values(), which[i] * all.dimension(), values, i * all.dimension(), all.dimension());
    }
    return new Features(which.length, all.dimension(), values);
  }

  /** So many numbers evenly spread over 0 … all−1, because some sets are in order. */
  private static int[] spread(int all, int count) {
    return IntStream.range(0, count).map(i -> (int) ((long) i * all / count)).toArray();
  }
}
