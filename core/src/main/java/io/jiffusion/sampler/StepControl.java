package io.jiffusion.sampler;

import java.util.Arrays;

/** How an adaptive DPM-Solver chooses the steps of a group of images, in half log-SNR. */
public sealed interface StepControl {

  /** The first step of both originals. */
  double FIRST = 0.05;

  /** A fresh control for one group, for a method of this order. */
  Steering steering(double order);

  /** What tolerances are measured in: factor of the state at a node. */
  double unit(LambdaNode node);

  /** A group's error from the mean squares of its images' errors. */
  double error(double[] meanSquares);

  /** Whether a walk that has come as far as this is at its end. */
  boolean there(LambdaNode node, LambdaNode end);

  /** The control of one group's steps, with its memory. */
  interface Steering {
    /** The size of the next step, positive. */
    double h();

    /** Takes notice of a trial step's error, as a multiple of the tolerance. */
    boolean accepts(double error, double taken);
  }

  /**
   * That of Algorithms 6 and 7: a step is accepted if its error is within the tolerance, and the
   * next one is {@code theta·h·error^(−1/order)}. The largest image's error counts in a group;
   * tolerances are of x_t.
   *
   * @param first step
   * @param theta safety factor, 0.9 in the paper
   */
  record Proportional(double first, double theta) implements StepControl {
    /** The paper's numbers. */
    public Proportional() {
      this(FIRST, 0.9);
    }

    @Override
    public Steering steering(double order) {
      return new Steering() {
        private double h = first;

        @Override
        public double h() {
          return h;
        }

        @Override
        public boolean accepts(double error, double taken) {
          h = theta * taken * Math.pow(error, -1 / order); // h ← θ·h·E^(−1/order)
          return error <= 1;
        }
      };
    }

    @Override
    public double unit(LambdaNode node) {
      return 1;
    }

    @Override
    public double error(double[] meanSquares) {
      return Math.sqrt(Arrays.stream(meanSquares).reduce(0, Math::max));
    }

    @Override
    public boolean there(LambdaNode node, LambdaNode end) {
      return Math.abs(node.t() - end.t()) <= 1e-5;
    }
  }

  /**
   * k-diffusion's controller: proportional, integral and differential terms of the logarithm of the
   * error's inverse, and a soft limit to the factor by which a step may change. All values of a
   * group count alike; tolerances are of x_t/alpha.
   *
   * @param first step
   * @param p proportional coefficient, 0 in k-diffusion
   * @param i integral coefficient, 1 in k-diffusion
   * @param d differential coefficient, 0 in k-diffusion
   * @param safety the factor from which a step is accepted, 0.81 in k-diffusion
   */
  record Pid(double first, double p, double i, double d, double safety) implements StepControl {
    private static final double EPS = 1e-8;

    /** k-diffusion's numbers. */
    public Pid() {
      this(FIRST, 0, 1, 0, 0.81);
    }

    @Override
    public Steering steering(double order) {
      return new Steering() {
        private double h = first;
        private double last; // inverse errors of the accepted steps; 0 before the first trial
        private double before;

        @Override
        public double h() {
          return h;
        }

        @Override
        public boolean accepts(double error, double taken) {
          double inverse = 1 / (error + EPS);
          if (last == 0) {
            last = inverse;
            before = inverse;
          }
          double factor =
              Math.pow(inverse, (p + i + d) / order)
                  * Math.pow(last, -(p + 2 * d) / order)
                  * Math.pow(before, d / order);
          double limited = 1 + Math.atan(factor - 1); // the soft limit
          h *= limited;
          if (limited < safety) {
            return false;
          }
          before = last;
          last = inverse;
          return true;
        }
      };
    }

    @Override
    public double unit(LambdaNode node) {
      return 1 / node.alpha();
    }

    @Override
    public double error(double[] meanSquares) {
      return Math.sqrt(Arrays.stream(meanSquares).average().orElseThrow());
    }

    @Override
    public boolean there(LambdaNode node, LambdaNode end) {
      return Math.abs(node.to(end)) <= 1e-5;
    }
  }
}
