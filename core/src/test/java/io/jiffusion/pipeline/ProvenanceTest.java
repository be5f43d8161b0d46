package io.jiffusion.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.base.Draft;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.config.RunConfig;
import io.jiffusion.data.Images;
import io.jiffusion.data.Png;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProvenanceTest {
  private static final RunConfig CONFIG = RunConfig.of("mnist", List.of());

  @TempDir Path folder;

  @Test
  void aPictureOfJavaIsMadeAgainFromItsText() {
    Path file = folder.resolve("a.png");
    try (Model model = Model.of(CONFIG, new GaussianExecution(CONFIG, 4))) {
      SampleRequest request =
          model.resolve(model.request(3, "1", "7").steps(2).guidance(2).guide("free:low=0.2"));
      Images images = model.sample(request);
      SampleRequest second = request.only(1);
      Png.write(file, images.image(1), Provenance.of("nowhere", model).texts(second));

      Provenance.Text told = Provenance.read(file);
      assertThat(told.request()).isEqualTo(second);
      assertThat(told.model()).isEqualTo("nowhere");
      assertThat(told.sha256()).as("of weights that are not there").isNull();
      assertThat(model.sample(told.request()).bytes()).isEqualTo(images.range(1, 2).bytes());
    }
  }

  /** As the first version wrote them. */
  @Test
  void textsOfEarlierPicturesAreReadAndWrittenTheSame() {
    String request =
        "{\"version\":\"0.1.0\",\"model\":\"my \\\"run\\\"\",\"sha256\":\"00ff\",\"precision\":\"bf16\",\"block\":8,"
            + "\"nullClass\":10,\"told\":\"--weights raw\",\"edited\":\"--digit 3\",\"noise\":\"n.npy\",\"request\":{\"count\":1,"
            + "\"sampler\":\"ddim:eta=0.5\",\"steps\":0,\"evaluations\":50,\"spacing\":\"auto\",\"seed\":-7,\"classes\":[3],"
            + "\"guidance\":2.5,\"guide\":\"free\",\"threshold\":\"auto\",\"edit\":\"none\",\"batch\":0,\"floats\":false,"
            + "\"trajectory\":false}}";
    Provenance.Text told = read(request);
    assertThat(told.request())
        .isEqualTo(
            SampleRequest.of(1)
                .sampler("ddim:eta=0.5")
                .evaluations(50)
                .seed(-7)
                .classes(3)
                .guidance(2.5));
    Provenance.Text by =
        Draft.of(told)
            .set("told", null)
            .set("edited", null)
            .set("noise", null)
            .set("request", null)
            .make();
    Provenance provenance =
        new Provenance(
            by, "n.npy", List.of("--digit", "3"), List.of("--weights", "raw"), List.of());
    assertThat(provenance.texts(told.request()))
        .containsEntry("jiffusion", request)
        .containsEntry("Software", "Jiffusion 0.1.0")
        .containsEntry(
            "jiffusion command",
            "jiffusion edit --model 'my \"run\"' --weights raw --sampler ddim:eta=0.5 --evaluations 50 --count 1"
                + " --seed -7 --class 3 --guidance 2.5 --null-class 10 --how none --digit 3 --noise n.npy"
                + " --precision bf16 --block 8");
    assertThat(read("{\"version\":\"0.1.0\",\"command\":\"demo\"}").request()).isNull();
    assertThat(read("{\"version\":\"0.1.0\",\"request\":{\"seed\":4}}").request())
        .isEqualTo(SampleRequest.of(1).seed(4));
  }

  @Test
  void aRequestThatLeavesSomethingOpenIsNotTold() {
    try (Model model = Model.of(CONFIG, new GaussianExecution(CONFIG, 4))) {
      assertThatThrownBy(() -> Provenance.of("nowhere", model).texts(model.request(1)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("must leave nothing open where a picture tells it");
    }
  }

  @Test
  void aPictureThatTellsNothingIsRefused() {
    Path file = folder.resolve("a.png");
    Png.write(file, new Images(1, 2, 2, 1, new byte[4]), Map.of());
    assertThatThrownBy(() -> Provenance.read(file))
        .isInstanceOf(JiffusionException.class)
        .hasMessage(
            file + " does not say how it was made, must be a PNG file that jiffusion wrote");
  }

  private Provenance.Text read(String text) {
    Path file = folder.resolve("told.png");
    Png.write(file, new Images(1, 2, 2, 1, new byte[4]), Map.of("jiffusion", text));
    return Provenance.read(file);
  }
}
