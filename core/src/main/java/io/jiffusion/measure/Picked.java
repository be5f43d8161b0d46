package io.jiffusion.measure;

/**
 * Some vectors of a set.
 *
 * @param rows the set
 * @param which of them, in this order
 */
// Numbers that are never compared.
@SuppressWarnings("ArrayRecordComponent")
record Picked(Rows rows, int[] which) implements Rows {
  @Override
  public int images() {
    return which.length;
  }

  @Override
  public int dimension() {
    return rows.dimension();
  }

  @Override
  public void copy(int from, int count, double[] out) {
    double[] row = new double[dimension()];
    for (int i = 0; i < count; i++) {
      rows.copy(which[from + i], 1, row);
      System.arraycopy(row, 0, out, i * row.length, row.length);
    }
  }
}
