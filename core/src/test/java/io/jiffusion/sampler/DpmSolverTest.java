package io.jiffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.process.Batch;
import io.jiffusion.process.Denoiser;
import io.jiffusion.process.MixtureDenoiser;
import io.jiffusion.process.Noise;
import io.jiffusion.process.Prediction;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.OrderPlan;
import io.jiffusion.schedule.RectifiedFlow;
import io.jiffusion.schedule.Schedules;
import io.jiffusion.schedule.TimeGrid;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DpmSolverTest {

  @ParameterizedTest
  @CsvSource({
    "1, 3, 1",
    "2, 3, 2",
    "3, 3, 2 1",
    "4, 3, 3 1",
    "5, 3, 3 2",
    "6, 3, 3 2 1",
    "10, 3, 3 3 3 1",
    "12, 3, 3 3 3 2 1",
    "7, 2, 2 2 2 1",
    "8, 2, 2 2 2 2",
    "3, 1, 1 1 1"
  })
  void plansOrdersThatUseTheBudgetExactly(int evaluations, int order, String orders) {
    assertThat(OrderPlan.orders(evaluations, order))
        .isEqualTo(Arrays.stream(orders.split(" ")).mapToInt(Integer::parseInt).toArray());
  }

  @Test
  void startsWhereThereIsNoSignalInTheFormOfTheData() {
    NoiseSchedule flow = new RectifiedFlow();
    MixtureDenoiser model = MixtureDenoiser.of(flow, "plane");
    TimeGrid grid = new TimeGrid(new double[] {1, 0.8, 0.6, 0.4, 0.2, 0.1, 0.05, 0});
    Batch start = Noise.start(new long[] {1, 2}, 2, 1, 1);
    Walk walk = new Walk(model, flow, grid, Noise.keyed(1, 2));
    Batch ddim = new Ddim(0).sample(walk, start);
    for (int order = 1; order <= 3; order++) {
      assertThat(
              Flow.distance(new DpmSolverMultistep(DpmForm.DATA, order).sample(walk, start), ddim))
          .isLessThan(0.5);
      assertThat(
              Flow.distance(
                  new SdeDpmSolverMultistep(order, DpmType.TAYLOR, 0, 1).sample(walk, start), ddim))
          .isLessThan(0.5);
    }
    assertThat(new SdeDpmSolverMultistep(3).sample(walk, start).firstNotFinite()).isEqualTo(-1);
    for (Sampler sampler :
        new Sampler[] {
          new DpmSolverMultistep(DpmForm.NOISE, 2),
          new DpmSolver(DpmForm.DATA, 2),
          new DpmSolverFast(DpmForm.DATA, 3),
          new SdeDpmSolver(1, 1),
          new DpmSolverAdaptive(DpmForm.DATA, 3, new StepControl.Pid())
        }) {
      assertThatThrownBy(() -> sampler.sample(walk, start))
          .hasMessageStartingWith(
              "illegal time: 1.0, where alpha is 0, must have a signal for " + sampler);
    }
  }

  @Test
  void adaptsToEachImageWhateverElseIsInTheBatch() {
    Schedules schedules = Schedules.all().findFirst().orElseThrow();
    MixtureDenoiser model = MixtureDenoiser.of(schedules.schedule(), "plane");
    for (StepControl control :
        new StepControl[] {new StepControl.Proportional(), new StepControl.Pid()}) {
      Sampler sampler = new DpmSolverAdaptive(DpmForm.NOISE, 3, control);
      Batch start = Flow.start(schedules);
      Walk walk = new Walk(model, schedules.schedule(), schedules.grid(1), Noise.keyed(1, 2, 3, 4));
      double[] together = sampler.sample(walk, start).data();
      for (int image = 0; image < 4; image++) {
        assertThat(sampler.sample(walk, start.slice(image, 1)).data())
            .containsExactly(Arrays.copyOfRange(together, 2 * image, 2 * image + 2));
      }
      Sampler whole =
          new DpmSolverAdaptive(
              DpmForm.NOISE, 3, DpmType.DPM_SOLVER, control, new Tolerance(0.05, 0.0078), 0, 1, 4);
      assertThat(whole.sample(walk, start).data()).isNotEqualTo(together);
    }
  }

  @Test
  void constrainsEachImageAtItsOwnTime() {
    Schedules schedules = Schedules.all().findFirst().orElseThrow();
    MixtureDenoiser model = MixtureDenoiser.of(schedules.schedule(), "plane");
    Sampler sampler = new DpmSolverAdaptive(DpmForm.DATA, 3, new StepControl.Proportional());
    Walk walk =
        new Walk(model, schedules.schedule(), schedules.grid(1), Noise.NONE)
            .constraint((k, t, x) -> x.times(1 + 0.1 * t));
    Batch start = Flow.start(schedules);
    double[] together = sampler.sample(walk, start).data();
    for (int image = 0; image < 4; image++) {
      assertThat(sampler.sample(walk, start.slice(image, 1)).data())
          .containsExactly(Arrays.copyOfRange(together, 2 * image, 2 * image + 2), within(1e-12));
    }
  }

  @Test
  void givesUpWithAClearMessageWhereNoStepIsSmallEnough() {
    Schedules schedules = Schedules.all().findFirst().orElseThrow();
    Denoiser noisy = (xt, t) -> new Prediction(xt.times(Math.sin(1e9 * t)));
    Sampler sampler =
        new DpmSolverAdaptive(
            DpmForm.DATA,
            2,
            DpmType.DPM_SOLVER,
            new StepControl.Proportional(),
            new Tolerance(1e-9, 1e-9),
            0,
            1,
            1);
    Walk walk = new Walk(noisy, schedules.schedule(), schedules.grid(1), Noise.NONE);
    assertThatThrownBy(() -> sampler.sample(walk, Noise.start(new long[] {1}, 1, 1, 1)))
        .isInstanceOf(JiffusionException.class)
        .hasMessageMatching(
            "illegal step: image 0 is at t = .* after 10000 trials, must be at 0.02; raise rtol and atol");
  }

  @Test
  void refusesWhatIsNoChoice() {
    assertThatThrownBy(() -> new DpmSolver(DpmForm.DATA, 4))
        .hasMessage("illegal order: 4, must be 1, 2 or 3");
    assertThatThrownBy(() -> OrderPlan.orders(0, 3))
        .hasMessage("illegal evaluations: 0, must be 1 or more");
    assertThatThrownBy(
            () -> new DpmSolverMultistep(DpmForm.DATA, 2, DpmType.TAYLOR, LowerOrder.NEVER, true))
        .hasMessage("illegal order: 2 with exact, must be 3; lower orders are what they say");
    assertThatThrownBy(() -> new DpmSolverAdaptive(DpmForm.DATA, 1, new StepControl.Proportional()))
        .hasMessage("illegal order: 1, must be 2 or 3, the higher of the two that are compared");
    assertThatThrownBy(() -> new Tolerance(0.1, 0))
        .hasMessage("illegal tolerances: rtol 0.1 and atol 0.0, must be 0 or more and above 0");
    Schedules schedules = Schedules.all().findFirst().orElseThrow();
    assertThatThrownBy(
            () ->
                walk(
                    new DpmSolverAdaptive(DpmForm.DATA, 2, new StepControl.Pid()),
                    schedules,
                    new TimeGrid(new double[] {1, 0})))
        .hasMessage(
            "illegal grid: [1.0, 0.0], must have a time between for a sampler that adapts its"
                + " steps: it goes as far as there is noise");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "dpm-solver-3:type=taylor,inner=time-quadratic | DpmSolver[form=NOISE, order=3, type=TAYLOR, inner=TIME_QUADRATIC]",
        "dpm-solver-fast:form=data,order=2 | DpmSolverFast[form=DATA, order=2, type=DPM_SOLVER, eta=0.0, noise=1.0]",
        "dpm-fast:eta=0.6 | DpmSolverFast[form=NOISE, order=3, type=DPM_SOLVER, eta=0.6, noise=1.0]",
        "dpm-solver-multistep:order=3,exact | DpmSolverMultistep[form=NOISE, order=3, type=DPM_SOLVER, lowerOrder=FEW, exact=true]",
        "dpmpp-2m:final=never | DpmSolverMultistep[form=DATA, order=2, type=DPM_SOLVER, lowerOrder=NEVER, exact=false]",
        "dpmpp-2m-sde:type=heun,eta=0.5 | SdeDpmSolverMultistep[order=2, type=TAYLOR, eta=0.5, noise=1.0]",
        "dpmpp-3m-sde | SdeDpmSolverMultistep[order=3, type=TAYLOR, eta=1.0, noise=1.0]",
        "dpmpp-sde:snoise=1.01 | SdeDpmSolver[eta=1.0, noise=1.01]",
        "dpm-solver-adaptive:order=2,rtol=0.01 | DpmSolverAdaptive[form=NOISE, order=2, type=DPM_SOLVER, control=Proportional[first=0.05, theta=0.9], tolerance=Tolerance[relative=0.01, absolute=0.0078], eta=0.0, noise=1.0, group=1]",
        "dpm-adaptive:pcoeff=0.2 | DpmSolverAdaptive[form=NOISE, order=3, type=DPM_SOLVER, control=Pid[first=0.05, p=0.2, i=1.0, d=0.0, safety=0.81], tolerance=Tolerance[relative=0.05, absolute=0.0078], eta=0.0, noise=1.0, group=1]",
      })
  void isReadFromText(String text, String sampler) {
    assertThat(Samplers.parse(text)).hasToString(sampler);
  }

  private static Batch walk(Sampler sampler, Schedules schedules, TimeGrid grid) {
    Denoiser model = MixtureDenoiser.of(schedules.schedule(), "plane");
    return sampler.sample(
        new Walk(model, schedules.schedule(), grid, Noise.keyed(1, 2, 3, 4)),
        Flow.start(schedules));
  }
}
