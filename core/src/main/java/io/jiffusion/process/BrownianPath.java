package io.jiffusion.process;

import io.jiffusion.random.Key;
import io.jiffusion.random.Purpose;

/**
 * A Brownian motion W of an image's values, known at every time without being stored: a virtual
 * tree, in which the normals of a node are keyed by its place. The clock is {@code u = e^(2λ)}, λ
 * being half log-SNR from −32 to 32 in 2^19 cells; a time is rounded to the nearest cell's edge.
 *
 * <p>W at an edge in the middle of two known ones is drawn from the Brownian bridge between them:
 * its mean lies on the line through both, its variance is {@code (u−u₀)(u₁−u)/(u₁−u₀)}. The way to
 * an edge is remembered, so that a time nearby costs only the part of the way that is new.
 */
final class BrownianPath {
  private static final int DEPTH = 19;
  private static final int CELLS = 1 << DEPTH;
  private static final double LEAST = -32;
  private static final double CELL = -2 * LEAST / CELLS;

  private final long seed;
  private final double[] zero;
  private final double[][] path = new double[DEPTH + 1][]; // W at the edges on the way
  private final int[] edges = new int[DEPTH + 1]; // which those are; 0 for none
  private final double[] normals;
  private final double[] start; // W at the start of the last interval
  private int startEdge;

  BrownianPath(long seed, int size) {
    this.seed = seed;
    this.zero = new double[size];
    this.normals = new double[size];
    this.start = new double[size];
  }

  /** Values of the image. */
  int size() {
    return zero.length;
  }

  /**
   * Writes {@code (W(u_to) − W(u_from))/√(u_to − u_from)}. Intervals shorter than half a cell have
   * normals of their own.
   */
  void increment(double lambdaFrom, double lambdaTo, double[] out, int at) {
    int from = edge(lambdaFrom);
    int to = edge(lambdaTo);
    if (from == to) {
      new Key(seed, Double.doubleToLongBits(lambdaFrom), Purpose.BROWNIAN)
          .normals(out, at, zero.length);
      return;
    }
    if (startEdge != from) {
      System.arraycopy(at(from), 0, start, 0, start.length);
      startEdge = from;
    }
    double[] end = at(to);
    double scale = 1 / Math.sqrt(clock(to) - clock(from));
    for (int i = 0; i < end.length; i++) {
      out[at + i] = scale * (end[i] - start[i]);
    }
  }

  private static int edge(double lambda) {
    return (int) Math.rint((Math.min(Math.max(lambda, LEAST), -LEAST) - LEAST) / CELL);
  }

  /** u at an edge; none at the first, below which nobody looks. */
  private static double clock(int edge) {
    return edge == 0 ? 0 : Math.exp(2 * (LEAST + edge * CELL));
  }

  /** W at an edge; not to be written to. */
  private double[] at(int edge) {
    int low = 0;
    int high = CELLS;
    double[] left = zero;
    double[] right = value(DEPTH, CELLS, zero, zero, 0, Math.sqrt(clock(CELLS)));
    for (int level = 0; edge != low && edge != high; level++) {
      int middle = (low + high) / 2;
      double share = (clock(middle) - clock(low)) / (clock(high) - clock(low));
      double std = Math.sqrt(share * (clock(high) - clock(middle)));
      double[] value = value(level, middle, left, right, share, std);
      if (edge < middle) {
        high = middle;
        right = value;
      } else {
        low = middle;
        left = value;
      }
    }
    return edge == low ? left : right;
  }

  /** W at an edge between two others, remembered until another one is asked for at this level. */
  private double[] value(
      int level, int edge, double[] left, double[] right, double share, double std) {
    if (edges[level] != edge) {
      new Key(seed, edge, Purpose.BROWNIAN).normals(normals, 0, normals.length);
      if (path[level] == null) {
        path[level] = new double[normals.length];
      }
      double[] value = path[level]; // no end of the interval: those are at levels above
      for (int i = 0; i < value.length; i++) {
        value[i] = left[i] + share * (right[i] - left[i]) + std * normals[i];
      }
      edges[level] = edge;
    }
    return path[level];
  }
}
