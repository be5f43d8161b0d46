package io.jiffusion.pipeline;

import io.jiffusion.base.Check;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.checkpoint.StoredModel;
import io.jiffusion.config.NetworkConfig;
import io.jiffusion.network.Conditions;
import io.jiffusion.network.Execution;
import io.jiffusion.network.Network;
import io.jiffusion.network.Shape;
import io.jiffusion.network.Shapes;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * An autoencoder at work: images to latents and back. Images are [N, C, H, W] in the range that the
 * autoencoder knows, [−1, 1] for all but TAESD's own files; latents are as the original program
 * gives them, not scaled.
 */
public final class Codec {
  private static final ModelOptions OPTIONS = new ModelOptions("fp32", 0, 1);

  private final StoredModel stored;
  private final NetworkConfig config;

  private Codec(StoredModel stored) {
    this.stored = stored;
    this.config = stored.run().config().network();
  }

  /**
   * The autoencoder of a model, which may be one itself.
   *
   * @throws JiffusionException if there is none
   */
  public static Codec of(StoredModel model) {
    if (model.run().config().network().isAutoencoder()) {
      return new Codec(model);
    }
    if (model.autoencoder() == null) {
      throw new JiffusionException(
          model.path() + " has no autoencoder, must be one or a latent model that contains one");
    }
    return new Codec(model.autoencoder());
  }

  private double scale() {
    return config.autoencoder() != null
        ? config.autoencoder().scale()
        : config.tinyAutoencoder().scale();
  }

  private double shift() {
    return config.autoencoder() != null ? config.autoencoder().shift() : 0;
  }

  /** Latents as the network of the diffusion knows them, {@code (z − shift)·scale}. */
  public Values scaled(Values z) {
    return mapped(z, scale(), -shift() * scale());
  }

  /** The inverse of {@link #scaled}. */
  public Values unscaled(Values z) {
    return mapped(z, 1 / scale(), shift());
  }

  private static Values mapped(Values z, double factor, double term) {
    float[] out = new float[z.values().length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (float) (z.values()[i] * factor + term);
    }
    return new Values(out, z.shape());
  }

  /** The shape of the images whose latents have this size. */
  public Shape image(int height, int width) {
    int factor = factor();
    return Shape.of(config.encoder().input().size(0), height * factor, width * factor);
  }

  private int factor() {
    return config.autoencoder() != null
        ? config.autoencoder().factor()
        : config.tinyAutoencoder().factor();
  }

  /** Whether images are in [−1, 1], else in [0, 1]. */
  public boolean signed() {
    return config.autoencoder() != null || config.tinyAutoencoder().signed();
  }

  /**
   * Encodes images.
   *
   * @param x [N, C, H, W]; H and W must be multiples of the autoencoder's factor
   * @param noise [N, latents, h, w] standard normal, to draw from the latents' distribution; null
   *     to leave it
   * @return by name: {@code mean}, {@code logvar} and with noise {@code sample} (KL); {@code
   *     latents}, {@code indices} and {@code quantized} (VQ); {@code latents} (tiny). The first is
   *     what a diffusion model takes for the image
   */
  public Map<String, Values> encode(Values x, Values noise) {
    long[] shape = image(x, "x");
    NetworkConfig sized = config.sized((int) shape[2], (int) shape[3]);
    Values out = run(sized.encoder(), x);
    Map<String, Values> results = new LinkedHashMap<>();
    if (config.autoencoder() != null && config.autoencoder().moments()) {
      Values mean = channels(out, 0);
      Values logvar = channels(out, 1);
      for (int i = 0; i < logvar.values().length; i++) {
        logvar.values()[i] = Math.max(-30, Math.min(20, logvar.values()[i]));
      }
      if (noise != null) {
        results.put("sample", sample(mean, logvar, noise));
      }
      results.put("mean", mean);
      results.put("logvar", logvar);
      return results;
    }
    Check.that(noise == null, "noise", "given", "must be left out: these latents are not random");
    results.put("latents", out);
    if (hasCodes()) {
      int[] indices = indices(out);
      float[] whole = new float[indices.length];
      for (int i = 0; i < whole.length; i++) {
        whole[i] = indices[i];
      }
      long[] at = out.shape();
      results.put("indices", new Values(whole, at[0], at[2], at[3]));
      results.put("quantized", codes(out, indices));
    }
    return results;
  }

  private static Values sample(Values mean, Values logvar, Values noise) {
    Check.that(
        Arrays.equals(noise.shape(), mean.shape()),
        "noise",
        Arrays.toString(noise.shape()),
        "must be " + Arrays.toString(mean.shape()) + " like the latents");
    float[] sample = new float[mean.values().length];
    for (int i = 0; i < sample.length; i++) {
      sample[i] =
          (float) (mean.values()[i] + Math.exp(0.5 * logvar.values()[i]) * noise.values()[i]);
    }
    return new Values(sample, mean.shape());
  }

  /**
   * Decodes latents.
   *
   * @param z [N, latents, h, w], not scaled
   * @param quantize whether they are moved to their nearest codes first, where there are codes
   * @return images [N, C, H, W]
   */
  public Values decode(Values z, boolean quantize) {
    long[] shape = image(z, "z");
    int factor = factor();
    NetworkConfig sized = config.sized((int) shape[2] * factor, (int) shape[3] * factor);
    return run(sized.decoder(), quantize && hasCodes() ? codes(z, indices(z)) : z);
  }

  private boolean hasCodes() {
    return config.autoencoder() != null && config.autoencoder().codes() > 0;
  }

  private static long[] image(Values x, String name) {
    Check.that(
        x.shape().length == 4,
        name,
        "array of " + Arrays.toString(x.shape()),
        "must be [N, C, H, W]");
    return x.shape();
  }

  private Values run(Network network, Values x) {
    int images = (int) x.shape()[0];
    Check.that(
        x.shape()[1] == network.input().size(0),
        "input",
        x.shape()[1] + " channels",
        "must be " + network.input().size(0));
    try (Execution execution = Executions.load(stored, network, OPTIONS)) {
      float[] out = execution.evaluate(x.values(), images, new float[images], Conditions.NONE);
      long[] shape = Shapes.of(network, 1).output().sizes().clone();
      shape[0] = images;
      return new Values(out, shape);
    }
  }

  /** The first or the second half of the channels. */
  private static Values channels(Values both, int half) {
    long[] shape = both.shape().clone();
    int images = (int) shape[0];
    int size = both.values().length / images / 2;
    shape[1] /= 2;
    float[] out = new float[images * size];
    for (int image = 0; image < images; image++) {
      System.arraycopy(both.values(), (2 * image + half) * size, out, image * size, size);
    }
    return new Values(out, shape);
  }

  // ---- codes ----

  /** The nearest code of each latent by Euclidean distance, [N, h, w]; the first of equals. */
  private int[] indices(Values z) {
    float[] table = stored.weights().floats("codebook.weight");
    int width = (int) z.shape()[1];
    int pixels = (int) (z.shape()[2] * z.shape()[3]);
    int[] indices = new int[(int) z.shape()[0] * pixels];
    for (int i = 0; i < indices.length; i++) {
      int start = i / pixels * width * pixels + i % pixels;
      double least = Double.POSITIVE_INFINITY;
      for (int code = 0; code < table.length / width; code++) {
        double distance = 0;
        for (int c = 0; c < width && distance < least; c++) {
          double difference = z.values()[start + c * pixels] - table[code * width + c];
          distance += difference * difference;
        }
        if (distance < least) {
          least = distance;
          indices[i] = code;
        }
      }
    }
    return indices;
  }

  private Values codes(Values like, int[] indices) {
    float[] table = stored.weights().floats("codebook.weight");
    int width = (int) like.shape()[1];
    int pixels = (int) (like.shape()[2] * like.shape()[3]);
    float[] out = new float[like.values().length];
    for (int i = 0; i < indices.length; i++) {
      for (int c = 0; c < width; c++) {
        out[i / pixels * width * pixels + c * pixels + i % pixels] = table[indices[i] * width + c];
      }
    }
    return new Values(out, like.shape());
  }
}
