package io.jiffusion.schedule;

/**
 * How the noise level {@code n = sigma/alpha} goes between two steps of a table, where it is not as
 * DPM-Solver has it, whose log alpha is a straight line.
 */
public enum Between {
  /** The noise level is a straight line: the fractional steps of k-diffusion's and diffusers'. */
  NOISE_LEVEL {
    @Override
    double lambda(double start, double end, double fraction) {
      return start - Math.log1p(fraction * Math.expm1(start - end));
    }

    @Override
    double fraction(double start, double end, double lambda) {
      return Math.expm1(start - lambda) / Math.expm1(start - end);
    }

    @Override
    double slope(double start, double end, double fraction) {
      double growth = Math.expm1(start - end);
      return -growth / (1 + fraction * growth);
    }
  },

  /** Its logarithm is: the steps that they find for given noise levels, such as Karras's. */
  LOG_NOISE_LEVEL {
    @Override
    double lambda(double start, double end, double fraction) {
      return start + fraction * (end - start);
    }

    @Override
    double fraction(double start, double end, double lambda) {
      return (lambda - start) / (end - start);
    }

    @Override
    double slope(double start, double end, double fraction) {
      return end - start;
    }
  };

  /** Half log-SNR a fraction of the way between those of two steps. */
  abstract double lambda(double start, double end, double fraction);

  /** The fraction of the way at which half log-SNR has a value. */
  abstract double fraction(double start, double end, double lambda);

  /** Derivative of {@link #lambda} by the fraction. */
  abstract double slope(double start, double end, double fraction);
}
