package io.jiffusion.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.base.Cancellation;
import io.jiffusion.base.Progress;
import io.jiffusion.config.RunConfig;
import io.jiffusion.config.Tree;
import io.jiffusion.data.ImageSet;
import io.jiffusion.data.ImageSource;
import io.jiffusion.data.ImageSources;
import io.jiffusion.data.Images;
import io.jiffusion.evaluate.Evaluation.Judged;
import io.jiffusion.measure.Features;
import io.jiffusion.measure.Statistics;
import io.jiffusion.pipeline.GaussianExecution;
import io.jiffusion.pipeline.ImageClassifier;
import io.jiffusion.pipeline.Model;
import io.jiffusion.pipeline.Provenance;
import io.jiffusion.pipeline.SampleRequest;
import io.jiffusion.pipeline.Stripes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class EvaluationTest {
  private static final Set<Measure> ALL = EnumSet.allOf(Measure.class);
  private static final Consumer<Progress> UNHEARD = progress -> {};

  @TempDir static Path folder;

  private static FeatureExtractor extractor;

  private static ImageSource stripes(String name, int count, int size, long seed) {
    return ImageSources.of(name, Stripes.of(count, size, 4, seed));
  }

  private static ImageSource train() {
    return stripes("train", 200, 8, 0);
  }

  private static ImageSource test() {
    return stripes("test", 100, 8, 1);
  }

  @BeforeAll
  static void open() {
    Path classifier = folder.resolve("stripes-classifier");
    ImageClassifier.train(
        Stripes.of(200, 8, 4, 0), null, classifier, 30, 0, UNHEARD, new Cancellation());
    extractor = FeatureExtractors.open(classifier);
  }

  @AfterAll
  static void close() {
    extractor.close();
  }

  private static Evaluation evaluation(Reference reference, Set<Measure> measures, Path store) {
    return new Evaluation(extractor, reference, measures, new FeatureStore(store), 0);
  }

  private static Judged judge(Reference reference, ImageSource set, Path store) {
    return evaluation(reference, ALL, store).judge("a set", null, set, UNHEARD, new Cancellation());
  }

  private static Map<Measure, QualityReport.Measurement> byMeasure(Judged judged) {
    Map<Measure, QualityReport.Measurement> found = new EnumMap<>(Measure.class);
    judged.row().measurements().forEach(each -> found.put(each.measure(), each));
    return found;
  }

  private static Reference reference() {
    ImageSource train = train();
    return new Reference(train, null, test(), train);
  }

  @Test
  void aSetOfTheSameKindMeasuresAsRealImagesDo(@TempDir Path store) {
    Judged judged = judge(reference(), stripes("others", 100, 8, 2), store);
    Map<Measure, QualityReport.Measurement> found = byMeasure(judged);

    assertThat(found.keySet())
        .containsExactlyInAnyOrderElementsOf(
            EnumSet.complementOf(EnumSet.of(Measure.SPATIAL_FRECHET, Measure.KID_SUBSETS)));
    assertThat(found.values())
        .allSatisfy(
            each -> {
              assertThat(each.error()).as(each.toString()).isNotNegative();
              double gap = Math.abs(each.value() - each.real());
              assertThat(gap).as(each.toString()).isLessThan(6 * each.error() + 1e-6);
              assertThat(each.images()).isEqualTo(100);
            });
    assertThat(judged.row().images()).isEqualTo(100);
    assertThat(judged.row().classes().confusion()).hasSize(4);
    assertThat(judged.sheet().count()).isEqualTo(64);
    assertThat(judged.neighbours().images().count()).isEqualTo(16);
    assertThat(judged.neighbours().distances())
        .hasSize(16)
        .allSatisfy(d -> assertThat(d).isPositive());
  }

  @Test
  void aSetOfOneClassIsFartherThanRealImages(@TempDir Path store) {
    ImageSet all = Stripes.of(400, 8, 4, 3);
    byte[] plain = new byte[100 * 64];
    for (int i = 0; i < 100; i++) {
      System.arraycopy(all.images().bytes(), 4 * i * 64, plain, i * 64, 64);
    }
    ImageSource one =
        ImageSources.of("plain", new ImageSet(new Images(100, 8, 8, 1, plain), null, List.of()));
    Map<Measure, QualityReport.Measurement> found = byMeasure(judge(reference(), one, store));
    for (Measure measure :
        List.of(
            Measure.FRECHET, Measure.FRECHET_INFINITY, Measure.KID, Measure.CMMD, Measure.MIND)) {
      QualityReport.Measurement each = found.get(measure);
      assertThat(each.value() - 3 * each.error()).as(measure.key()).isGreaterThan(each.real());
    }
    assertThat(found.get(Measure.RECALL).value()).isLessThan(found.get(Measure.RECALL).real());
    assertThat(found).doesNotContainKey(Measure.ACCURACY);
  }

  @Test
  void realImagesAreHeldOutOfAReferenceThatHasNoOtherPart(@TempDir Path store) {
    ImageSource train = train();
    Evaluation evaluation = evaluation(new Reference(train, null, null, train), ALL, store);
    Judged judged = evaluation.judge("a set", null, test(), UNHEARD, new Cancellation());
    assertThat(byMeasure(judged).get(Measure.FRECHET).real()).isPositive();
    assertThat(byMeasure(judged).get(Measure.NEAREST).real()).isNull();
    assertThat(evaluation.report(List.of(judged.row()), Map.of()).notes())
        .anyMatch(note -> note.contains("100 images of the reference, beside the 100 others"))
        .anyMatch(note -> note.contains("100 images are fewer than twice the 128 features"))
        .anyMatch(note -> note.contains("100 images are too few for KID, subsets (1000)"));
  }

  @Test
  void statisticsSufficeForFrechetDistances(@TempDir Path store) {
    Features features =
        new FeatureStore(store).of(extractor, train(), UNHEARD, new Cancellation()).features();
    StoredStatistics stored =
        new StoredStatistics("train", "", 200, extractor.source(), Statistics.of(features), null);
    Judged beside = judge(new Reference(null, stored, null, null), test(), store);
    Judged beforeImages = judge(reference(), test(), store);
    assertThat(byMeasure(beside).keySet())
        .containsExactlyInAnyOrder(
            Measure.FRECHET, Measure.FRECHET_INFINITY, Measure.INCEPTION_SCORE, Measure.ACCURACY);
    assertThat(byMeasure(beside).get(Measure.FRECHET).value())
        .isEqualTo(byMeasure(beforeImages).get(Measure.FRECHET).value());
    FeatureSource other = new FeatureSource("other", "", "0".repeat(64), "none", "distance");
    assertThatThrownBy(
            () ->
                judge(
                    new Reference(
                        null,
                        new StoredStatistics("train", "", 200, other, stored.features(), null),
                        null,
                        null),
                    test(),
                    store))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must be of the network");
  }

  @Test
  void noImageIsLookedAtTwice(@TempDir Path store) throws IOException {
    List<Progress> told = new ArrayList<>();
    FeatureStore features = new FeatureStore(store);
    ImageSource many = stripes("many", 1200, 8, 5);
    FeatureExtractor.Extraction first = features.of(extractor, many, told::add, new Cancellation());
    assertThat(told).hasSize(19).last().extracting(Progress::done).isEqualTo(1200L);
    try (Stream<Path> files = Files.walk(store).filter(Files::isRegularFile)) {
      Files.delete(files.sorted().toList().get(1));
    }
    told.clear();
    FeatureExtractor.Extraction again = features.of(extractor, many, told::add, new Cancellation());
    assertThat(told).hasSize(3); // the second part alone
    assertThat(again.features().values()).isEqualTo(first.features().values());
    assertThat(again.logits().values()).isEqualTo(first.logits().values());
  }

  @Test
  void whatDoesNotFitTogetherIsRefused(@TempDir Path store) {
    assertThatThrownBy(() -> judge(reference(), stripes("large", 10, 16, 0), store))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "illegal images: 16x16 in a set, must be 8x8 as the reference train; --resize N brings"
                + " both to N");
    assertThatThrownBy(() -> judge(reference(), stripes("one", 1, 8, 0), store))
        .hasMessage("illegal images: 1 in a set, must be 2 or more: one image has no spread");
    ImageSource colour =
        ImageSources.of(
            "colour", new ImageSet(new Images(2, 8, 8, 3, new byte[2 * 64 * 3]), null, List.of()));
    assertThatThrownBy(() -> judge(reference(), colour, store))
        .hasMessageContaining("RGB in a set, must be grey as the reference train");
  }

  @Test
  void cancellingEndsIt(@TempDir Path store) {
    Cancellation cancellation = new Cancellation();
    assertThatThrownBy(
            () ->
                evaluation(reference(), ALL, store)
                    .judge("a set", null, test(), progress -> cancellation.cancel(), cancellation))
        .isInstanceOf(CancellationException.class);
  }

  @Test
  void imagesOfAModelAreMadeOnce(@TempDir Path samples) {
    RunConfig config =
        RunConfig.of("mnist", List.of("network.unet.height=8", "network.unet.width=8"));
    try (Model model = Model.of(config, new GaussianExecution(config, 4))) {
      Provenance provenance = Provenance.of("gaussian", model).weights("5".repeat(64));
      SampleRequest request = SampleRequest.of(20).steps(3).classes(0, 1);
      List<Progress> told = new ArrayList<>();
      ModelImages made =
          ModelImages.make(model, request, provenance, samples, told::add, new Cancellation());
      assertThat(told).isNotEmpty();
      assertThat(made.run().evaluations()).isEqualTo(3);
      assertThat(made.run().seconds()).isPositive();
      assertThat(made.run().weights()).startsWith("555");
      told.clear();
      assertThat(
              ModelImages.make(model, request, provenance, samples, told::add, new Cancellation()))
          .isEqualTo(made);
      assertThat(told).isEmpty();
      try (ImageSource images = ImageSources.open(made.file(), 0)) {
        assertThat(images.count()).isEqualTo(20);
        assertThat(images.label(3)).isEqualTo(1);
      }
    }
  }

  @Test
  void becomesJson(@TempDir Path store) {
    Evaluation evaluation = evaluation(reference(), EnumSet.of(Measure.FRECHET), store);
    Judged judged = evaluation.judge("a set", null, test(), UNHEARD, new Cancellation());
    QualityReport report = evaluation.report(List.of(judged.row()), Map.of("command", "c"));
    JsonNode json = JsonMapper.shared().readTree(Tree.of(report).toJson());
    assertThat(json.get("rows").get(0).get("measurements")).hasSize(1);
    assertThat(json.get("features").get("sha256").asString()).hasSize(64);
    assertThat(json.get("reference").get("name").asString()).isEqualTo("train");
    assertThat(json.get("provenance").get("command").asString()).isEqualTo("c");
  }
}
