package io.jiffusion.measure;

/**
 * Which vector of another set is nearest to each of a set, and how far it is, by the Euclidean
 * distance.
 *
 * @param which of the other set, for each of the set
 * @param distances to it
 */
// Numbers that are never compared.
@SuppressWarnings("ArrayRecordComponent")
public record Nearest(int[] which, double[] distances) {

  /** Looks among all vectors of another set, 1 or more. */
  public static Nearest of(Rows set, Rows others) {
    Rows.check(set, others, 1);
    int[] which = new int[set.images()];
    double[] distances = new double[set.images()];
    int columns = others.images();
    Products.distances(
        set,
        others,
        (from, rows, squares) -> {
          for (int row = 0; row < rows; row++) {
            int best = 0;
            for (int column = 1; column < columns; column++) {
              if (squares[row * columns + column] < squares[row * columns + best]) {
                best = column;
              }
            }
            which[from + row] = best;
            distances[from + row] = Math.sqrt(squares[row * columns + best]);
          }
        });
    return new Nearest(which, distances);
  }

  /**
   * The nearer ones of two looks of the same set.
   *
   * @param from what is added to the numbers of the other look, which was among later vectors
   */
  public Nearest or(Nearest other, int from) {
    int[] nearer = which.clone();
    double[] less = distances.clone();
    for (int i = 0; i < less.length; i++) {
      if (other.distances[i] < less[i]) {
        less[i] = other.distances[i];
        nearer[i] = from + other.which[i];
      }
    }
    return new Nearest(nearer, less);
  }
}
