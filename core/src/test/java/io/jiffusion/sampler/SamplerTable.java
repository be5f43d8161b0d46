package io.jiffusion.sampler;

import io.jiffusion.process.OptimalVariance;
import io.jiffusion.process.Variance;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.OrderPlan;
import io.jiffusion.schedule.Schedules;
import io.jiffusion.schedule.TimeGrid;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * All samplers with what they claim: the contracts run over these rows. The list of the program is
 * here with its defaults; a choice of options that changes a claim adds a row.
 */
final class SamplerTable {
  private static final List<Row> ROWS = new ArrayList<>();

  /** Computed once: most schedules have to be inverted for every time. */
  private static final Map<String, TimeGrid> GRIDS = new ConcurrentHashMap<>();

  /** A model that knows all that a sampler may ask of it. */
  private static final Samplers.Context MODEL =
      new Samplers.Context(Variance.SMALL, true, () -> new OptimalVariance(new double[] {0.7}));

  /**
   * Orders at times that are evenly spaced in half log-SNR, where they differ from that of the
   * list, which is the one at the sampler's own times: whole steps of a table.
   */
  private static final Map<String, Double> EVEN = Map.of("deis", 2.0, "pndm", 2.0, "plms", 2.0);

  /** Samplers whose step is not affine in state and noise, even on a Gaussian. */
  private static final Set<String> NOT_AFFINE = Set.of("pc");

  /** Samplers that take some of their steps beside the grid, which does not refine them. */
  private static final Set<String> OWN_STEPS = Set.of("restart");

  static {
    for (Samplers.Method method : Samplers.methods()) {
      ROWS.add(new Row(method.name(), EVEN.getOrDefault(method.name(), order(method))));
    }

    // Denoising diffusion
    row("ddpm:variance=large", 1);
    row("ddim:eta=0.5", 1);
    row("ddim:eta=1", 1);
    row("ddim:sigma-hat", 1);
    row("ddim:eta=0.2,eps=network", 1);

    // DPM-Solver, DPM-Solver++
    row("dpm-solver-2:type=taylor", 2);
    row("dpm-solver-3:type=taylor", 3);
    row("dpm-solver-3:inner=time", 3);
    row("dpm-solver-fast:form=data,order=2", 2);
    row("dpm-solver-fast:eta=1", 1);
    row("dpm-solver-singlestep:order=1", 1);
    row("dpm-solver-singlestep:form=noise,type=taylor,full-order-end", 2);
    row("dpm-solver-multistep:order=1", 1);
    row("dpm-solver-multistep:order=3", 2);
    row("dpm-solver-multistep:order=3,exact", 3);
    row("dpmpp-2m:type=taylor", 2);
    row("dpmpp-2m:final=always", 2);
    row("dpmpp-3m:exact", 3);
    row("dpmpp-2m-sde:type=heun", 2);
    row("dpmpp-2m-sde:eta=0.5", 2);
    row("dpmpp-sde:eta=0.5", 2);

    // UniPC, DEIS, PNDM
    row("unipc:order=1,variant=bh1,predictor-only", 1);
    row("unipc:order=3,variant=varying,form=noise,final=never", 3); // no more, for its start
    row("deis:degree=0", 1);
    row("deis:degree=1,axis=rho", 2);
    row("deis:degree=2,axis=log-rho", 2);
    row("sa-solver:tau=0.5", 1);
    row("sa-solver:tau=0,final=never", 3);

    // EDM and k-diffusion
    row("euler:churn=3,smin=0.05,smax=10", 1);
    row("heun:churn=3,smin=0.05,smax=10", 2);
    row("dpm-2:churn=20", 2);
    row("heun:churn=3,snoise=1.01", 2);
    row("euler-a:eta=0.5", 1);
    row("dpm-2-a:eta=0.5", 2);
    row("dpmpp-2s-a:eta=0.5", 2);

    // Score SDE
  }

  private SamplerTable() {}

  /**
   * A sampler.
   *
   * @param text as {@link Samplers#parse} reads it
   * @param order claimed: of convergence to the exact flow, or of the moments if stochastic; 0 for
   *     one that adapts its steps, or is biased
   */
  record Row(String text, double order) {

    Sampler sampler() {
      return Samplers.parse(text, MODEL);
    }

    boolean adaptive() {
      return Samplers.method(text).order().equals("adaptive");
    }

    boolean stochastic() {
      return sampler().stochastic();
    }

    boolean affine() {
      return !NOT_AFFINE.contains(Samplers.method(text).name());
    }

    /** Whether more steps lead to the data: not with more noise than the levels say. */
    boolean refined() {
      return order > 0
          && !OWN_STEPS.contains(Samplers.method(text).name())
          && !text.contains("snoise");
    }

    /** The grid for which the order is claimed. */
    TimeGrid grid(Schedules schedules, int steps) {
      String spacing = Samplers.method(text).spacing();
      return GRIDS.computeIfAbsent(
          spacing + " " + schedules.name() + " " + steps, key -> grid(spacing, schedules, steps));
    }

    private static TimeGrid grid(String spacing, Schedules schedules, int steps) {
      if (spacing.equals("dpm-solver-fast")) { // ends with the same orders for every number
        return OrderPlan.spacing(3)
            .grid(schedules.schedule(), 3 * steps, schedules.start(), schedules.end());
      }
      return spacing.equals("karras") ? karras(schedules, steps) : schedules.grid(steps);
    }

    private static TimeGrid karras(Schedules schedules, int steps) {
      NoiseSchedule schedule = schedules.schedule();
      double most = Math.pow(schedule.noiseLevel(schedules.start()), 1 / 7.0);
      double least = Math.pow(schedule.noiseLevel(schedules.end()), 1 / 7.0);
      double[] times = new double[steps + 1];
      for (int i = 0; i <= steps; i++) {
        double level = Math.pow(most + i * (least - most) / steps, 7);
        times[i] =
            i == 0
                ? schedules.start()
                : i == steps ? schedules.end() : schedule.timeOf(-Math.log(level));
      }
      return new TimeGrid(times);
    }

    @Override
    public String toString() {
      return text;
    }
  }

  static Stream<Row> rows() {
    return ROWS.stream();
  }

  static Stream<Row> deterministic() {
    return rows().filter(row -> !row.stochastic() && !row.adaptive());
  }

  static Stream<Row> stochastic() {
    return rows().filter(Row::stochastic);
  }

  static Stream<Row> adaptive() {
    return rows().filter(Row::adaptive);
  }

  private static void row(String text, double order) {
    ROWS.add(new Row(text, order));
  }

  /** The order that the list states; 0 for one that has none. */
  static double order(Samplers.Method method) {
    boolean number = method.order().matches("[0-9.]+");
    return number ? Double.parseDouble(method.order()) : 0;
  }
}
