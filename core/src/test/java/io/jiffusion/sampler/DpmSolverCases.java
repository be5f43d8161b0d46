package io.jiffusion.sampler;

import io.jiffusion.sampler.DpmSolver.Inner;
import io.jiffusion.schedule.DiscreteBetas;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.OrderPlan;
import io.jiffusion.schedule.Schedules;
import io.jiffusion.schedule.Spacing;
import io.jiffusion.schedule.TimeGrid;
import io.jiffusion.schedule.VariancePreserving;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;

/** The schedules, grids and samplers that a case of dpm-solver's fixtures names. */
final class DpmSolverCases {
  private DpmSolverCases() {}

  static NoiseSchedule schedule(String name) {
    return switch (name) {
      case "linear_1000" -> DiscreteBetas.rescaledLinear(1000);
      case "cosine_1000" -> Schedules.dpmSolver(DiscreteBetas.cosine(1000));
      case "continuous_linear" -> new VariancePreserving(0.1, 20);
      default -> throw new IllegalArgumentException("no schedule " + name);
    };
  }

  static double tolerance(JsonNode entry) {
    return entry.get("method").asString().equals("adaptive")
        ? 1e-6
        : entry.get("schedule").asString().startsWith("cosine") ? 1e-7 : 1e-9;
  }

  static double[] doubles(JsonNode list) {
    return IntStream.range(0, list.size()).mapToDouble(i -> list.get(i).asDouble()).toArray();
  }

  static Sampler sampler(JsonNode entry) {
    DpmForm form =
        entry.get("algorithm_type").asString().endsWith("++") ? DpmForm.DATA : DpmForm.NOISE;
    DpmType type =
        entry.path("solver_type").asString("dpmsolver").equals("taylor")
            ? DpmType.TAYLOR
            : DpmType.DPM_SOLVER;
    int order = entry.get("order").asInt();
    Inner inner =
        switch (entry.path("skip_type").asString("logSNR")) {
          case "time_uniform" -> Inner.TIME;
          case "time_quadratic" -> Inner.TIME_QUADRATIC;
          default -> Inner.LOGSNR;
        };
    return switch (entry.get("method").asString()) {
      case "multistep" ->
          new DpmSolverMultistep(
              form,
              order,
              type,
              entry.path("lower_order_final").asBoolean(true) ? LowerOrder.FEW : LowerOrder.NEVER,
              false);
      case "singlestep_fixed" -> new DpmSolver(form, order, type, inner);
      case "singlestep" -> new DpmSolverFast(form, order, type, 0, 1);
      case "adaptive" ->
          new DpmSolverAdaptive(
              form,
              order,
              type,
              new StepControl.Proportional(),
              new Tolerance(entry.get("rtol").asDouble(), entry.get("atol").asDouble()),
              0,
              1,
              Integer.MAX_VALUE);
      default -> throw new IllegalArgumentException(entry.toString());
    };
  }

  static TimeGrid grid(NoiseSchedule schedule, Sampler sampler, JsonNode entry) {
    return grid(
        schedule,
        sampler,
        entry.path("skip_type").asString("logSNR"),
        entry.path("steps").asInt(1),
        entry.get("t_end").asDouble(),
        entry.path("denoise_to_zero").asBoolean(false));
  }

  /** Times from 1 down to the end, spaced as the original's {@code skip_type} says. */
  static TimeGrid grid(
      NoiseSchedule schedule,
      Sampler sampler,
      String skip,
      int evaluations,
      double end,
      boolean toZero) {
    int steps = evaluations;
    if (sampler instanceof DpmSolver fixed) {
      steps /= fixed.order();
    }
    Spacing spacing =
        skip.equals("time_uniform")
            ? Spacing.TIME
            : skip.equals("time_quadratic")
                ? Spacing.TIME_QUADRATIC
                : sampler instanceof DpmSolverFast fast
                    ? OrderPlan.spacing(fast.order())
                    : Spacing.LOG_SNR;
    return toZero
        ? spacing.gridToData(schedule, steps + 1, 1, end)
        : spacing.grid(schedule, steps, 1, end);
  }
}
