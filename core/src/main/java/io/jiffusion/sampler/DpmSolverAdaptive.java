package io.jiffusion.sampler;

import io.jiffusion.process.Batch;
import io.jiffusion.run.JiffusionException;
import io.jiffusion.run.Progress;
import io.jiffusion.schedule.TimeGrid;
import java.util.Arrays;
import java.util.OptionalInt;

/**
 * DPM-Solver-12 and DPM-Solver-23, which choose their steps (Lu et al.: DPM-Solver, 2022); with
 * {@link StepControl.Pid}, k-diffusion's {@code dpm_adaptive}. Each trial takes a step at two
 * orders, which share evaluations; their difference is the error.
 *
 * <p>Every group of images goes its own way, at its own times; images at their end wait for the
 * others, unchanged. Of the grid only the ends count. If its last time is no noise, the walk adapts
 * down to the time before it and then returns the predicted data.
 *
 * @param form what is integrated, noise or data
 * @param order the higher one, 2 or 3
 * @param type how the derivatives enter
 * @param control chooses the steps
 * @param rtol tolerance relative to a value
 * @param atol absolute tolerance, for small values
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
    double rtol,
    double atol,
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
    if (!(rtol >= 0 && atol > 0)) {
      throw new IllegalArgumentException(
          "illegal tolerances: rtol "
              + rtol
              + " and atol "
              + atol
              + ", must be 0 or more and above 0");
    }
    DownUp.check(eta, noise);
    Groups.check(group);
  }

  /** The paper's tolerances for images. */
  public DpmSolverAdaptive(DpmForm form, int order, StepControl control) {
    this(form, order, DpmType.DPM_SOLVER, control, 0.05, 0.0078, 0, 1, 1);
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
    UniPc.checkSignal(walk, this);
    walk.mustDescend(this);
    return new Run(walk, x).end();
  }

  /** The two results of a trial. */
  private record Trial(Batch lower, Batch higher) {}

  /** Factors of the state and the predictions, for a step between two nodes. */
  private interface Factors {
    double[] of(Node s, Node t);
  }

  /** One walk under way; arrays have an entry for each image, alike within a group. */
  private final class Run {
    private final Walk walk;
    private final Node end;
    private final Node[] at;
    private final boolean[] there;
    private final int[] accepted;
    private final StepControl.Steering[] steering;
    private Batch x;
    private Batch before; // the lower order's result of the last step, in the control's unit
    private int steps;

    Run(Walk walk, Batch x) {
      TimeGrid grid = walk.grid();
      int last = grid.endsWithoutNoise() ? grid.steps() - 1 : grid.steps();
      if (last == 0) {
        throw new IllegalArgumentException(
            "illegal grid: "
                + grid
                + ", must have a time between for a sampler that adapts its steps: it goes as far"
                + " as there is noise");
      }
      this.walk = walk;
      this.x = x;
      end = Node.at(walk.schedule(), grid.time(last));
      at = new Node[x.images()];
      Arrays.fill(at, Node.at(walk.schedule(), grid.time(0)));
      there = new boolean[x.images()];
      accepted = new int[x.images()];
      steering = new StepControl.Steering[x.images()];
      for (int image = 0; image < steering.length; image++) {
        // with noise an error is of order 1.5, k-diffusion says
        steering[image] =
            image % group == 0 ? control.steering(eta > 0 ? 1.5 : order) : steering[image - 1];
      }
      before = x.times(control.unit(at[0]));
    }

    Batch end() {
      long began = System.nanoTime();
      for (int trials = 0; !all(there); trials++) {
        walk.cancellation().check();
        if (trials == MOST_TRIALS) {
          throw tooMany();
        }
        Node[] to = targets();
        Node[] lower = to.clone();
        for (int i = 0; i < to.length; i++) {
          lower[i] = eta > 0 && !there[i] ? to[i].down(at[i], eta, end) : to[i];
        }
        if (judge(trial(lower), lower, to)) {
          steps++;
          double left =
              Arrays.stream(at).mapToDouble(node -> Math.abs(node.to(end))).max().orElse(0);
          double whole = Math.abs(Node.at(walk.schedule(), walk.grid().time(0)).to(end));
          walk.progress()
              .accept(
                  new Progress(
                      "percent of the way",
                      Math.round(100 * (1 - left / whole)),
                      100,
                      (System.nanoTime() - began) * 1e-9,
                      ""));
        }
      }
      if (!walk.grid().endsWithoutNoise()) {
        return x;
      }
      walk.cancellation().check();
      double[] t = times(at);
      return walk.arrive(walk.first() + steps, 0, walk.denoiser().at(x, t).x0());
    }

    /** Where the next trial leads. */
    private Node[] targets() {
      Node[] to = new Node[at.length];
      for (int i = 0; i < to.length; i++) {
        double left = at[i].to(end);
        if (there[i]) {
          to[i] = at[i];
        } else if (i % group != 0) {
          to[i] = to[i - 1];
        } else if (steering[i].h() >= Math.abs(left)) {
          to[i] = end;
        } else {
          to[i] = Node.of(walk.schedule(), at[i].lambda() + Math.copySign(steering[i].h(), left));
        }
      }
      return to;
    }

    /** The single steps of both orders from where the images are. */
    private Trial trial(Node[] to) {
      double r1 = 1.0 / order;
      double r2 = 2.0 / order;
      Batch m0 = predict(x, at);
      Node[] s1 = between(to, r1);
      Batch m1 = predict(combine((s, t) -> DpmStep.first(form, s, t), s1, x, m0), s1);
      Factors second = (s, t) -> DpmStep.second(form, type, r1, s, t);
      if (order == 2) {
        return new Trial(
            combine((s, t) -> DpmStep.first(form, s, t), to, x, m0),
            combine(second, to, x, m0, m1));
      }
      Node[] s2 = between(to, r2);
      Factors onWay = (s, t) -> DpmStep.second(form, DpmType.TAYLOR, r1 / r2, s, t);
      Batch m2 = predict(combine(onWay, s2, x, m0, m1), s2);
      return new Trial(
          combine(second, to, x, m0, m1),
          combine((s, t) -> DpmStep.third(form, type, r1, r2, s, t), to, x, m0, m1, m2));
    }

    private Node[] between(Node[] to, double r) {
      Node[] between = new Node[to.length];
      for (int i = 0; i < to.length; i++) {
        between[i] =
            there[i]
                ? at[i]
                : i % group != 0
                    ? between[i - 1]
                    : Node.of(walk.schedule(), at[i].lambda() + r * at[i].to(to[i]));
      }
      return between;
    }

    private Batch combine(Factors factors, Node[] to, Batch... terms) {
      double[][] a = new double[terms.length][to.length];
      for (int i = 0; i < to.length; i++) {
        double[] own = factors.of(at[i], to[i]);
        for (int term = 0; term < terms.length; term++) {
          a[term][i] = own[term];
        }
      }
      return Batch.lincomb(a, terms);
    }

    private Batch predict(Batch states, Node[] nodes) {
      Batch x0 = walk.denoiser().at(states, times(nodes)).x0();
      if (form == DpmForm.DATA) {
        return x0;
      }
      double[][] a = new double[2][nodes.length];
      for (int i = 0; i < nodes.length; i++) {
        a[0][i] = 1 / nodes[i].sigma();
        a[1][i] = -nodes[i].alpha() / nodes[i].sigma();
      }
      return Batch.lincomb(a, states, x0);
    }

    /** Accepts or rejects for each group; whether any is accepted. */
    private boolean judge(Trial trial, Node[] lower, Node[] to) {
      double[] meanSquares = new double[at.length];
      for (int i = 0; i < at.length; i++) {
        meanSquares[i] = there[i] ? 0 : meanSquare(trial, i, control.unit(lower[i]));
      }
      double[] next = x.data().clone();
      double[] last = before.data().clone();
      boolean[] moved = new boolean[at.length];
      boolean any = false;
      int size = Math.min(group, at.length);
      for (int from = 0; from < at.length; from += size) {
        int until = Math.min(from + size, at.length);
        if (there[from]) {
          continue;
        }
        double error = control.error(Arrays.copyOfRange(meanSquares, from, until));
        double taken = Math.abs(at[from].to(to[from]));
        if (!steering[from].accepts(error, taken) && !Double.isNaN(error)) {
          continue;
        }
        any = true;
        for (int i = from; i < until; i++) {
          accept(i, trial, lower[i], to[i], next, last);
          moved[i] = true;
        }
      }
      if (any) {
        x = arrive(x.with(next), moved);
        before = before.with(last);
      }
      return any;
    }

    private double meanSquare(Trial trial, int image, double unit) {
      int size = x.imageSize();
      double sum = 0;
      for (int j = image * size; j < (image + 1) * size; j++) {
        double low = unit * trial.lower().data()[j];
        double scale = Math.max(atol, rtol * Math.max(Math.abs(low), Math.abs(before.data()[j])));
        double error = (unit * trial.higher().data()[j] - low) / scale;
        sum += error * error;
      }
      return sum / size;
    }

    private void accept(int image, Trial trial, Node lower, Node to, double[] next, double[] last) {
      int size = x.imageSize();
      int first = image * size;
      double[] z = new double[size];
      double up = eta > 0 ? noise * to.up(lower) : 0;
      if (up > 0) {
        walk.noise()
            .between(
                walk.first() + accepted[image], image, at[image].lambda(), to.lambda(), z, 0, size);
      }
      for (int j = 0; j < size; j++) {
        next[first + j] = trial.higher().data()[first + j] + up * z[j];
        last[first + j] = control.unit(lower) * trial.lower().data()[first + j];
      }
      at[image] = to;
      accepted[image]++;
      there[image] = control.there(to, end);
    }

    /** The constraint sees each image that has moved at its own time, the onlooker all of them. */
    private Batch arrive(Batch reached, boolean[] moved) {
      double[] data = reached.data().clone();
      int size = reached.imageSize();
      Batch seen = reached;
      for (int i = 0; i < at.length; i++) {
        if (moved[i]) {
          if (i == 0 || !moved[i - 1] || at[i] != at[i - 1] || accepted[i] != accepted[i - 1]) {
            int k = walk.first() + accepted[i] - 1;
            seen = walk.constraint().apply(k, at[i].t(), reached);
          }
          System.arraycopy(seen.data(), i * size, data, i * size, size);
        }
      }
      double noisiest = Arrays.stream(times(at)).max().orElseThrow();
      return walk.constraint((k, t, x) -> x)
          .arrive(walk.first() + steps, noisiest, reached.with(data));
    }

    private JiffusionException tooMany() {
      int image = 0;
      while (there[image]) {
        image++;
      }
      return new JiffusionException(
          "illegal step: image "
              + image
              + " is at t = "
              + at[image].t()
              + " after "
              + MOST_TRIALS
              + " trials, must be at "
              + end.t()
              + "; raise rtol and atol");
    }
  }

  private static boolean all(boolean[] flags) {
    for (boolean flag : flags) {
      if (!flag) {
        return false;
      }
    }
    return true;
  }

  private static double[] times(Node[] nodes) {
    return Arrays.stream(nodes).mapToDouble(Node::t).toArray();
  }
}
