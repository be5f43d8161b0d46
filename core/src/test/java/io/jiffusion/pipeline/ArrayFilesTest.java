package io.jiffusion.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArrayFilesTest {

  @ParameterizedTest
  @ValueSource(
      strings = {
        "png-rgb.png",
        "jfif.jfif",
        "jpe.JPE",
        "gif.gif",
        "bmp24.bmp",
        "webp-lossless.webp",
        "tiff-lzw.tif"
      })
  void aPictureOfAnyKindIsAnArrayOfOneImage(String name) {
    Values picture = ArrayFiles.pictures("src/test/resources/data/pictures/" + name, false);
    assertThat(picture.shape()).startsWith(1, 3);
    for (float value : picture.values()) {
      assertThat(value).isBetween(0f, 1f);
    }
  }
}
