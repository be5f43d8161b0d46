package io.jiffusion.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.config.Binder;
import io.jiffusion.config.RunConfig;
import io.jiffusion.config.Tree;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Guidance of models that were trained with a class for "no class", and do not say which. */
@Timeout(30)
class NullClassTest {
  private static final RunConfig TRAINED =
      RunConfig.of(
          "mnist", List.of("network.unet.height=8", "network.unet.width=8", "process.steps=20"));
  private static final RunConfig IMPORTED =
      new RunConfig(null, TRAINED.network(), TRAINED.process(), null);
  private static final SampleRequest GUIDED =
      SampleRequest.of(2).steps(5).classes(3).guidance(2).floats(true);

  private static float[] made(RunConfig config, SampleRequest request) {
    try (Model model = Model.of(config, new GaussianExecution(config, 4))) {
      return model.sample(request).values();
    }
  }

  @Test
  void withoutOneTheErrorSaysHowToTellIt() {
    assertThat(IMPORTED.nullClass()).isEqualTo(-1);
    assertThat(IMPORTED.classes()).isEqualTo(11);
    for (SampleRequest request : List.of(GUIDED, GUIDED.guidance(1).classes(new int[0]))) {
      assertThatThrownBy(() -> made(IMPORTED, request))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageEndingWith(
              "because this model does not say which of its classes, 0 to 10, stands for no class;"
                  + " if it was trained with one, name it by --null-class");
    }
    assertThatThrownBy(() -> made(TRAINED.with(List.of("train.labelDrop=0")), GUIDED))
        .hasMessageEndingWith("because this model was trained without label dropout");
    SampleRequest unconditional = GUIDED.guidance(1).guide("classifier:unconditional");
    assertThatThrownBy(() -> made(IMPORTED, unconditional))
        .isInstanceOf(RuntimeException.class)
        .hasMessageNotContaining("bug");
  }

  @Test
  void theOneThatIsToldGuides() {
    assertThat(made(IMPORTED.withNullClass(10), GUIDED)).isEqualTo(made(TRAINED, GUIDED));
    assertThat(IMPORTED.withNullClass(10).classes()).isEqualTo(10);
    RunConfig first = IMPORTED.withNullClass(0);
    assertThat(first.classes()).isEqualTo(11);
    assertThat(made(first, GUIDED)).isNotEqualTo(made(TRAINED, GUIDED));
    assertThat(made(first, GUIDED.guidance(0)))
        .as("guidance 0 is the model without a class")
        .isEqualTo(made(IMPORTED, GUIDED.guidance(1).classes(0)));
    assertThat(made(first, GUIDED.guidance(1).classes(new int[0])))
        .isEqualTo(made(IMPORTED, GUIDED.guidance(1).classes(0)));
  }

  @Test
  void isKeptInTheConfiguration() {
    RunConfig told = IMPORTED.withNullClass(4);
    assertThat(Binder.bind(RunConfig.class, Tree.json(Tree.of(told).toJson(), "run.json")))
        .isEqualTo(told);
    assertThat(IMPORTED.withNullClass(null)).isSameAs(IMPORTED);
  }

  @Test
  void aRowThatIsNotThereOrContradictsTheTrainingIsRefused() {
    assertThatThrownBy(() -> IMPORTED.withNullClass(11))
        .isInstanceOf(JiffusionException.class)
        .hasMessage(
            "illegal nullClass: 11, must be from 0 to 10, a row of the model's class table");
    assertThatThrownBy(() -> IMPORTED.withNullClass(-1)).hasMessageContaining("must be 0 or more");
    assertThatThrownBy(() -> TRAINED.withNullClass(3))
        .hasMessage("illegal nullClass: 3, must be 10 as in the training, or left out");
    assertThat(TRAINED.withNullClass(10).nullClass()).isEqualTo(10);
    assertThatThrownBy(() -> TRAINED.with(List.of("train.labelDrop=0")).withNullClass(3))
        .hasMessage(
            "illegal nullClass: 3, must be left out, because this model was trained without label"
                + " dropout");
    RunConfig without = TRAINED.with(List.of("network.unet.classes=0", "train.labelDrop=0"));
    assertThatThrownBy(() -> without.withNullClass(0))
        .hasMessage("illegal nullClass: 0, must be left out, because this model has no classes");
  }
}
