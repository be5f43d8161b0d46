package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import java.util.ArrayList;
import java.util.List;

/**
 * Values of the model on a walk and where they were taken, the newest first: what multistep methods
 * remember.
 */
final class History {
  private final int most;
  private final List<Double> nodes = new ArrayList<>();
  private final List<Batch> values = new ArrayList<>();

  /** Nothing yet; the oldest is dropped where there would be more than {@code most}. */
  History(int most) {
    this.most = most;
  }

  /** Takes in the newest value. */
  void add(double node, Batch value) {
    nodes.add(0, node);
    values.add(0, value);
    if (nodes.size() > most) {
      nodes.remove(most);
      values.remove(most);
    }
  }

  int size() {
    return nodes.size();
  }

  /** The newest values alone. */
  History newest(int count) {
    History newest = new History(count);
    newest.nodes.addAll(nodes.subList(0, count));
    newest.values.addAll(values.subList(0, count));
    return newest;
  }

  /** These values and, behind them, one that is not of the past. */
  History and(double node, Batch value) {
    History all = new History(most + 1);
    all.nodes.addAll(nodes);
    all.values.addAll(values);
    all.nodes.add(node);
    all.values.add(value);
    return all;
  }

  /** Where the values were taken, the newest first. */
  double[] nodes() {
    return nodes.stream().mapToDouble(Double::doubleValue).toArray();
  }

  /** {@code factor·x + scale·Σ weight·value}. */
  Batch step(double factor, Batch x, double scale, double... weights) {
    double[] factors = new double[weights.length + 1];
    Batch[] terms = new Batch[weights.length + 1];
    factors[0] = factor;
    terms[0] = x;
    for (int j = 0; j < weights.length; j++) {
      factors[j + 1] = scale * weights[j];
      terms[j + 1] = values.get(j);
    }
    return Batch.lincomb(factors, terms);
  }

  /**
   * DDIM's step with the newest noise and, since the values are noises, what the older ones change:
   * {@code alpha·x̂0 + sigma·ε[0] + alpha·(c[1]·(ε[1] − ε[0]) + c[2]·(ε[2] − ε[0]) + …)}.
   *
   * <p>Written this way it needs no division by a signal that may be small.
   *
   * @param alpha at the end of the step; sigma too
   * @param x0 predicted at its start
   * @param c weights of all noises in x/alpha, whose sum is the step of sigma/alpha, so that the
   *     first is known without looking
   */
  Batch beyondDdim(double alpha, double sigma, Batch x0, double[] c) {
    double[] weights = new double[c.length];
    weights[0] = sigma;
    for (int j = 1; j < c.length; j++) {
      weights[j] = alpha * c[j];
      weights[0] -= weights[j];
    }
    return step(alpha, x0, 1, weights);
  }
}
