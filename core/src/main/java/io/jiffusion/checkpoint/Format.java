package io.jiffusion.checkpoint;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.weights.ArrayFile;
import java.nio.file.Path;

/** A program whose checkpoints of one file we read. */
interface Format {
  /**
   * Whether this is one of its checkpoints.
   *
   * @param config what is told of the network; null if nothing is
   */
  boolean knows(ArrayFile arrays, PeerConfig config);

  /**
   * Makes it a model.
   *
   * @throws JiffusionException that says why not
   */
  StoredModel open(Path path, ArrayFile arrays, PeerConfig config, ReadOptions options);
}
