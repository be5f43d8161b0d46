package io.jiffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LagrangeTest {

  @Test
  void givesAdamsAndBashforthsCoefficientsOnEqualSteps() {
    assertThat(Lagrange.integrals(new double[] {0, -1, -2, -3}, 0, 1, u -> 1))
        .containsExactly(new double[] {55 / 24., -59 / 24., 37 / 24., -9 / 24.}, within(1e-14));
  }

  @Test
  void givesAdamsAndMoultonsWithTheEndAmongTheNodes() {
    assertThat(Lagrange.integrals(new double[] {0, -1, 1}, 0, 1, u -> 1))
        .containsExactly(new double[] {8 / 12., -1 / 12., 5 / 12.}, within(1e-14));
  }

  @Test
  void integratesAgainstExponentialsOverLongStepsToo() {
    for (double h : new double[] {1e-6, 0.3, 5, 30, -4}) {
      assertThat(Lagrange.integral(Math::exp, 0, h) / Math.expm1(h)).isCloseTo(1, within(1e-13));
    }
  }

  @Test
  void integratesOverBends() {
    assertThat(Lagrange.integral(u -> Math.abs(u - 0.3), 0, 1))
        .isCloseTo(0.5 * (0.3 * 0.3 + 0.7 * 0.7), within(1e-12));
  }

  @Test
  void knowsTheSlopeOfAPolynomial() {
    double[] nodes = {0.1, 0.7, 1.5, -2};
    double h = 1e-5;
    for (int j = 0; j < nodes.length; j++) {
      double central =
          (Lagrange.polynomial(nodes, j, 0.4 + h) - Lagrange.polynomial(nodes, j, 0.4 - h))
              / (2 * h);
      assertThat(Lagrange.slope(nodes, j, 0.4)).isCloseTo(central, within(1e-8));
    }
  }
}
