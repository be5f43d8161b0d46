package io.jiffusion.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.data.Npy;
import io.jiffusion.data.Npz;
import io.jiffusion.measure.Features;
import io.jiffusion.measure.Frechet;
import io.jiffusion.measure.Statistics;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StoredStatisticsTest {
  private static final FeatureSource SOURCE =
      new FeatureSource("a network", "4", "ab".repeat(32), "none", "Frechet distance");

  @TempDir Path folder;

  private static Statistics statistics(int dimension, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[40 * dimension];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return Statistics.of(new Features(40, dimension, values));
  }

  private static StoredStatistics stored() {
    return new StoredStatistics("digits", "sum 1", 40, SOURCE, statistics(4, 1), statistics(3, 2));
  }

  @Test
  void ourFileTellsEverything() {
    Path file = folder.resolve("statistics.safetensors");
    stored().write(file);
    StoredStatistics read = StoredStatistics.read(file);
    assertThat(StoredStatistics.isOne(file)).isTrue();
    assertThat(read.name()).isEqualTo("digits");
    assertThat(read.fingerprint()).isEqualTo("sum 1");
    assertThat(read.images()).isEqualTo(40);
    assertThat(read.source()).isEqualTo(SOURCE);
    assertThat(read.features().count()).isEqualTo(40);
    assertThat(read.features().scatter()).isEqualTo(stored().features().scatter());
    assertThat(read.spatial().mean()).isEqualTo(stored().spatial().mean());
  }

  @Test
  void theFileThatIsExchangedHasMeanAndCovariance() {
    Path file = folder.resolve("statistics.npz");
    stored().write(file);
    Map<String, Npy> arrays = Npz.read(file);
    assertThat(arrays.keySet()).containsExactly("mu", "sigma", "mu_s", "sigma_s");
    assertThat(arrays.get("mu").doubles()).isEqualTo(stored().features().mean());
    assertThat(arrays.get("sigma").shape()).containsExactly(4, 4);
    assertThat(arrays.get("sigma").doubles()).isEqualTo(stored().features().covariance());
    StoredStatistics read = StoredStatistics.read(file);
    assertThat(read.images()).isZero();
    assertThat(read.source()).isNull();
    Frechet frechet = new Frechet(read.features());
    assertThat(frechet.distance(stored().features())).isCloseTo(0, within(1e-9));
    assertThat(StoredStatistics.hasImages(file)).isFalse();
  }

  @Test
  void aReferenceBatchHasImagesToo() {
    Path file = folder.resolve("batch.npz");
    Npz.write(
        file,
        Map.of(
            "arr_0", Npy.of(new byte[12], 1, 2, 2, 3),
            "mu", Npy.of(new double[2], 2),
            "sigma", Npy.of(new double[4], 2, 2)));
    assertThat(StoredStatistics.isOne(file)).isTrue();
    assertThat(StoredStatistics.hasImages(file)).isTrue();
    assertThat(StoredStatistics.read(file).features().dimension()).isEqualTo(2);
  }

  @Test
  void whatDoesNotFitIsTold() {
    Path file = folder.resolve("wrong.npz");
    Npz.write(file, Map.of("mu", Npy.of(new double[3], 3), "sigma", Npy.of(new double[4], 2, 2)));
    assertThatThrownBy(() -> StoredStatistics.read(file))
        .isInstanceOf(JiffusionException.class)
        .hasMessageEndingWith("has mu [3] and sigma [2, 2], must be [d] and [d, d]");
    Npz.write(file, Map.of("mu", Npy.of(new double[3], 3)));
    assertThatThrownBy(() -> StoredStatistics.read(file))
        .hasMessageContaining("has no array sigma, must have mu [d] and sigma [d, d]");
    Npz.write(
        file,
        Map.of(
            "mu", Npy.of(new double[] {Double.NaN}, 1), "sigma", Npy.of(new double[] {1}, 1, 1)));
    assertThatThrownBy(() -> StoredStatistics.read(file)).hasMessageContaining("has NaN in mu");
    assertThatThrownBy(() -> stored().write(folder.resolve("statistics.txt")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must end in .npz, for other programs, or in .safetensors");
  }
}
