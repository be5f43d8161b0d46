package io.jiffusion.sampler;

import io.jiffusion.sampler.DpmSolver.Inner;
import io.jiffusion.sampler.DpmSolverMultistep.LowerOrder;
import io.jiffusion.schedule.DiscreteBetas;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.TimeGrid;
import java.util.Arrays;
import java.util.stream.IntStream;
import tools.jackson.databind.JsonNode;

/** The schedules, grids and samplers that a case of dpm-solver's fixtures names. */
final class DpmSolverCases {
  private DpmSolverCases() {}

  static NoiseSchedule schedule(String name) {
    return switch (name) {
      case "linear_1000" -> DiscreteBetas.rescaledLinear(1000);
      case "cosine_1000" -> shortened(DiscreteBetas.cosine(1000), 1000);
      case "continuous_linear" -> new ContinuousLinear();
      default -> throw new IllegalArgumentException("no schedule " + name);
    };
  }

  /** The original drops the indices with half log-SNR below -5.1 and stretches the others. */
  private static DiscreteBetas shortened(DiscreteBetas betas, int trained) {
    double[] kept =
        IntStream.rangeClosed(1, trained)
            .mapToDouble(i -> (double) i / trained)
            .filter(t -> betas.lambda(t) >= -5.1)
            .map(t -> -Math.expm1(2 * (logAlpha(betas, t) - logAlpha(betas, t - 1.0 / trained))))
            .toArray();
    return DiscreteBetas.of(kept);
  }

  private static double logAlpha(DiscreteBetas betas, double t) {
    return t < 1e-9 ? 0 : Math.log(betas.alpha(t));
  }

  /** The VP SDE with beta from 0.1 to 20. */
  private record ContinuousLinear() implements NoiseSchedule {
    @Override
    public double alpha(double t) {
      return Math.exp(logAlpha(t));
    }

    @Override
    public double sigma(double t) {
      return Math.sqrt(-Math.expm1(2 * logAlpha(t)));
    }

    private static double logAlpha(double t) {
      return -0.25 * t * t * 19.9 - 0.5 * t * 0.1;
    }
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
          case "time_quadratic" -> Inner.QUADRATIC;
          default -> Inner.LAMBDA;
        };
    return switch (entry.get("method").asString()) {
      case "multistep" ->
          new DpmSolverMultistep(
              form,
              order,
              type,
              entry.path("lower_order_final").asBoolean(true)
                  ? LowerOrder.FEW_STEPS
                  : LowerOrder.NEVER);
      case "singlestep_fixed" -> new DpmSolver(form, order, type, inner);
      case "singlestep" ->
          new DpmSolverFast(
              new DpmSolver(form, order, type, inner), entry.get("evaluations").asInt());
      default -> throw new IllegalArgumentException(entry.toString());
    };
  }

  static TimeGrid grid(NoiseSchedule schedule, Sampler sampler, JsonNode entry) {
    double end = entry.get("t_end").asDouble();
    boolean toZero = entry.path("denoise_to_zero").asBoolean(false);
    int steps = entry.path("steps").asInt(1);
    String skip = entry.path("skip_type").asString("logSNR");
    if (sampler instanceof DpmSolver fixed) {
      steps /= fixed.order();
    }
    if (sampler instanceof DpmSolverFast fast) {
      if (skip.equals("logSNR")) {
        steps = DpmSolverFast.orders(steps, fast.solver().order()).length;
      } else {
        return fast.outer(spaced(schedule, skip, steps, end, toZero));
      }
    }
    return spaced(schedule, skip, steps, end, toZero);
  }

  /** Times from 1 down to the end, spaced as the original's {@code skip_type} says. */
  static TimeGrid spaced(
      NoiseSchedule schedule, String skip, int steps, double end, boolean toZero) {
    double[] times =
        IntStream.rangeClosed(0, steps)
            .mapToDouble(i -> (double) i / steps)
            .map(
                r ->
                    r == 0
                        ? 1
                        : r == 1
                            ? end
                            : switch (skip) {
                              case "logSNR" -> Inner.LAMBDA.time(schedule, 1, end, r);
                              case "time_uniform" -> Inner.TIME.time(schedule, 1, end, r);
                              default -> Inner.QUADRATIC.time(schedule, 1, end, r);
                            })
            .toArray();
    return new TimeGrid(toZero ? Arrays.copyOf(times, steps + 2) : times);
  }
}
