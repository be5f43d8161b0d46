package io.jiffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.process.Batch;
import io.jiffusion.process.Clip;
import io.jiffusion.process.Denoiser;
import io.jiffusion.process.MixtureDenoiser;
import io.jiffusion.process.Noise;
import io.jiffusion.process.Variance;
import io.jiffusion.sampler.SamplerTable.Row;
import io.jiffusion.sampler.UniPc.Variant;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.Schedules;
import io.jiffusion.schedule.TimeGrid;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Samplers that are the same, though papers and programs call them otherwise. */
class IdentitiesTest {
  private static final LowerOrder NEVER = LowerOrder.NEVER;

  /** By the number of the draw, also where a sampler asks by the interval. */
  private static final Noise SAME_NORMALS = Noise.keyed(1, 2, 3, 4).byDraw();

  /** Samplers of the list that look at the time, or at x_t itself. */
  private static final Set<String> NOT_OF_SIGNAL_TO_NOISE =
      Set.of(
          "deis", // a polynomial in time
          "pndm", // has a middle of two times
          "euler-maruyama",
          "reverse-diffusion",
          "pc",
          "rk45",
          "dpm-solver-adaptive"); // tolerances of x_t

  private static Stream<List<Sampler>> same() {
    return Stream.of(
        ddim(),
        List.of(new Ddim(0.5), new EulerAncestral(0.5, 1)),
        List.of(
            new Ddim(1),
            new Ancestral(Variance.SMALL),
            new EulerAncestral(1, 1),
            new SdeDpmSolverMultistep(1),
            new SaSolver(1, 0, 1, NEVER)),
        List.of(new Ddim(1, true, true), new Ancestral(Variance.LARGE)),
        List.of(new Dpm2(), new Dpm2Ancestral(0, 1), new DpmSolver(DpmForm.NOISE, 2)),
        List.of(
            new DpmSolver(DpmForm.DATA, 2),
            new DpmPlusPlus2SAncestral(0, 1),
            new SdeDpmSolver(0, 1)),
        List.of(
            new DpmSolverMultistep(DpmForm.DATA, 2, DpmType.DPM_SOLVER, NEVER, false),
            new SdeDpmSolverMultistep(2, DpmType.DPM_SOLVER, 0, 1),
            new UniPc(2, Variant.BH2, DpmForm.DATA, false, NEVER)),
        List.of(new Lms(4, true), new Deis(3, Deis.Axis.RHO, NEVER)),
        List.of(
            new Deis(2, Deis.Axis.LOG_RHO, NEVER),
            new UniPc(3, Variant.VARYING, DpmForm.NOISE, false, NEVER)),
        List.of(
            new SaSolver(3, 4, 0, LowerOrder.ALWAYS),
            new UniPc(3, Variant.VARYING, DpmForm.DATA, true, LowerOrder.ALWAYS)));
  }

  /** The first order of all deterministic families. */
  private static List<Sampler> ddim() {
    List<Sampler> ddim =
        new ArrayList<>(
            List.of(
                new Ddim(0),
                new Euler(),
                new EulerAncestral(0, 1),
                new Lms(1, true),
                new Pndm(1, Pndm.Start.LOWER_ORDER, true),
                new SaSolver(1, 0, 0, NEVER)));
    for (Deis.Axis axis : Deis.Axis.values()) {
      ddim.add(new Deis(0, axis, NEVER));
    }
    for (DpmForm form : DpmForm.values()) {
      ddim.add(new DpmSolver(form, 1));
      ddim.add(new DpmSolverMultistep(form, 1));
      ddim.add(new DpmSolverFast(form, 1));
      ddim.add(new UniPc(1, Variant.BH2, form, false, NEVER));
    }
    return ddim;
  }

  static Stream<Arguments> sameOnSchedules() {
    return Schedules.all()
        .flatMap(schedule -> same().map(samplers -> Arguments.of(samplers, schedule)));
  }

  /** Also where the data is clipped, since the noise is derived again from it. */
  @ParameterizedTest(name = "{0} on {1}")
  @MethodSource("sameOnSchedules")
  void hasSeveralNamesForTheSame(List<Sampler> samplers, Schedules schedules) {
    TimeGrid noisy = schedules.grid(7);
    TimeGrid whole = new TimeGrid(Arrays.copyOf(noisy.times(), 9));
    Denoiser model = model(schedules.schedule());
    for (TimeGrid grid : List.of(noisy, whole)) {
      for (Denoiser denoiser : List.of(model, new Clip(model))) {
        List<double[]> first = states(samplers.get(0), denoiser, schedules, grid);
        for (Sampler sampler : samplers) {
          List<double[]> others = states(sampler, denoiser, schedules, grid);
          for (int k = 0; k < grid.steps(); k++) {
            assertThat(others.get(k))
                .as("state %d of %s with %s", k, sampler, denoiser)
                .containsExactly(first.get(k), within(1e-9));
          }
        }
      }
    }
  }

  private static List<double[]> states(
      Sampler sampler, Denoiser model, Schedules schedules, TimeGrid grid) {
    List<double[]> states = new ArrayList<>();
    Walk walk =
        new Walk(model, schedules.schedule(), grid, SAME_NORMALS)
            .watch((k, t, x) -> states.add(x.data()));
    sampler.sample(walk, Flow.start(schedules));
    return states;
  }

  static Stream<Row> ofSignalToNoise() {
    return SamplerTable.rows()
        .filter(row -> !NOT_OF_SIGNAL_TO_NOISE.contains(Samplers.method(row.text()).name()))
        .filter(row -> !row.text().matches(".*(large|sigma-hat|inner=time).*")); // look at alpha, t
  }

  @ParameterizedTest
  @MethodSource("ofSignalToNoise")
  void makesTheSamePictureOfTheSameSignalToNoiseOnEverySchedule(Row row) {
    double[] first = null;
    for (Schedules schedules : Schedules.all().toList()) {
      double[] end = betweenTwoLevels(row.sampler(), schedules.schedule(), 8);
      first = first == null ? end : first;
      assertThat(end).as("%s", schedules).containsExactly(first, within(1e-9));
    }
  }

  static Stream<Sampler> ofTime() {
    return Stream.of(
        Samplers.parse("deis"),
        Samplers.parse("pndm"),
        new DpmSolver(DpmForm.DATA, 3, DpmType.DPM_SOLVER, DpmSolver.Inner.TIME),
        new EulerMaruyama(true),
        new ReverseDiffusion(true));
  }

  @ParameterizedTest
  @MethodSource("ofTime")
  void makesItOnlyInTheLimitWhereItLooksAtTheTime(Sampler sampler) {
    double coarse = apart(sampler, 16);
    assertThat(coarse).isGreaterThan(1e-6);
    assertThat(apart(sampler, 256)).isLessThan(coarse / 10); // 16 at order 1
  }

  private static double apart(Sampler sampler, int steps) {
    List<double[]> ends =
        Schedules.all()
            .filter(one -> Set.of("VP", "sub-VP").contains(one.name()))
            .map(one -> betweenTwoLevels(sampler, one.schedule(), steps))
            .toList();
    double most = 0;
    for (int i = 0; i < ends.get(0).length; i++) {
      most = Math.max(most, Math.abs(ends.get(0)[i] - ends.get(1)[i]));
    }
    return most;
  }

  /** The end in x/alpha of a walk from half log-SNR −2 to 3 in equal steps. */
  private static double[] betweenTwoLevels(Sampler sampler, NoiseSchedule schedule, int steps) {
    double[] times = new double[steps + 1];
    for (int k = 0; k <= steps; k++) {
      times[k] = schedule.timeOf(-2 + k * 5.0 / steps);
    }
    Batch start = Noise.start(new long[] {1, 2}, 2, 1, 1);
    Walk walk = new Walk(model(schedule), schedule, new TimeGrid(times), SAME_NORMALS);
    return sampler
        .sample(walk, start.times(8 * schedule.alpha(times[0])))
        .times(1 / schedule.alpha(times[steps]))
        .data();
  }

  private static MixtureDenoiser model(NoiseSchedule schedule) {
    return MixtureDenoiser.of(schedule, "plane");
  }
}
