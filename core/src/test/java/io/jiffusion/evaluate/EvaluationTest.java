package io.jiffusion.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.base.Cancellation;
import io.jiffusion.base.Progress;
import io.jiffusion.config.RunConfig;
import io.jiffusion.data.ImageSet;
import io.jiffusion.pipeline.GaussianExecution;
import io.jiffusion.pipeline.ImageClassifier;
import io.jiffusion.pipeline.Model;
import io.jiffusion.pipeline.Stripes;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class EvaluationTest {
  private static final RunConfig CONFIG =
      RunConfig.of("mnist", List.of("network.unet.height=8", "network.unet.width=8"));
  private static final ImageSet TRAIN = Stripes.of(60, 8, 10, 0);
  private static final ImageSet TEST = Stripes.of(30, 8, 10, 1);
  private static final Evaluation EVALUATION =
      new Evaluation(2, List.of("ddim"), List.of(3), List.of(1.0, 1.5), 4);

  @TempDir static Path folder;

  private static Model model;
  private static ImageClassifier judge;

  @BeforeAll
  static void open() {
    ImageClassifier.train(TRAIN, null, folder, 1, 0, progress -> {}, new Cancellation());
    judge = ImageClassifier.load(folder);
    model = Model.of(CONFIG, new GaussianExecution(CONFIG, 4));
  }

  @AfterAll
  static void close() {
    judge.close();
    model.close();
  }

  private static Report run(Evaluation evaluation) {
    return evaluation.run(model, judge, TRAIN, TEST, progress -> {}, new Cancellation());
  }

  @Test
  void measuresEachStrengthOfGuidanceBesideTrainingAndTestImages() {
    List<Progress> told = new ArrayList<>();
    Report report = EVALUATION.run(model, judge, TRAIN, TEST, told::add, new Cancellation());

    assertThat(report.rows())
        .extracting(Report.Row::name)
        .containsExactly("ddim-3", "ddim-3, guidance 1.5", "training images", "test images");
    assertThat(report.rows()).extracting(Report.Row::images).containsExactly(20, 20, 20, 30);
    Report.Row made = report.rows().get(0);
    assertThat(made.confusion())
        .allSatisfy(row -> assertThat(row.stream().mapToInt(n -> n).sum()).isEqualTo(2));
    assertThat(made.frechet()).isPositive();
    assertThat(made.nearest()).isPositive();
    assertThat(report.rows().get(2).frechet()).isPositive().isLessThan(made.frechet());
    assertThat(report.rows().get(2).nearest()).isNull();
    assertThat(report.rows().get(3).frechet()).isNull();
    assertThat(report.rows().get(3).nearest()).isPositive().isLessThan(made.nearest());
    assertThat(told).extracting(Progress::done).isSorted().last().isEqualTo(120L);
    assertThat(told).allSatisfy(progress -> assertThat(progress.total()).isEqualTo(120));
    assertThat(told.get(told.size() - 1).note()).isEqualTo("ddim-3, guidance 1.5");
  }

  @Test
  void theSameSeedGivesTheSameReport() {
    assertThat(run(EVALUATION)).isEqualTo(run(EVALUATION));
  }

  @Test
  void becomesJson() {
    JsonNode json = JsonMapper.shared().readTree(Evaluation.json(run(EVALUATION)));
    assertThat(json.get("rows")).hasSize(4);
    assertThat(json.get("rows").get(0).get("accuracyByClass")).hasSize(10);
    assertThat(json.get("rows").get(3).has("frechet")).isFalse();
  }

  @Test
  void refusesMoreImagesThanAClassHas() {
    Evaluation many = new Evaluation(4, List.of("ddim"), List.of(3), List.of(1.0), 0);
    assertThatThrownBy(() -> run(many))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("illegal count: 4, must be at most 3, which one class has");
  }

  @Test
  void refusesWhatDoesNotFitTogether() {
    ImageSet large = Stripes.of(30, 16, 10, 1);
    assertThatThrownBy(
            () -> EVALUATION.run(model, judge, TRAIN, large, progress -> {}, new Cancellation()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "illegal images: [[1, 8, 8], [1, 8, 8], [1, 16, 16]], must all be [1, 8, 8] as the model's"
                + " (of classifier, training and test)");
    ImageSet few = Stripes.of(30, 8, 3, 1);
    assertThatThrownBy(
            () -> EVALUATION.run(model, judge, few, few, progress -> {}, new Cancellation()))
        .hasMessage("illegal model: 10 classes, must have the 3 classes of the test images");
    assertThatThrownBy(
            () -> EVALUATION.run(model, judge, few, TEST, progress -> {}, new Cancellation()))
        .hasMessage(
            "illegal classifier or training images: 10 and 3 classes, must have the 10 classes of the test images");
    assertThatThrownBy(() -> new Evaluation(0, List.of("ddim"), List.of(3), List.of(1.0), 0))
        .hasMessage("illegal count: 0, must be 1 or more");
    assertThatThrownBy(() -> new Evaluation(1, List.of("ddim"), List.of(3), List.of(), 0))
        .hasMessage("illegal guidance: none, must be one or more; 1 is none");
  }

  @Test
  void cancellingEndsIt() {
    Cancellation cancellation = new Cancellation();
    assertThatThrownBy(
            () ->
                EVALUATION.run(
                    model, judge, TRAIN, TEST, progress -> cancellation.cancel(), cancellation))
        .isInstanceOf(CancellationException.class);
  }
}
