package io.jiffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import org.assertj.core.data.Percentage;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PhiTest {

  @ParameterizedTest
  @ValueSource(
      doubles = {-30, -3, -1.0001, -0.9999, -1e-3, -1e-9, 0, 1e-9, 1e-3, 0.9999, 1.0001, 3})
  void areTheirIntegrals(double z) {
    double factorial = 1;
    for (int k = 1; k <= 4; k++) {
      int power = k - 1;
      factorial *= Math.max(1, power);
      double scale = factorial;
      double integral =
          Lagrange.integral(at -> Math.exp((1 - at) * z) * Math.pow(at, power) / scale, 0, 1);
      assertThat(Phi.phi(k, z)).isCloseTo(integral, Percentage.withPercentage(1e-11));
    }
    assertThat(Phi.phi(0, z)).isCloseTo(Math.exp(z), offset(0.0));
  }
}
