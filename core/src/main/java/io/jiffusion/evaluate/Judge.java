package io.jiffusion.evaluate;

import io.jiffusion.evaluate.FeatureExtractor.Extraction;
import io.jiffusion.measure.Cmmd;
import io.jiffusion.measure.DensityCoverage;
import io.jiffusion.measure.Estimate;
import io.jiffusion.measure.Frechet;
import io.jiffusion.measure.FrechetInfinity;
import io.jiffusion.measure.InceptionScore;
import io.jiffusion.measure.Kid;
import io.jiffusion.measure.Mind;
import io.jiffusion.measure.PrecisionRecall;
import io.jiffusion.measure.Rows;
import io.jiffusion.measure.Statistics;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;

/** Every measure of features beside one reference, whose own part is computed once. */
final class Judge {
  private final Rows reference; // null where only statistics are known
  private final Statistics statistics;
  private final Statistics spatial;
  private final long seed;
  private Frechet frechet;
  private Frechet spatialFrechet;
  private Kid kid;
  private Cmmd cmmd;
  private PrecisionRecall balls;
  private DensityCoverage density;

  /**
   * Beside images, or statistics: all that they suffice for.
   *
   * @param reference null where only statistics are known
   * @param stored which Fréchet distances are of; null for those of the images
   * @param seed of subsets and directions
   */
  Judge(Extraction reference, StoredStatistics stored, long seed) {
    this.reference = reference == null ? null : reference.features();
    this.statistics = stored != null ? stored.features() : Statistics.of(reference.features());
    this.spatial =
        stored != null
            ? stored.spatial()
            : reference.spatial() == null ? null : Statistics.of(reference.spatial());
    this.seed = seed;
  }

  /** Whether a measure can be made of so many images, and this reference. */
  boolean can(Measure measure, Extraction set) {
    boolean known =
        switch (measure) {
          case FRECHET, FRECHET_INFINITY -> true;
          case SPATIAL_FRECHET -> set.spatial() != null && spatial != null;
          case INCEPTION_SCORE -> set.logits() != null;
          case ACCURACY, NEAREST -> false; // not of features
          default -> reference != null;
        };
    int least = measure.least();
    return known
        && set.features().images() >= least
        && (reference == null || reference.images() >= least);
  }

  /**
   * Measures.
   *
   * @param asked what is wanted; what cannot be made is left out
   * @param begins told each measure before it is made
   */
  Map<Measure, Estimate> of(Extraction set, Set<Measure> asked, Consumer<Measure> begins) {
    Map<Measure, Estimate> found = new EnumMap<>(Measure.class);
    for (Measure measure : Measure.values()) {
      if (asked.contains(measure) && can(measure, set) && !found.containsKey(measure)) {
        begins.accept(measure);
        put(measure, set, found);
      }
    }
    found.keySet().retainAll(asked);
    return found;
  }

  private void put(Measure measure, Extraction set, Map<Measure, Estimate> found) {
    Rows features = set.features();
    switch (measure) {
      case FRECHET -> found.put(measure, frechet().estimate(features));
      case FRECHET_INFINITY -> found.put(measure, FrechetInfinity.of(frechet(), features, seed));
      case SPATIAL_FRECHET -> {
        spatialFrechet = spatialFrechet == null ? new Frechet(spatial) : spatialFrechet;
        found.put(measure, spatialFrechet.estimate(set.spatial()));
      }
      case KID -> found.put(measure, kid().exact(features));
      case KID_SUBSETS -> found.put(measure, kid().subsets(features, seed));
      case CMMD -> {
        cmmd = cmmd == null ? new Cmmd(reference) : cmmd;
        found.put(measure, cmmd.of(features));
      }
      case MIND -> found.put(measure, Mind.of(features, reference, seed));
      case PRECISION, RECALL -> {
        balls = balls == null ? new PrecisionRecall(reference) : balls;
        PrecisionRecall.Both both = balls.of(features);
        found.put(Measure.PRECISION, both.precision());
        found.put(Measure.RECALL, both.recall());
      }
      case DENSITY, COVERAGE -> {
        density = density == null ? new DensityCoverage(reference) : density;
        DensityCoverage.Both both = density.of(features);
        found.put(Measure.DENSITY, both.density());
        found.put(Measure.COVERAGE, both.coverage());
      }
      case INCEPTION_SCORE -> found.put(measure, InceptionScore.of(set.logits()));
      default -> throw new IllegalStateException(measure + " is not of features");
    }
  }

  private Frechet frechet() {
    frechet = frechet == null ? new Frechet(statistics) : frechet;
    return frechet;
  }

  private Kid kid() {
    kid = kid == null ? new Kid(reference) : kid;
    return kid;
  }
}
