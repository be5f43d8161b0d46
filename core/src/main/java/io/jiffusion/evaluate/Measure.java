package io.jiffusion.evaluate;

import io.jiffusion.base.Check;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Everything that is measured on a set of images, in the order in which it is shown. */
public enum Measure {
  FRECHET("frechet", "Frechet", Better.LOWER, 2),
  FRECHET_INFINITY("frechet-infinity", "FD-inf", Better.LOWER, 20),
  SPATIAL_FRECHET("spatial-frechet", "spatial", Better.LOWER, 2),
  KID("kid", "KID", Better.LOWER, 3),
  KID_SUBSETS("kid-subsets", "KID, subsets", Better.LOWER, 1000),
  CMMD("cmmd", "MMD", Better.LOWER, 2),
  MIND("mind", "MIND", Better.LOWER, 2),
  PRECISION("precision", "precision", Better.HIGHER, 4),
  RECALL("recall", "recall", Better.HIGHER, 4),
  DENSITY("density", "density", Better.HIGHER, 6),
  COVERAGE("coverage", "coverage", Better.HIGHER, 6),
  INCEPTION_SCORE("inception-score", "score", Better.HIGHER, 10),
  ACCURACY("accuracy", "right", Better.HIGHER, 1),
  NEAREST("nearest", "nearest", Better.NEITHER, 1);

  /** Which way a number should go. */
  public enum Better {
    LOWER,
    HIGHER,
    NEITHER
  }

  private final String key;
  private final String label;
  private final Better better;
  private final int least;

  Measure(String key, String label, Better better, int least) {
    this.key = key;
    this.label = label;
    this.better = better;
    this.least = least;
  }

  /** Its name in JSON. */
  public String key() {
    return key;
  }

  /** Its name in a table. */
  public String label() {
    return label;
  }

  /** Its name in a table of measures of these features, which may give it one of its own. */
  public String label(FeatureSource features) {
    boolean fid = features.distance().equals("FID");
    return switch (this) {
      case FRECHET -> fid || features.distance().equals("FD-DINOv2") ? features.distance() : label;
      case SPATIAL_FRECHET -> fid ? "sFID" : label;
      case CMMD -> features.network().startsWith("CLIP ViT-L/14") ? "CMMD" : label;
      case INCEPTION_SCORE -> features.network().equals("Inception v3") ? "IS" : label;
      default -> label;
    };
  }

  /** Which way it should go. */
  public Better better() {
    return better;
  }

  /** Images that it takes at least. */
  public int least() {
    return least;
  }

  /**
   * The measures of a list.
   *
   * @param keys their names in JSON
   * @throws IllegalArgumentException if there is no such measure
   */
  public static Set<Measure> of(List<String> keys) {
    Set<Measure> measures = EnumSet.noneOf(Measure.class);
    List<String> known = Arrays.stream(values()).map(Measure::key).toList();
    for (String key : keys) {
      Check.oneOf(known, "measures", key);
      measures.add(values()[known.indexOf(key)]);
    }
    return measures;
  }
}
