package io.jiffusion.data;

import io.jiffusion.random.Key;
import io.jiffusion.random.Purpose;
import java.util.List;

/**
 * Points in the plane that make a picture of a distribution, about in [−1, 1]², each drawn from its
 * own key: point i of a seed is the same however many there are.
 *
 * @param xy coordinates, [points, 2]
 */
// Numbers that are never compared.
@SuppressWarnings("ArrayRecordComponent")
public record Toy(double[] xy) implements Dataset {
  /** The sets there are. */
  public static final List<String> NAMES =
      List.of("s-curve", "swiss-roll", "moons", "checkerboard", "gaussians");

  private static final double SPREAD = 0.03;

  /**
   * Draws a set.
   *
   * @param name one of {@link #NAMES}
   * @param points how many, at least 1
   */
  public static Toy of(String name, int points, long seed) {
    if (!NAMES.contains(name)) {
      throw new IllegalArgumentException(
          "illegal toy set: " + name + ", must be one of " + String.join(", ", NAMES));
    }
    if (points < 1) {
      throw new IllegalArgumentException("illegal points: " + points + ", must be 1 or more");
    }
    double[] xy = new double[2 * points];
    double[] normal = new double[2];
    for (int i = 0; i < points; i++) {
      Key key = new Key(seed, i, Purpose.TOY);
      key.normals(normal, 0, 2); // draws 0 and 1
      double u = key.uniform(2);
      double v = key.uniform(3);
      double[] point =
          switch (name) {
            case "s-curve" -> sCurve(u);
            case "swiss-roll" -> swissRoll(u);
            case "moons" -> moons(u, v);
            case "checkerboard" -> checkerboard(u, v);
            default -> circle(0.8, Math.floor(8 * u) / 8);
          };
      double spread = name.equals("checkerboard") ? 0 : SPREAD;
      xy[2 * i] = point[0] + spread * normal[0];
      xy[2 * i + 1] = point[1] + spread * normal[1];
    }
    return new Toy(xy);
  }

  /** An S: two three-quarter circles, an upper and a lower one. */
  private static double[] sCurve(double u) {
    double angle = 3 * Math.PI * (u - 0.5);
    return new double[] {
      StrictMath.sin(angle), Math.signum(angle) * (StrictMath.cos(angle) - 1) / 2
    };
  }

  /** A spiral of one and a half turns. */
  private static double[] swissRoll(double u) {
    double turns = 0.75 * (1 + 2 * u);
    return circle(turns / 2.25, turns);
  }

  /** Two half circles, one hooked into the other. */
  private static double[] moons(double u, double v) {
    double[] arc = circle(1, u / 2);
    return v < 0.5
        ? new double[] {(arc[0] - 0.5) / 1.5, (arc[1] - 0.25) / 1.5}
        : new double[] {(0.5 - arc[0]) / 1.5, (0.25 - arc[1]) / 1.5};
  }

  /** The dark fields of a board of 4×4: in every column two of the four. */
  private static double[] checkerboard(double u, double v) {
    double column = Math.floor(4 * u);
    double half = Math.floor(2 * v); // lower or upper
    double within = 2 * v - half;
    double row = 2 * half + column % 2 + within;
    return new double[] {2 * u - 1, row / 2 - 1};
  }

  private static double[] circle(double radius, double turns) {
    return new double[] {
      radius * StrictMath.cos(2 * Math.PI * turns), radius * StrictMath.sin(2 * Math.PI * turns)
    };
  }

  @Override
  public int size() {
    return xy.length / 2;
  }

  /** Two: the coordinates of a point are the channels of an image of one pixel. */
  @Override
  public int channels() {
    return 2;
  }

  @Override
  public int height() {
    return 1;
  }

  @Override
  public int width() {
    return 1;
  }

  @Override
  public int classes() {
    return 0;
  }

  @Override
  public int label(int index) {
    return 0;
  }

  @Override
  public void example(int index, float[] out, int offset) {
    out[offset] = (float) xy[2 * index];
    out[offset + 1] = (float) xy[2 * index + 1];
  }
}
