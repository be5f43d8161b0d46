package io.jiffusion.sampler;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.process.Batch;
import io.jiffusion.process.Groups;
import io.jiffusion.schedule.TimeGrid;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.function.Function;

/**
 * DPM-Solver-12 and DPM-Solver-23, which choose their steps (Lu et al.: DPM-Solver: a fast ODE
 * solver for diffusion probabilistic model sampling in around 10 steps, 2022, arXiv 2206.00927,
 * Algorithms 6 and 7); with {@link StepControl.Pid}, k-diffusion's {@code sample_dpm_adaptive}.
 * Each trial takes a step at two orders, which share evaluations; their difference is the error.
 *
 * <p>Every group of images goes its own way, at its own times; images at their end wait for the
 * others, unchanged. Of the grid only the ends count. If its last time is no noise, the walk adapts
 * down to the time before it and then returns the predicted data.
 *
 * @param form what is integrated, noise or data
 * @param order the higher one, 2 or 3
 * @param type how the derivatives enter
 * @param control chooses the steps
 * @param tolerance how large the error of a step may be
 * @param eta 0: the flow; 1: the noise of ancestral sampling
 * @param noise factor of the fresh noise, k-diffusion's s_noise; 1 as the level says
 * @param group images that take the same steps: 1, so that a batch mate never changes an image, or
 *     as many as the batch has, as in the originals
 */
public record DpmSolverAdaptive(
    DpmForm form,
    int order,
    DpmType type,
    StepControl control,
    Tolerance tolerance,
    double eta,
    double noise,
    int group)
    implements Sampler {
  private static final int MOST_TRIALS = 10_000;

  public DpmSolverAdaptive {
    if (order != 2 && order != 3) {
      throw new IllegalArgumentException(
          "illegal order: " + order + ", must be 2 or 3, the higher of the two that are compared");
    }
    AncestralStep.check(eta, noise);
    Groups.check(group);
  }

  /** The paper's tolerances for images: ε_rtol 0.05, ε_atol 2/256. */
  public DpmSolverAdaptive(DpmForm form, int order, StepControl control) {
    this(form, order, DpmType.DPM_SOLVER, control, new Tolerance(0.05, 0.0078), 0, 1, 1);
  }

  @Override
  public boolean stochastic() {
    return eta > 0;
  }

  @Override
  public OptionalInt evaluations(TimeGrid grid) {
    return OptionalInt.empty();
  }

  @Override
  public Batch sample(Walk walk, Batch x) {
    walk.mustHaveSignal(this);
    walk.mustDescend(this);
    return new Run(walk, x).end();
  }

  /** Factors of the state and the predictions, for a step between two nodes. */
  private interface Factors {
    double[] of(LambdaNode s, LambdaNode t);
  }

  /** The two results of a trial. */
  private record Trial(Batch lower, Batch higher) {}

  /** Images that take the same steps: where they are and where the next trial leads. */
  private static final class Group {
    final int from;
    final int until;
    final StepControl.Steering steering;
    LambdaNode at;
    LambdaNode to;
    LambdaNode down; // below `to` where fresh noise is added, otherwise the same
    boolean arrived;
    boolean moved;
    int accepted;

    Group(int from, int until, LambdaNode at, StepControl.Steering steering) {
      this.from = from;
      this.until = until;
      this.at = at;
      this.to = at;
      this.down = at;
      this.steering = steering;
    }
  }

  /** One walk under way. */
  private final class Run {
    private final Walk walk;
    private final LambdaNode start;
    private final LambdaNode end;
    private final List<Group> groups = new ArrayList<>();
    private final long began = System.nanoTime();
    private Batch x;
    private Batch before; // the lower order's result of the last step, in the control's unit
    private int steps;

    Run(Walk walk, Batch x) {
      TimeGrid grid = walk.grid();
      int last = grid.noisySteps();
      if (last == 0) {
        throw new IllegalArgumentException(
            "illegal grid: "
                + grid
                + ", must have a time between for a sampler that adapts its steps: it goes as far"
                + " as there is noise");
      }
      this.walk = walk;
      this.x = x;
      start = LambdaNode.at(walk.schedule(), grid.time(0));
      end = LambdaNode.at(walk.schedule(), grid.time(last));
      before = x.times(control.unit(start));
      int size = Math.min(group, x.images());
      for (int from = 0; from < x.images(); from += size) {
        // with noise an error is of order 1.5, k-diffusion says
        StepControl.Steering steering = control.steering(eta > 0 ? 1.5 : order);
        groups.add(new Group(from, Math.min(from + size, x.images()), start, steering));
      }
    }

    Batch end() {
      for (int trials = 0; groups.stream().anyMatch(images -> !images.arrived); trials++) {
        walk.cancellation().check();
        if (trials == MOST_TRIALS) {
          throw tooMany();
        }
        groups.forEach(this::aim);
        judge(trial());
      }
      if (!walk.grid().endsWithoutNoise()) {
        return x;
      }
      walk.cancellation().check();
      return walk.arrive(walk.first() + steps, 0, x0(x, images -> images.at));
    }

    private void aim(Group images) {
      if (images.arrived) {
        return;
      }
      double remaining = images.at.to(end);
      double h = images.steering.h();
      images.to =
          h >= Math.abs(remaining)
              ? end
              : LambdaNode.of(walk.schedule(), images.at.lambda() + Math.copySign(h, remaining));
      images.down = eta == 0 ? images.to : images.to.down(images.at, eta, end);
    }

    /** The single steps of both orders from where the images are. */
    private Trial trial() {
      double r1 = 1.0 / order;
      double r2 = 2.0 / order;
      Factors first = (s, t) -> DpmStep.first(form, s, t);
      Factors second = (s, t) -> DpmStep.second(form, type, r1, s, t);
      Function<Group, LambdaNode> all = images -> images.down;
      Function<Group, LambdaNode> s1 = nodes(r1);
      Batch m0 = predict(x, images -> images.at);
      Batch m1 = predict(combine(first, s1, x, m0), s1);
      if (order == 2) {
        return new Trial(combine(first, all, x, m0), combine(second, all, x, m0, m1));
      }
      Factors onWay = (s, t) -> DpmStep.second(form, DpmType.TAYLOR, r1 / r2, s, t);
      Factors third = (s, t) -> DpmStep.third(form, type, r1, r2, s, t);
      Function<Group, LambdaNode> s2 = nodes(r2);
      Batch m2 = predict(combine(onWay, s2, x, m0, m1), s2);
      return new Trial(combine(second, all, x, m0, m1), combine(third, all, x, m0, m1, m2));
    }

    /** For each group the node a fraction r of its step away. */
    private Function<Group, LambdaNode> nodes(double r) {
      Map<Group, LambdaNode> nodes = new HashMap<>();
      for (Group images : groups) {
        double h = images.at.to(images.down);
        nodes.put(
            images,
            images.arrived
                ? images.at
                : LambdaNode.of(walk.schedule(), images.at.lambda() + r * h));
      }
      return nodes::get;
    }

    private Batch combine(Factors factors, Function<Group, LambdaNode> to, Batch... terms) {
      double[][] a = new double[terms.length][x.images()];
      for (Group images : groups) {
        double[] own = factors.of(images.at, to.apply(images));
        for (int term = 0; term < terms.length; term++) {
          Arrays.fill(a[term], images.from, images.until, own[term]);
        }
      }
      return Batch.lincomb(a, terms);
    }

    private Batch predict(Batch states, Function<Group, LambdaNode> nodes) {
      Batch x0 = x0(states, nodes);
      if (form == DpmForm.DATA) {
        return x0;
      }
      double[][] a = new double[2][x.images()];
      for (Group images : groups) {
        LambdaNode node = nodes.apply(images);
        Arrays.fill(a[0], images.from, images.until, 1 / node.sigma());
        Arrays.fill(a[1], images.from, images.until, -node.alpha() / node.sigma());
      }
      return Batch.lincomb(a, states, x0);
    }

    private Batch x0(Batch states, Function<Group, LambdaNode> nodes) {
      double[] t = new double[x.images()];
      for (Group images : groups) {
        Arrays.fill(t, images.from, images.until, nodes.apply(images).t());
      }
      return walk.denoiser().at(states, t).x0();
    }

    /** Accepts or rejects for each group, and goes on from where that leads. */
    private void judge(Trial trial) {
      double[] next = x.data().clone();
      double[] lower = before.data().clone();
      for (Group images : groups) {
        images.moved = false;
        if (images.arrived) {
          continue;
        }
        double error = error(trial, images);
        double taken = Math.abs(images.at.to(images.to));
        // what is no number is accepted: the walk then stops and says where
        if (images.steering.accepts(error, taken) || Double.isNaN(error)) {
          accept(trial, images, next, lower);
        }
      }
      if (groups.stream().anyMatch(images -> images.moved)) {
        x = arrive(x.with(next));
        before = before.with(lower);
        steps++;
        progress();
      }
    }

    /** The difference of both orders, as a multiple of the tolerance. */
    private double error(Trial trial, Group images) {
      int size = x.imageSize();
      double unit = control.unit(images.down);
      // δ = max(ε_atol, ε_rtol·max(|x_lower|, |x_prev|)), E = ‖(x_lower − x_higher)/δ‖/√D
      double[] meanSquares = new double[images.until - images.from];
      for (int i = images.from * size; i < images.until * size; i++) {
        double low = unit * trial.lower().data()[i];
        double scale = tolerance.of(Math.max(Math.abs(low), Math.abs(before.data()[i])));
        double error = (unit * trial.higher().data()[i] - low) / scale;
        meanSquares[i / size - images.from] += error * error / size;
      }
      return control.error(meanSquares);
    }

    private void accept(Trial trial, Group images, double[] next, double[] lower) {
      int size = x.imageSize();
      double unit = control.unit(images.down);
      double up = eta == 0 ? 0 : noise * images.to.up(images.down);
      double[] z = new double[size];
      for (int image = images.from; image < images.until; image++) {
        if (up > 0) {
          double from = images.at.lambda();
          int draw = walk.first() + images.accepted;
          walk.noise().between(draw, image, from, images.to.lambda(), z, 0, size);
        }
        for (int j = 0; j < size; j++) {
          int i = image * size + j;
          next[i] = trial.higher().data()[i] + up * z[j];
          lower[i] = unit * trial.lower().data()[i];
        }
      }
      images.at = images.to;
      images.down = images.to;
      images.accepted++;
      images.moved = true;
      images.arrived = control.there(images.to, end);
    }

    /** The constraint sees each image that has moved at its own time, the onlooker all of them. */
    private Batch arrive(Batch reached) {
      double[] data = reached.data().clone();
      int size = x.imageSize();
      for (Group images : groups) {
        if (images.moved) {
          int k = walk.first() + images.accepted - 1;
          double[] own = walk.constraint().apply(k, images.at.t(), reached).data();
          int first = images.from * size;
          System.arraycopy(own, first, data, first, (images.until - images.from) * size);
        }
      }
      double noisiest = groups.stream().mapToDouble(images -> images.at.t()).max().orElseThrow();
      return walk.constraint((k, t, unchanged) -> unchanged)
          .arrive(walk.first() + steps, noisiest, reached.with(data));
    }

    private void progress() {
      double remaining =
          groups.stream().mapToDouble(images -> images.at.to(end) / start.to(end)).max().orElse(0);
      walk.report(1 - remaining, began);
    }

    private JiffusionException tooMany() {
      Group late = groups.stream().filter(images -> !images.arrived).findFirst().orElseThrow();
      return new JiffusionException(
          "illegal step: image "
              + late.from
              + " is at t = "
              + late.at.t()
              + " after "
              + MOST_TRIALS
              + " trials, must be at "
              + end.t()
              + "; raise rtol and atol");
    }
  }
}
