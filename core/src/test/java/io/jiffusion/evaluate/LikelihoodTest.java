package io.jiffusion.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.base.Cancellation;
import io.jiffusion.base.Progress;
import io.jiffusion.config.Home;
import io.jiffusion.config.RunConfig;
import io.jiffusion.data.ImageSet;
import io.jiffusion.pipeline.GaussianExecution;
import io.jiffusion.pipeline.ImageClassifier;
import io.jiffusion.pipeline.Model;
import io.jiffusion.pipeline.ModelOptions;
import io.jiffusion.pipeline.Stripes;
import io.jiffusion.process.OptimalVariance;
import io.jiffusion.schedule.NoiseSchedule;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(30)
class LikelihoodTest {
  private static final RunConfig CONFIG =
      RunConfig.of(
          "mnist", List.of("network.unet.height=8", "network.unet.width=8", "process.clip=false"));
  private static final ImageSet DATA = Stripes.of(40, 8, 10, 0);
  private static final int COUNT = 20;

  private final Model model =
      Model.of(CONFIG, new GaussianExecution(CONFIG, 4), new OptimalVariance(expectedNoise()));

  @AfterEach
  void close() {
    model.close();
  }

  /** Mean square of the noise that the Gaussian model predicts for data of its own. */
  private static double[] expectedNoise() {
    NoiseSchedule schedule = CONFIG.process().noiseSchedule();
    return IntStream.rangeClosed(1, 1000)
        .mapToDouble(
            i -> {
              double signal = schedule.alpha(i / 1000.0) * GaussianExecution.STD;
              double sigma = schedule.sigma(i / 1000.0);
              return sigma * sigma / (signal * signal + sigma * sigma);
            })
        .toArray();
  }

  /** What every image costs under the Gaussian, spread over levels or not. */
  private static double[] known(boolean ownClasses) {
    double std = GaussianExecution.STD;
    float[] values = ImageClassifier.examples(DATA, RealImages.some(DATA, COUNT));
    double[] bits = new double[COUNT];
    int size = values.length / COUNT;
    for (int i = 0; i < values.length; i++) {
      int label = ownClasses ? DATA.label(i / size * DATA.size() / COUNT) : CONFIG.nullClass();
      double from = (values[i] - 0.1 * label) / std;
      double nats = 0.5 * Math.log(2 * Math.PI * std * std) + 0.5 * from * from + Math.log(127.5);
      bits[i / size] += nats / size / Math.log(2);
    }
    return bits;
  }

  private Likelihood.Result run(Likelihood likelihood) {
    return likelihood.run(model, DATA, COUNT, progress -> {}, new Cancellation());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theFlowOfAGaussianModelCostsTheBitsOfTheGaussian(boolean ownClasses) {
    Likelihood.Flow flow = run(new Likelihood(0, "auto", 2, 1e-5, 1e-5, ownClasses, 0)).flow();
    double[] known = known(ownClasses);
    // at time 1 the states are nearly, not exactly, the standard normal that the flow ends in
    assertThat(flow.images()).containsExactly(known, within(5e-2));
    Likelihood.Mean mean = Likelihood.Mean.of(known);
    assertThat(flow.total().bits()).isCloseTo(mean.bits(), within(3e-2));
    assertThat(flow.total().error()).isCloseTo(mean.error(), within(1e-2));
    // its derivative is the same in all directions, so only the spreading over levels is left
    assertThat(flow.probeError()).isBetween(0.0, 5e-3);
    assertThat(flow.evaluations()).isPositive();
  }

  @Test
  void theBoundIsNearThemWithTheOptimalVariance() {
    Likelihood.Bound bound = run(new Likelihood(1000, "optimal", 0, 1e-3, 1e-3, true, 0)).bound();
    assertThat(bound.total().bits()).isCloseTo(Likelihood.Mean.of(known(true)).bits(), within(0.1));
  }

  @Test
  void theBoundIsTheSumOfItsPartsAndHigherForFewerSteps() {
    Likelihood.Result result = run(new Likelihood(20, "auto", 0, 1e-3, 1e-3, true, 3));
    Likelihood.Bound bound = result.bound();
    assertThat(result.flow()).isNull();
    assertThat(bound.prior().bits() + bound.between().bits() + bound.decoder().bits())
        .isCloseTo(bound.total().bits(), within(1e-12));
    assertThat(bound.prior().bits() + Arrays.stream(bound.terms()).sum())
        .isCloseTo(bound.total().bits(), within(1e-12));
    assertThat(bound.terms()[19]).isCloseTo(bound.decoder().bits(), within(1e-12));
    assertThat(bound.times()).hasSize(20).doesNotContain(0);
    assertThat(bound.images()).hasSize(COUNT);
    assertThat(run(new Likelihood(100, "auto", 0, 1e-3, 1e-3, true, 3)).bound().total().bits())
        .isLessThan(bound.total().bits());
  }

  @Test
  void oneImageHasNoErrorAndJsonLeavesOutWhatIsNotKnown() {
    Likelihood.Result one =
        new Likelihood(0, "auto", 1, 1e-3, 1e-3, true, 0)
            .run(model, DATA, 1, progress -> {}, new Cancellation());
    assertThat(one.flow().total().error()).isNull();
    assertThat(one.flow().probeError()).isNull();
    assertThat(one.json())
        .startsWith("{\"count\":1,\"flow\":{\"total\":{\"bits\":")
        .doesNotContain("error")
        .doesNotContain("bound");
  }

  @Test
  void progressCountsUpToItsTotalForBoth() {
    List<Progress> told = new ArrayList<>();
    new Likelihood(5, "auto", 2, 1e-3, 1e-3, true, 0)
        .run(model, DATA, COUNT, told::add, new Cancellation());
    List<Progress> bound =
        told.stream().filter(one -> one.unit().equals("evaluations for the bound")).toList();
    List<Progress> flow =
        told.stream().filter(one -> one.unit().equals("evaluations along the flow")).toList();
    assertThat(bound).hasSize(2 * 5).allMatch(one -> one.total() == 5 * COUNT);
    assertThat(bound.get(9).done()).isEqualTo(5 * COUNT);
    assertThat(flow)
        .hasSizeGreaterThan(20)
        .isSortedAccordingTo((a, b) -> (int) (a.done() - b.done()));
    Progress last = flow.get(flow.size() - 1);
    assertThat(last.total()).isBetween(last.done(), last.done() + last.done() / 10);
  }

  @Test
  void aCancelledOneEnds() {
    Cancellation cancellation = new Cancellation();
    assertThatThrownBy(
            () ->
                Likelihood.of()
                    .run(model, DATA, COUNT, progress -> cancellation.cancel(), cancellation))
        .isInstanceOf(CancellationException.class);
    assertThat(run(new Likelihood(2, "auto", 0, 1e-3, 1e-3, true, 0)).bound()).isNotNull();
  }

  @Test
  void anInterruptedThreadEndsIt() {
    assertThatThrownBy(
            () ->
                Likelihood.of()
                    .run(
                        model,
                        DATA,
                        COUNT,
                        progress -> Thread.currentThread().interrupt(),
                        new Cancellation()))
        .isInstanceOf(CancellationException.class);
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void wrongCallsAreToldByRule() {
    assertThatThrownBy(() -> new Likelihood(-1, "auto", 1, 1e-3, 1e-3, true, 0))
        .hasMessage("illegal steps: -1, must be 1 or more, or 0 for no bound");
    assertThatThrownBy(() -> new Likelihood(0, "auto", 0, 1e-3, 1e-3, true, 0))
        .hasMessage("illegal steps and probes: 0, must be 1 or more, one of them");
    assertThatThrownBy(() -> new Likelihood(10, "smal", 1, 1e-3, 1e-3, true, 0))
        .hasMessageStartingWith("illegal variance: smal, must be one of auto, optimal, small,");
    assertThatThrownBy(() -> new Likelihood(10, "auto", 1, 0, 1e-3, true, 0))
        .hasMessageStartingWith("illegal tolerances: rtol 0.0");
    assertThatThrownBy(
            () -> Likelihood.of().run(model, DATA, 41, progress -> {}, new Cancellation()))
        .hasMessage("illegal count: 41, must be from 1 to 40, the images that there are");
    assertThatThrownBy(
            () ->
                Likelihood.of()
                    .run(model, Stripes.of(4, 16, 10, 0), 2, progress -> {}, new Cancellation()))
        .hasMessage("illegal images: [1, 16, 16], must be [1, 8, 8] as the model's");
    try (Model coarse = Model.load(Home.model(Home.BUNDLED), ModelOptions.of().precision("bf16"))) {
      assertThatThrownBy(
              () -> Likelihood.of().run(coarse, DATA, 2, progress -> {}, new Cancellation()))
          .hasMessage(
              "illegal precision: bf16, must be fp32 for the likelihood of the flow: the derivative"
                  + " in others is too coarse");
    }
  }
}
