package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.process.Noise;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.Posterior;
import io.jiffusion.schedule.TimeGrid;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;

/**
 * RePaint (Lugmayr et al.: RePaint: inpainting using denoising diffusion probabilistic models,
 * 2022, arXiv 2201.09865, Algorithm 1 and, for jumps, section 4.2): the grid is walked in pieces,
 * and each piece several times, the state being noised again to the beginning of the piece in
 * between. So the part that is made gets time to fit to the part that {@link
 * ReplacementConstraint}, the constraint of the walk, replaces.
 *
 * <p>Pieces are counted from the end, whose last step to no noise is taken once; so are the first
 * steps, where they do not fill a piece. A sampler with a memory starts afresh in each piece.
 *
 * @param inner walks the pieces; {@code ddpm} in the paper
 * @param jump steps of a piece, 1 or more; 10 in the paper
 * @param times that each piece is walked, 1 or more; 10 in the paper
 * @param noise of the way back, one draw for each jump: {@code Noise.keyed(Purpose.RENOISE, seeds)}
 */
public record RePaint(Sampler inner, int jump, int times, Noise noise) implements Sampler {

  public RePaint {
    if (jump < 1) {
      throw new IllegalArgumentException("illegal jump: " + jump + ", must be 1 or more steps");
    }
    if (times < 1) {
      throw new IllegalArgumentException(
          "illegal resamplings: " + times + ", must be 1 or more; 1 walks every step once");
    }
  }

  /** Part of a grid, and how often it is walked. */
  private record Piece(TimeGrid grid, int times) {}

  @Override
  public Batch sample(Walk walk, Batch x) {
    walk.mustDescend(this);
    List<Piece> pieces = pieces(walk.grid());
    int steps = pieces.stream().mapToInt(piece -> piece.times() * piece.grid().steps()).sum();
    SegmentedWalk walks = new SegmentedWalk(walk, steps);
    int jumps = 0;
    for (Piece piece : pieces) {
      TimeGrid grid = piece.grid();
      for (int pass = 0; pass < piece.times(); pass++) {
        if (pass > 0) {
          x = back(walk.schedule(), grid.time(grid.steps()), grid.time(0), x, jumps++);
        }
        x = inner.sample(walks.next(grid), x);
      }
    }
    return x;
  }

  /** From s back to the noisier t, as the forward process goes. */
  private Batch back(NoiseSchedule schedule, double s, double t, Batch xs, int draw) {
    // x_t ~ N(√(1 − β)·x_s, β·I), Algorithm 1 where u < U
    return Batch.lincomb(
        schedule.alpha(t) / schedule.alpha(s),
        xs,
        Math.sqrt(Posterior.of(schedule, t, s).forward()),
        noise.batch(draw, xs));
  }

  private List<Piece> pieces(TimeGrid grid) {
    List<Piece> pieces = new ArrayList<>();
    int last = grid.noisySteps();
    int from = last % jump;
    if (from > 0) {
      pieces.add(new Piece(grid.part(0, from), 1));
    }
    for (; from < last; from += jump) {
      pieces.add(new Piece(grid.part(from, from + jump), times));
    }
    if (last < grid.steps()) {
      pieces.add(new Piece(grid.part(last, grid.steps()), 1));
    }
    return pieces;
  }

  @Override
  public OptionalInt evaluations(TimeGrid grid) {
    int sum = 0;
    for (Piece piece : pieces(grid)) {
      OptionalInt once = inner.evaluations(piece.grid());
      if (once.isEmpty()) {
        return once;
      }
      sum += piece.times() * once.getAsInt();
    }
    return OptionalInt.of(sum);
  }
}
