package io.jiffusion.evaluate;

/**
 * Where features come from: it decides what a distance of them may be called.
 *
 * @param network such as {@code Inception v3}
 * @param layer of which they are, such as {@code 2048}; empty where there is one only
 * @param sha256 of the file of its weights, in 64 hexadecimal digits
 * @param preparation what is done to an image before, in words, such as {@code bilinear to 299x299
 *     as torch-fidelity does it, (x - 128) / 128}
 * @param distance what a Fréchet distance of these features is called: {@code FID} for the real
 *     Inception alone
 */
public record FeatureSource(
    String network, String layer, String sha256, String preparation, String distance) {

  /** The name of a distance that has none of its own. */
  static String frechet(String network, String sha256) {
    return "Frechet distance (features of " + network + ", sha " + sha256.substring(0, 8) + ")";
  }
}
