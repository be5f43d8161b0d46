import io.jiffusion.measure.Cmmd;
import io.jiffusion.measure.DensityCoverage;
import io.jiffusion.measure.Features;
import io.jiffusion.measure.Frechet;
import io.jiffusion.measure.FrechetInfinity;
import io.jiffusion.measure.Kid;
import io.jiffusion.measure.Mind;
import io.jiffusion.measure.PrecisionRecall;
import io.jiffusion.measure.Statistics;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/**
 * How long the measures of features take: {@code java -Xmx4g -cp 'app/target/lib/*'
 * tools/bench/Measures.java [DIMENSION] [IMAGES] [STATISTICS]}, of 2048 features of 10,000 images
 * against as many, and the statistics of 50,000, where nothing else is said.
 */
public final class Measures {
  public static void main(String[] arguments) {
    int dimension = argument(arguments, 0, 2048);
    int images = argument(arguments, 1, 10_000);
    int all = argument(arguments, 2, 50_000);
    System.out.printf(
        "%d features, %d images against %d, %d processors%n",
        dimension, images, images, Runtime.getRuntime().availableProcessors());
    Features real = features(1, images, dimension);
    Features set = features(2, images, dimension);
    Statistics reference = Statistics.of(real);
    Statistics other = Statistics.of(set);
    time(
        "statistics of " + all,
        () -> {
          Statistics sum = Statistics.none(dimension);
          for (int from = 0; from < all; from += images) {
            sum = sum.plus(Statistics.of(set.rows(0, Math.min(images, all - from))));
          }
          return sum.count();
        });
    time("Frechet distance", () -> new Frechet(reference).distance(other));
    Frechet frechet = new Frechet(reference);
    time("Frechet distance to a known reference", () -> frechet.distance(other));
    time("the same with its error", () -> frechet.estimate(set));
    time("FD-inf", () -> FrechetInfinity.of(frechet, set, 0));
    time("KID", () -> new Kid(real).exact(set));
    time("KID (subsets)", () -> new Kid(real).subsets(set, 0));
    time("CMMD", () -> new Cmmd(real).of(set));
    time("MIND", () -> Mind.of(set, real, 0));
    time("precision and recall", () -> new PrecisionRecall(real).of(set));
    time("density and coverage", () -> new DensityCoverage(real).of(set));
  }

  private static int argument(String[] arguments, int index, int otherwise) {
    return index < arguments.length ? Integer.parseInt(arguments[index]) : otherwise;
  }

  /** Like those of a network: none below 0, and unequal in size. */
  private static Features features(long seed, int images, int dimension) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[images * dimension];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (Math.abs(random.nextGaussian()) / (1 + i % dimension / 64));
    }
    return new Features(images, dimension, values);
  }

  private static void time(String name, Supplier<Object> work) {
    long start = System.nanoTime();
    Object found = work.get();
    System.out.printf("%-40s %8.1f s  %s%n", name, (System.nanoTime() - start) / 1e9, found);
  }
}
