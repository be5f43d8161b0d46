package io.jiffusion.pipeline;

import io.jiffusion.network.Mlp;
import io.jiffusion.network.MlpConfig;
import io.jiffusion.network.Network;
import io.jiffusion.network.Unet;
import io.jiffusion.network.UnetConfig;
import io.jiffusion.run.Optional;

/**
 * The network: exactly one of these is given, the others are null.
 *
 * @param unet for images
 * @param mlp for points in the plane
 */
public record NetworkConfig(@Optional UnetConfig unet, @Optional MlpConfig mlp) {

  public NetworkConfig {
    if ((unet == null) == (mlp == null)) {
      throw new IllegalArgumentException(
          "illegal network, must have one of unet and mlp; remove the other by unet: null or mlp: null");
    }
  }

  /** The network that is told here. */
  public Network network() {
    return unet != null ? new Unet(unet) : new Mlp(mlp);
  }

  /** Whether the last row of the class table always stands for "no class". */
  boolean hasNullClass() {
    return unet != null && unet.transformer() != null && unet.transformer().nullClass();
  }

  /** Rows of the class table; 0 for a network without classes. */
  public int classes() {
    return network().classes();
  }
}
