package io.jiffusion.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.Fixtures;
import io.jiffusion.Fixtures.Array;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.data.Images;
import io.jiffusion.measure.Features;
import io.jiffusion.network.InceptionV3;
import io.jiffusion.weights.Safetensors;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.JsonNode;

class InceptionExtractorTest {
  private static final Map<String, Array> RECORDED = Fixtures.tensors("inception/io.safetensors");

  /** Of an image's largest number; the originals' own rounding is below 1e-6. */
  private static final double TOLERANCE = 1e-4;

  @TempDir static Path folder;
  private static Path file;

  @BeforeAll
  static void write() {
    JsonNode weights = Fixtures.json("inception/weights.json");
    file =
        Formula.write(
            folder.resolve("inception.safetensors"),
            weights.get("salt").asString(),
            weights.get("tensors"));
  }

  private static String key(InceptionResizing resizing) {
    return resizing == InceptionResizing.PYTORCH_FID ? "pytorch_fid" : "torch_fidelity";
  }

  /** The image of 299×299 pixels is given by a formula, as it is large. */
  private static Images images(String size) {
    Array stored = RECORDED.get(size + ".images");
    if (stored == null) {
      return Formula.image(3, 299, 299);
    }
    int n = stored.shape()[0];
    int h = stored.shape()[2];
    int w = stored.shape()[3];
    byte[] bytes = new byte[n * h * w * 3];
    for (int i = 0; i < bytes.length; i++) {
      int pixel = i / 3 % (h * w);
      bytes[i] = (byte) (int) stored.values()[(i / (3 * h * w) * 3 + i % 3) * h * w + pixel];
    }
    return new Images(n, h, w, 3, bytes);
  }

  private static void same(Features found, Array recorded, String what) {
    assertThat(found.images()).isEqualTo(recorded.shape()[0]);
    assertThat(found.dimension()).isEqualTo(recorded.shape()[1]);
    for (int image = 0; image < found.images(); image++) {
      double[] expected = recorded.row(image);
      double most = 0;
      for (double value : expected) {
        most = Math.max(most, Math.abs(value));
      }
      assertThat(found.block(image, 1))
          .as(what)
          .containsExactly(expected, within(TOLERANCE * most));
    }
  }

  @ParameterizedTest
  @EnumSource(InceptionResizing.class)
  void everyLayerIsThatOfTheOriginal(InceptionResizing resizing) {
    for (int layer : InceptionV3.FEATURES) {
      try (InceptionExtractor extractor = InceptionExtractor.open(file, layer, resizing)) {
        for (String size : new String[] {"32x32", "75x50", "299x299"}) {
          String key = size + "." + key(resizing) + ".";
          FeatureExtractor.Extraction seen = extractor.extract(images(size));
          same(seen.features(), RECORDED.get(key + layer), key + layer);
          if (layer == 2048 && resizing == InceptionResizing.TORCH_FIDELITY) {
            same(seen.logits(), RECORDED.get(key + "logits_unbiased"), key + "logits");
          }
          assertThat(seen.spatial().dimension()).isEqualTo(2023);
        }
        assertThat(extractor.source().distance())
            .startsWith("Frechet distance (features of Inception v3, sha ");
      }
    }
  }

  @Test
  void spatialFeaturesAreSevenChannelsOfTheMiddlePixelAfterPixel() {
    String key = "32x32.torch_fidelity.spatial";
    Array recorded = Fixtures.tensors("inception/spatial.safetensors").get(key);
    try (InceptionExtractor extractor =
        InceptionExtractor.open(file, InceptionExtractor.LAST, InceptionResizing.TORCH_FIDELITY)) {
      same(extractor.extract(images("32x32")).spatial(), recorded, key);
    }
  }

  @ParameterizedTest
  @EnumSource(InceptionResizing.class)
  void imagesAreResizedAsTheOriginalDoes(InceptionResizing resizing) {
    for (String size : new String[] {"32x32", "75x50", "299x299"}) {
      float[] prepared = resizing.prepare(images(size));
      double[] corner = RECORDED.get(size + ".resized_corner." + key(resizing)).values();
      for (int i = 0; i < corner.length; i++) {
        int at = i / 36 * 299 * 299 + i / 6 % 6 * 299 + i % 6;
        assertThat(prepared[at]).as(size + " " + i).isCloseTo((float) corner[i], within(1e-5f));
      }
    }
  }

  @Test
  void aGreyImageIsThatWithItsLevelInAllChannels() {
    Images colour = images("75x50");
    byte[] grey = new byte[75 * 50];
    byte[] alike = new byte[3 * 75 * 50];
    for (int i = 0; i < alike.length; i++) {
      grey[i / 3] = colour.bytes()[i / 3 * 3];
      alike[i] = grey[i / 3];
    }
    for (InceptionResizing resizing : InceptionResizing.values()) {
      assertThat(resizing.prepare(new Images(1, 50, 75, 1, grey)))
          .isEqualTo(resizing.prepare(new Images(1, 50, 75, 3, alike)));
    }
  }

  @Test
  void aFileThatIsNotWhatItsNameSaysIsRefused() throws Exception {
    Path other = folder.resolve("pt_inception-2015-12-05-6726825d.safetensors");
    Files.copy(file, other);
    assertThatThrownBy(() -> InceptionExtractor.open(other, 2048, InceptionResizing.PYTORCH_FID))
        .isInstanceOf(JiffusionException.class)
        .hasMessageContaining("has the SHA-256 ")
        .hasMessageContaining("must have 6726825d0af5f729");
    assertThatThrownBy(() -> InceptionExtractor.open(file, 1000, InceptionResizing.PYTORCH_FID))
        .hasMessage("illegal layer: 1000, must be one of [64, 192, 768, 2048] features");
  }

  @Test
  void aFileWithOtherTensorsIsRefused() {
    Path few = folder.resolve("few.safetensors");
    Safetensors.write(
        few,
        Map.of(
            "Mixed_5b.branch1x1.conv.weight",
            io.jiffusion.weights.Array.of(new float[2], 2),
            "extra",
            io.jiffusion.weights.Array.of(new float[2], 2)),
        Map.of());
    assertThatThrownBy(() -> InceptionExtractor.open(few, 2048, InceptionResizing.PYTORCH_FID))
        .isInstanceOf(JiffusionException.class)
        .hasMessageContaining("is no Inception v3 of pytorch-fid or torch-fidelity")
        .hasMessageContaining("and 4");
  }
}
