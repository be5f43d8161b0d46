package io.jiffusion.pipeline;

import io.jiffusion.network.Dit;
import io.jiffusion.network.DitConfig;
import io.jiffusion.network.Mlp;
import io.jiffusion.network.MlpConfig;
import io.jiffusion.network.Network;
import io.jiffusion.network.SuperResolution;
import io.jiffusion.network.SuperResolutionConfig;
import io.jiffusion.network.Unet;
import io.jiffusion.network.UnetClassifier;
import io.jiffusion.network.UnetClassifierConfig;
import io.jiffusion.network.UnetConfig;
import io.jiffusion.run.Optional;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * The network: exactly one of these is given, the others are null.
 *
 * @param unet for images
 * @param mlp for points in the plane
 * @param superResolution for large images of small ones
 * @param classifier tells noisy images apart
 * @param dit a transformer for images
 */
public record NetworkConfig(
    @Optional UnetConfig unet,
    @Optional MlpConfig mlp,
    @Optional SuperResolutionConfig superResolution,
    @Optional UnetClassifierConfig classifier,
    @Optional DitConfig dit) {

  public NetworkConfig {
    if (Stream.of(unet, mlp, superResolution, classifier, dit).filter(Objects::nonNull).count()
        != 1) {
      throw new IllegalArgumentException(
          "illegal network, must have one of unet, mlp, superResolution, classifier and dit; remove"
              + " the others, as by unet: null");
    }
  }

  static NetworkConfig of(UnetConfig unet) {
    return new NetworkConfig(unet, null, null, null, null);
  }

  static NetworkConfig of(SuperResolutionConfig superResolution) {
    return new NetworkConfig(null, null, superResolution, null, null);
  }

  static NetworkConfig of(UnetClassifierConfig classifier) {
    return new NetworkConfig(null, null, null, classifier, null);
  }

  static NetworkConfig of(DitConfig dit) {
    return new NetworkConfig(null, null, null, null, dit);
  }

  /** The network that is told here. */
  public Network network() {
    if (unet != null) {
      return new Unet(unet);
    }
    if (mlp != null) {
      return new Mlp(mlp);
    }
    if (dit != null) {
      return new Dit(dit);
    }
    return superResolution != null
        ? new SuperResolution(superResolution)
        : new UnetClassifier(classifier);
  }

  /** Whether the last row of the class table always stands for "no class". */
  boolean hasNullClass() {
    return dit != null
        || unet != null && unet.transformer() != null && unet.transformer().nullClass();
  }

  /** Rows of the class table; 0 for a network without classes. */
  public int classes() {
    return network().classes();
  }
}
