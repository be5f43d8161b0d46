package io.jiffusion.evaluate;

/** Everything that is measured on a set of images, in the order in which it is shown. */
public enum Measure {
  FRECHET("frechet", "Frechet", Better.LOWER),
  FRECHET_INFINITY("frechet-infinity", "FD-inf", Better.LOWER),
  SPATIAL_FRECHET("spatial-frechet", "sFID", Better.LOWER),
  KID("kid", "KID", Better.LOWER),
  KID_SUBSETS("kid-subsets", "KID (subsets)", Better.LOWER),
  CMMD("cmmd", "MMD", Better.LOWER),
  MIND("mind", "MIND", Better.LOWER),
  PRECISION("precision", "precision", Better.HIGHER),
  RECALL("recall", "recall", Better.HIGHER),
  DENSITY("density", "density", Better.HIGHER),
  COVERAGE("coverage", "coverage", Better.HIGHER),
  INCEPTION_SCORE("inception-score", "IS", Better.HIGHER),
  ACCURACY("accuracy", "right", Better.HIGHER),
  NEAREST("nearest", "nearest", Better.NEITHER);

  /** Which way a number should go. */
  public enum Better {
    LOWER,
    HIGHER,
    NEITHER
  }

  private final String key;
  private final String label;
  private final Better better;

  Measure(String key, String label, Better better) {
    this.key = key;
    this.label = label;
    this.better = better;
  }

  /** Its name in JSON. */
  public String key() {
    return key;
  }

  /** Its name in a table. */
  public String label() {
    return label;
  }

  /** Which way it should go. */
  public Better better() {
    return better;
  }
}
