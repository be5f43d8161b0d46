package io.jiffusion.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.base.JiffusionException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Pictures of every kind made by Pillow, against the pixels that Pillow 13.0.0 reads from them. */
class PicturesTest {
  @TempDir Path folder;

  private static final Path PICTURES = BadFiles.file("pictures");
  private static final Map<String, Npy> EXPECTED = Npz.read(PICTURES.resolve("expected.npz"));

  static List<Path> pictures() throws IOException {
    try (Stream<Path> files = Files.list(PICTURES)) {
      return files.filter(file -> ImageFile.named(file.toString())).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("pictures")
  void havePillowsPixels(Path file) {
    String name = file.getFileName().toString();
    Npy expected = EXPECTED.get(name);
    Images image = ImageFile.read(file);
    int[] shape = expected.shape();
    assertThat(List.of(image.height(), image.width())).isEqualTo(List.of(shape[0], shape[1]));
    byte[] read = Pixels.withChannels(image, 3).bytes();
    float[] levels = expected.floats();
    int worst = 0;
    double sum = 0;
    for (int i = 0; i < read.length; i++) {
      int error = Math.abs((read[i] & 0xFF) - (int) levels[shape[2] == 1 ? i / 3 : i]);
      worst = Math.max(worst, error);
      sum += error;
    }
    if (name.startsWith("webp-lossy")) { // libwebp smooths colours over neighbours, ours does not
      assertThat(sum / read.length).isLessThan(8);
    } else {
      assertThat(worst).isLessThanOrEqualTo(1);
    }
  }

  @Test
  void aColourProfileChangesNoFormatsNumbers() {
    for (String ending : List.of("png", "tif", "webp")) {
      for (String profile : List.of("adobe", "junk", "unfitting")) {
        assertThat(read("icc-" + profile + "." + ending)).isEqualTo(read("png-rgb.png"));
      }
    }
    for (String profile : List.of("adobe", "junk", "unfitting", "srgb")) {
      assertThat(read("icc-" + profile + ".jpg")).isEqualTo(read("jpeg-420.jpg"));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "tiff-float.tif, no bytes",
    "tiff-big.tif, is no picture",
    "bmp-comp5-2147483647.bmp, save it as PNG"
  })
  void whatJavaCannotDecodeIsRefusedWithASentence(String name, String reason) {
    Path file = BadFiles.file("pictures-refused/" + name);
    assertThatThrownBy(() -> ImageFile.read(file))
        .isInstanceOf(JiffusionException.class)
        .hasMessageStartingWith(file.toString())
        .hasMessageContaining(reason);
  }

  @Test
  void jpegAroundInABmpIsRefused() throws IOException {
    byte[] bmp = Files.readAllBytes(BadFiles.file("pictures-refused/bmp-comp5-2147483647.bmp"));
    bmp[30] = 4;
    Path file = Files.write(folder.resolve("a.bmp"), bmp);
    assertThatThrownBy(() -> ImageFile.read(file)).hasMessageContaining("around a JPEG");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "exif6.jpg",
        "jpeg-progressive.jpg",
        "jpeg-cmyk.jpg",
        "png-palette-alpha.png",
        "exif6.png",
        "gif-screen.gif",
        "bmp5-icc-junk.bmp",
        "bmp8.bmp",
        "webp-lossy.webp",
        "exif6.webp",
        "icc-junk.webp",
        "webp-animated.webp",
        "exif6.tif",
        "tiff-lzw.tif",
        "tiff-g4.tif",
        "tiff-palette.tif"
      })
  void mutantsAreReadOrRefused(String name) throws IOException {
    BadFiles.mutate(folder, Files.readAllBytes(PICTURES.resolve(name)), ImageFile::read);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"exif6.jpg", "png-rgb.png", "bmp24.bmp", "webp-lossless.webp", "tiff-lzw.tif"})
  void aPictureCutShortIsRefused(String name) throws IOException {
    byte[] whole = Files.readAllBytes(PICTURES.resolve(name));
    Path file = Files.write(folder.resolve(name), Arrays.copyOf(whole, whole.length * 2 / 3));
    assertThatThrownBy(() -> ImageFile.read(file))
        .isInstanceOf(JiffusionException.class)
        .hasMessageContaining(file + " is damaged");
  }

  @Test
  void aLargePictureIsThinnedWhereItIsReduced() throws IOException {
    Path file = folder.resolve("large.png");
    BufferedImage large = new BufferedImage(4400, 4000, BufferedImage.TYPE_BYTE_GRAY);
    for (int y = 0; y < 4000; y++) {
      for (int x = 0; x < 4400; x++) {
        large.getRaster().setSample(x, y, 0, y / 16);
      }
    }
    ImageIO.write(large, "png", file.toFile());
    byte[] whole = Pixels.square(ImageFile.read(file), 4).bytes();
    byte[] thinned = ImageFile.read(file, 4, 1).bytes();
    for (int i = 0; i < whole.length; i++) {
      assertThat(thinned[i] & 0xFF).isCloseTo(whole[i] & 0xFF, within(1));
    }
  }

  private byte[] read(String name) {
    return ImageFile.read(PICTURES.resolve(name)).bytes();
  }
}
