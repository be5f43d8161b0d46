package io.jiffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.base.Cancellation;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.Progress;
import io.jiffusion.process.Batch;
import io.jiffusion.process.MixtureDenoiser;
import io.jiffusion.process.Noise;
import io.jiffusion.process.Prediction;
import io.jiffusion.schedule.DiscreteBetas;
import io.jiffusion.schedule.Respacing;
import io.jiffusion.schedule.TimeGrid;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class WalkTest {
  private final DiscreteBetas betas = DiscreteBetas.cosine(100);
  private final TimeGrid grid = TimeGrid.of(100, Respacing.uniform(100, 5));
  private final Walk walk =
      new Walk(MixtureDenoiser.gaussian(betas, 0, 0.5), betas, grid, Noise.keyed(1, 2));
  private final Batch start = Noise.start(new long[] {1, 2}, 1, 1, 1);

  @Test
  void tellsTheProgressAfterEveryStep() {
    List<Progress> seen = new ArrayList<>();
    new Ddim(0).sample(walk.progress(seen::add), start);
    assertThat(seen).extracting(Progress::done).containsExactly(1L, 2L, 3L, 4L, 5L);
    assertThat(seen)
        .allSatisfy(
            progress -> {
              assertThat(progress.total()).isEqualTo(5);
              assertThat(progress.unit()).isEqualTo("steps");
              assertThat(progress.seconds()).isGreaterThan(0);
            });
  }

  @Test
  void dataAndNoiseOfOneStateCostOneEvaluation() {
    AtomicInteger evaluations = new AtomicInteger();
    Walk counted =
        walk.denoiser(
            (xt, t) -> {
              evaluations.incrementAndGet();
              return walk.denoiser().at(xt, t);
            });
    BothPredictions both = counted.both(start, 0.61);
    assertThat(evaluations).hasValue(1);
    assertThat(both.x0().data()).isEqualTo(walk.x0(start, 0.61).data());
    assertThat(both.eps().data()).isEqualTo(walk.eps(start, 0.61).data());
  }

  @Test
  void showsEveryStateAndItsTime() {
    List<Double> times = new ArrayList<>();
    List<Batch> states = new ArrayList<>();
    Batch last =
        new Ddim(0)
            .sample(
                walk.watch(
                    (k, t, x) -> {
                      assertThat(k).isEqualTo(states.size());
                      times.add(t);
                      states.add(x);
                    }),
                start);
    assertThat(times).containsExactly(0.61, 0.41, 0.21, 0.01, 0.0);
    assertThat(states.get(4)).isSameAs(last);
  }

  @Test
  void goesOnWithWhatTheConstraintMakesOfTheState() {
    List<Batch> entered = new ArrayList<>();
    Walk constrained =
        new Walk(
                (xt, t) -> {
                  entered.add(xt);
                  return walk.denoiser().at(xt, t);
                },
                betas,
                grid,
                Noise.keyed(1, 2))
            .constraint((k, t, x) -> x.with(new double[] {k, t}));
    Batch last = new Ddim(0).sample(constrained, start);
    assertThat(entered.get(1).data()).containsExactly(0, 0.61);
    assertThat(last.data()).containsExactly(4, 0);
  }

  @Test
  void stopsBeforeTheNextStepWhenCancelled() {
    Cancellation cancellation = new Cancellation();
    List<Integer> steps = new ArrayList<>();
    Walk cancelled =
        walk.cancellation(cancellation)
            .watch(
                (k, t, x) -> {
                  steps.add(k);
                  if (k == 1) {
                    cancellation.cancel();
                  }
                });
    assertThatThrownBy(() -> new Ddim(0).sample(cancelled, start))
        .isInstanceOf(CancellationException.class);
    assertThat(steps).containsExactly(0, 1);
  }

  @Test
  void stopsAtTheStepWhereANumberIsLost() {
    Walk broken =
        new Walk(
            (xt, t) -> new Prediction(xt.with(new double[] {0, t < 0.5 ? Double.NaN : 0})),
            betas,
            grid,
            Noise.keyed(1, 2));
    assertThatThrownBy(() -> new Ddim(0).sample(broken, start))
        .isInstanceOf(JiffusionException.class)
        .hasMessage(
            "illegal state: image 1 is not finite after step 3, at t = 0.21, must be numbers;"
                + " check the model's weights, or try the precision fp32");
  }
}
