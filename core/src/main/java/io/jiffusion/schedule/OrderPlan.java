package io.jiffusion.schedule;

import java.util.Arrays;

/**
 * How DPM-Solver-fast uses a number of evaluations exactly (Lu et al.: DPM-Solver, 2022, arXiv
 * 2206.00927, appendix D.3): steps of the highest order, then one or two of lower order.
 */
public final class OrderPlan {
  private OrderPlan() {}

  /**
   * The order of each step.
   *
   * @param evaluations the sum of the orders, 1 or more
   * @param order the highest, 1, 2 or 3
   */
  public static int[] orders(int evaluations, int order) {
    if (order < 1 || order > 3) {
      throw new IllegalArgumentException("illegal order: " + order + ", must be 1, 2 or 3");
    }
    if (evaluations < 1) {
      throw new IllegalArgumentException(
          "illegal evaluations: " + evaluations + ", must be 1 or more");
    }
    boolean split = order == 3 && evaluations % 3 == 0; // ends with 2 and 1, not with 3
    int highest = evaluations / order - (split ? 1 : 0);
    int[] rest = split ? new int[] {2, 1} : new int[] {evaluations % order};
    int[] orders = new int[highest + (rest[0] == 0 ? 0 : rest.length)];
    Arrays.fill(orders, 0, highest, order);
    System.arraycopy(rest, 0, orders, highest, orders.length - highest);
    return orders;
  }

  /**
   * The paper's times, one for each evaluation: steps evenly spaced in half log-SNR, whatever their
   * orders, and the evaluations evenly spaced within each.
   *
   * @param order the highest, 1, 2 or 3
   */
  public static Spacing spacing(int order) {
    return (schedule, count, start, end) -> {
      double[] times = new double[count];
      times[0] = start;
      int[] orders = count == 1 ? new int[0] : orders(count - 1, order);
      double[] outer = Spacing.LOG_SNR.times(schedule, orders.length + 1, start, end);
      int at = 0;
      for (int k = 0; k < orders.length; k++) {
        double[] inner = Spacing.LOG_SNR.times(schedule, orders[k] + 1, outer[k], outer[k + 1]);
        System.arraycopy(inner, 0, times, at, inner.length);
        at += orders[k];
      }
      return times;
    };
  }
}
