package io.jiffusion.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.Fixtures;
import io.jiffusion.Fixtures.Array;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.data.Images;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;

/** DINOv2 and CLIP beside transformers' (test resource vision/README.md). */
class VisionExtractorTest {
  private static final Map<String, Array> RECORDED = Fixtures.tensors("vision/io.safetensors");
  private static final JsonNode WEIGHTS = Fixtures.json("vision/weights.json");

  @TempDir Path folder;

  private Path file(String kind) {
    return Formula.write(
        folder.resolve(kind + ".safetensors"), WEIGHTS.get("salt").asString(), WEIGHTS.get(kind));
  }

  private static Images image(String size) {
    return size.equals("32x32") ? Formula.image(1, 32, 32) : Formula.image(2, 300, 260);
  }

  @ParameterizedTest
  @ValueSource(strings = {"dinov2-transformers", "dinov2-authors", "clip"})
  void featuresAreThoseOfTheOriginal(String kind) {
    try (FeatureExtractor extractor = FeatureExtractors.open(file(kind))) {
      for (String size : new String[] {"32x32", "300x260"}) {
        FeatureExtractor.Extraction seen = extractor.extract(image(size));
        double[] expected = RECORDED.get(kind + "." + size).values();
        double most = 0;
        for (double value : expected) {
          most = Math.max(most, Math.abs(value));
        }
        assertThat(seen.features().block(0, 1))
            .as(size)
            .containsExactly(expected, within(2e-4 * most));
        assertThat(seen.logits()).isNull();
      }
      assertThat(extractor.source().network())
          .startsWith(kind.equals("clip") ? "CLIP ViT of width 64" : "DINOv2 ViT of width 64");
      assertThat(extractor.source().distance()).startsWith("Frechet distance (features of ");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"32x32", "300x260"})
  void imagesArePreparedAsTheOriginalsDo(String size) {
    corner(VisionResizing.DINO.prepare(image(size), 224), 224, "dino.corner." + size);
    corner(VisionResizing.CMMD.prepare(image(size), 70), 70, "cmmd.corner." + size);
  }

  private static void corner(float[] prepared, int side, String key) {
    double[] corner = RECORDED.get(key).values();
    for (int i = 0; i < corner.length; i++) {
      int at = i / 36 * side * side + i / 6 % 6 * side + i % 6;
      assertThat(prepared[at]).as(key + " " + i).isCloseTo((float) corner[i], within(1e-4f));
    }
  }

  @Test
  void whatIsNoWholeNetworkIsTold() {
    ArrayNode few = ((ArrayNode) WEIGHTS.get("dinov2-authors")).deepCopy();
    few.remove(few.size() - 1);
    Path lacking =
        Formula.write(folder.resolve("few.safetensors"), WEIGHTS.get("salt").asString(), few);
    assertThatThrownBy(() -> FeatureExtractors.open(lacking))
        .isInstanceOf(JiffusionException.class)
        .hasMessageContaining("lacks norm.bias, must be a whole DINOv2 or CLIP image tower");
    few.addObject()
        .put("name", "register_tokens")
        .put("offset", 0.0)
        .put("scale", 1.0)
        .putArray("shape")
        .add(4);
    Path registers =
        Formula.write(folder.resolve("reg.safetensors"), WEIGHTS.get("salt").asString(), few);
    assertThatThrownBy(() -> FeatureExtractors.open(registers))
        .hasMessageContaining("has register_tokens, must be a DINOv2 ViT-S/14, B/14 or L/14");
    assertThatThrownBy(
            () -> FeatureExtractors.open(file("clip"), new FeatureExtractors.Options(64, null)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("must be left out for a vision transformer");
  }
}
