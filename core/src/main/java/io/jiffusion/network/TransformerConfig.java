package io.jiffusion.network;

import io.jiffusion.base.Check;
import io.jiffusion.base.LeftOut;

/**
 * What the transformers of a U-Net attend to: a sequence for each image, given from outside, or one
 * token that stands for a class.
 *
 * @param contextWidth width D of the sequence's elements
 * @param middle whether the attention of the middle is a transformer too
 * @param classes rows of a table from which a class takes its token where no sequence is given, the
 *     null class included; left out for a network that is given sequences only
 * @param nullClass whether the table's last row stands for "no class"
 */
public record TransformerConfig(
    int contextWidth, boolean middle, @LeftOut Integer classes, boolean nullClass) {

  public TransformerConfig {
    Check.range("contextWidth", contextWidth, 1, Sizes.CHANNELS);
    if (classes != null) {
      Check.range("classes", classes, 1, Sizes.ROWS);
    }
    if (nullClass && classes == null) {
      throw new IllegalArgumentException(
          "illegal nullClass: true, must be false for a context without classes");
    }
  }
}
