package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.process.DormandPrince;
import io.jiffusion.process.ProbabilityFlow;
import io.jiffusion.schedule.TimeGrid;
import java.util.Arrays;
import java.util.OptionalInt;

/**
 * The probability flow solved by a general method for differential equations, RK45, which chooses
 * its steps by the error that it sees (Song et al.: Score-based generative modeling through
 * stochastic differential equations, 2021, arXiv 2011.13456, section 4.3 and appendix D.4).
 *
 * <p>Only the ends of the grid count, in both directions; the steps are in the schedule's own time,
 * and each image takes its own. Where the last time is 0, the flow is followed to the time before
 * it, and the data predicted there returned.
 *
 * @param rtol error allowed in a step relative to the value; 1e-5 in the paper
 * @param atol error allowed in a step in any case; 1e-5 in the paper
 * @param group how many images share their steps; 1 leaves each image its own, the original has the
 *     whole batch in one group
 */
public record Rk45(double rtol, double atol, int group) implements Sampler {

  public Rk45 {
    new DormandPrince(rtol, atol, group); // checks them
  }

  /** Each image with steps of its own. */
  public Rk45(double rtol, double atol) {
    this(rtol, atol, 1);
  }

  @Override
  public Batch sample(Walk walk, Batch x) {
    TimeGrid grid = walk.grid();
    int last = grid.noisySteps();
    Batch reached = last == 0 ? x : flow(walk, x, grid.time(0), grid.time(last));
    if (!grid.endsWithoutNoise()) {
      return reached;
    }
    walk.cancellation().check();
    return walk.arrive(walk.first() + last, 0, walk.x0(reached, grid.time(last)));
  }

  private Batch flow(Walk walk, Batch x, double from, double to) {
    long began = System.nanoTime();
    walk.cancellation().check();
    double[] end =
        new DormandPrince(rtol, atol, group)
            .solve(
                // dx/dt = f(x, t) − ½·g(t)²·∇log p_t(x), eq. 13
                (t, y) ->
                    ProbabilityFlow.slope(walk.denoiser(), walk.schedule(), t, x.with(y)).data(),
                x.data(),
                x.images(),
                from,
                to,
                (trial, t, y) -> {
                  double behind =
                      from > to
                          ? Arrays.stream(t).max().orElseThrow()
                          : Arrays.stream(t).min().orElseThrow();
                  Batch arrived = walk.arrive(walk.first() + trial, behind, x.with(y.clone()));
                  mustStay(arrived.data(), y);
                  walk.report((behind - from) / (to - from), began);
                  walk.cancellation().check();
                });
    return x.with(end);
  }

  /**
   * The flow's error is measured along the flow: whoever moves the state off it must be refused.
   */
  private static void mustStay(double[] arrived, double[] y) {
    if (!Arrays.equals(arrived, y)) {
      throw new IllegalArgumentException(
          "illegal constraint on the state with rk45, must be none: a sampler that follows the flow"
              + " with steps of its own cannot be moved off it; take one with fixed steps, such as"
              + " ddim");
    }
  }

  @Override
  public OptionalInt evaluations(TimeGrid grid) {
    return OptionalInt.empty();
  }
}
