package io.jiffusion.process;

import io.jiffusion.random.Key;
import io.jiffusion.random.Purpose;
import java.util.function.ObjIntConsumer;
import java.util.stream.IntStream;

/**
 * Noise by the seed of the image: normals by the step, and the increments of one Brownian path in
 * the clock {@code u = e^(2λ)} by the interval. Remembers where on the path it is, so an instance
 * belongs to one walk and one thread.
 *
 * <p>In that clock the noise of a step of the reverse diffusion (eta 1) is {@code sigma_t·e^(−λ_t)
 * ·(W(u_t) − W(u_s))}.
 */
final class KeyedNoise implements Noise {
  private final long[] seeds;
  private final BrownianPath[] paths;

  KeyedNoise(long... seeds) {
    this.seeds = seeds.clone();
    this.paths = new BrownianPath[seeds.length];
  }

  @Override
  public void normals(int draw, int image, double[] out, int from, int count) {
    new Key(seeds[image], draw, Purpose.STEP).normals(out, from, count);
  }

  @Override
  public void between(
      int draw, int image, double lambdaFrom, double lambdaTo, double[] out, int from, int count) {
    if (paths[image] == null || paths[image].size() != count) {
      paths[image] = new BrownianPath(seeds[image], count);
    }
    paths[image].increment(lambdaFrom, lambdaTo, out, from);
  }

  @Override
  public Batch batch(int draw, Batch like) {
    int size = like.imageSize();
    return each(like, (data, image) -> normals(draw, image, data, image * size, size));
  }

  @Override
  public Batch between(int draw, double lambdaFrom, double lambdaTo, Batch like) {
    int size = like.imageSize();
    return each(
        like,
        (data, image) -> between(draw, image, lambdaFrom, lambdaTo, data, image * size, size));
  }

  /** An image's noise is its own: all processors draw, while the network waits for it. */
  private static Batch each(Batch like, ObjIntConsumer<double[]> draw) {
    double[] data = new double[like.data().length];
    IntStream.range(0, like.images()).parallel().forEach(image -> draw.accept(data, image));
    return like.with(data);
  }
}
