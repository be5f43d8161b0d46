package io.jiffusion.config;

import io.jiffusion.base.LeftOut;
import io.jiffusion.network.AutoencoderConfig;
import io.jiffusion.network.AutoencoderDecoder;
import io.jiffusion.network.AutoencoderEncoder;
import io.jiffusion.network.Dit;
import io.jiffusion.network.DitConfig;
import io.jiffusion.network.Mlp;
import io.jiffusion.network.MlpConfig;
import io.jiffusion.network.Network;
import io.jiffusion.network.Parameter;
import io.jiffusion.network.Shapes;
import io.jiffusion.network.SongUnet;
import io.jiffusion.network.SongUnetConfig;
import io.jiffusion.network.SuperResolution;
import io.jiffusion.network.SuperResolutionConfig;
import io.jiffusion.network.TinyAutoencoderConfig;
import io.jiffusion.network.TinyDecoder;
import io.jiffusion.network.TinyEncoder;
import io.jiffusion.network.Unet;
import io.jiffusion.network.UnetClassifier;
import io.jiffusion.network.UnetClassifierConfig;
import io.jiffusion.network.UnetConfig;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * The network: exactly one of these is given, the others are null.
 *
 * @param unet for images
 * @param mlp for points in the plane
 * @param superResolution for large images of small ones
 * @param classifier tells noisy images apart
 * @param songUnet for images, of the family of NCSN++ and DDPM++
 * @param dit a transformer for images
 * @param autoencoder between images and latents
 * @param tinyAutoencoder the same at a small part of the cost
 */
public record NetworkConfig(
    @LeftOut UnetConfig unet,
    @LeftOut MlpConfig mlp,
    @LeftOut SuperResolutionConfig superResolution,
    @LeftOut UnetClassifierConfig classifier,
    @LeftOut SongUnetConfig songUnet,
    @LeftOut DitConfig dit,
    @LeftOut AutoencoderConfig autoencoder,
    @LeftOut TinyAutoencoderConfig tinyAutoencoder) {

  public NetworkConfig {
    long given =
        Stream.of(
                unet, mlp, superResolution, classifier, songUnet, dit, autoencoder, tinyAutoencoder)
            .filter(Objects::nonNull)
            .count();
    if (given != 1) {
      throw new IllegalArgumentException(
          "illegal network, must have one of unet, mlp, superResolution, classifier, songUnet, dit,"
              + " autoencoder and tinyAutoencoder; remove the others, as by unet: null");
    }
  }

  /** Of one of the configurations. */
  public static NetworkConfig of(Record network) {
    return new NetworkConfig(
        as(UnetConfig.class, network),
        as(MlpConfig.class, network),
        as(SuperResolutionConfig.class, network),
        as(UnetClassifierConfig.class, network),
        as(SongUnetConfig.class, network),
        as(DitConfig.class, network),
        as(AutoencoderConfig.class, network),
        as(TinyAutoencoderConfig.class, network));
  }

  private static <T> T as(Class<T> type, Record network) {
    return type.isInstance(network) ? type.cast(network) : null;
  }

  /** Whether this is an autoencoder, which is two networks. */
  public boolean isAutoencoder() {
    return autoencoder != null || tinyAutoencoder != null;
  }

  /** An autoencoder's way to the latents. */
  public Network encoder() {
    return autoencoder != null
        ? new AutoencoderEncoder(autoencoder)
        : new TinyEncoder(tinyAutoencoder);
  }

  /** An autoencoder's way back. */
  public Network decoder() {
    return autoencoder != null
        ? new AutoencoderDecoder(autoencoder)
        : new TinyDecoder(tinyAutoencoder);
  }

  /** The same autoencoder for images of another size. */
  public NetworkConfig sized(int height, int width) {
    return of(
        autoencoder != null
            ? autoencoder.sized(height, width)
            : tinyAutoencoder.sized(height, width));
  }

  /** All parameters, an autoencoder's codebook among them. */
  public Collection<Parameter> parameters() {
    if (!isAutoencoder()) {
      return Shapes.of(network(), 1).parameters();
    }
    List<Parameter> all = new ArrayList<>(Shapes.of(encoder(), 1).parameters());
    all.addAll(Shapes.of(decoder(), 1).parameters());
    all.addAll(autoencoder == null ? List.of() : autoencoder.codebook());
    return all;
  }

  /** The network that is told here; of an autoencoder, the one that images go into. */
  public Network network() {
    if (isAutoencoder()) {
      return encoder();
    }
    if (unet != null) {
      return new Unet(unet);
    }
    if (mlp != null) {
      return new Mlp(mlp);
    }
    if (superResolution != null) {
      return new SuperResolution(superResolution);
    }
    if (classifier != null) {
      return new UnetClassifier(classifier);
    }
    return songUnet != null ? new SongUnet(songUnet) : new Dit(dit);
  }

  /** Whether the last row of the class table always stands for "no class". */
  boolean hasNullClass() {
    return songUnet != null
        || dit != null
        || unet != null && unet.transformer() != null && unet.transformer().nullClass();
  }

  /** Rows of the class table; 0 for a network without classes. */
  public int classes() {
    return network().classes();
  }
}
