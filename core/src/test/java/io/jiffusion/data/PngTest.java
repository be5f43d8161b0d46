package io.jiffusion.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.base.JiffusionException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PngTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource({"1, 1, 1", "3, 7, 5", "1, 40, 33", "3, 64, 48"})
  void pixelsComeBackFromJavasOwnDecoder(int channels, int width, int height) throws IOException {
    Images image = smooth(channels, width, height);
    Path file = folder.resolve("a.png");
    Png.write(file, image, Map.of());
    BufferedImage decoded = ImageIO.read(file.toFile());
    assertThat(Pixels.of(decoded).bytes()).isEqualTo(image.bytes());
    assertThat(decoded.getColorModel().getNumComponents()).isEqualTo(channels);
    assertThat(ImageFile.read(file).bytes()).isEqualTo(image.bytes());
  }

  @Test
  void aSmoothPictureIsMuchSmallerThanItsPixels() throws IOException {
    Images image = smooth(3, 256, 256);
    Png.write(folder.resolve("a.png"), image, Map.of());
    assertThat(Files.size(folder.resolve("a.png"))).isLessThan(image.bytes().length / 20);
  }

  @Test
  void textsComeBackInOrder() {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("jiffusion", "{\"sampler\": \"ddim:eta=0.5\", \"seed\": 7}");
    texts.put("Title", "Ziffern – 数字\nsecond line");
    texts.put("Author", "Müller");
    texts.put("Empty", "");
    Path file = folder.resolve("a.png");
    Png.write(file, smooth(1, 8, 8), texts);
    assertThat(Png.texts(file)).containsExactlyEntriesOf(texts);
  }

  @Test
  void javasOwnDecoderSeesTheTexts() throws Exception {
    Path file = folder.resolve("a.png");
    Png.write(file, smooth(1, 8, 8), Map.of("A", "plain"));
    Png.write(folder.resolve("b.png"), smooth(1, 8, 8), Map.of("B", "数"));
    assertThat(metadata(file, "tEXtEntry", "value")).isEqualTo("plain");
    assertThat(metadata(folder.resolve("b.png"), "iTXtEntry", "text")).isEqualTo("数");
  }

  @Test
  void theSamePictureGivesTheSameBytes() {
    Png.write(folder.resolve("a.png"), smooth(3, 20, 20), Map.of("k", "v"));
    Png.write(folder.resolve("b.png"), smooth(3, 20, 20).image(0), Map.of("k", "v"));
    assertThat(folder.resolve("a.png")).hasSameBinaryContentAs(folder.resolve("b.png"));
  }

  @Test
  void refusesTextsThatDoNotFit() {
    Images image = smooth(1, 2, 2);
    Path file = folder.resolve("a.png");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Png.write(file, image, Map.of("数", "x")))
        .withMessage(
            "illegal keyword: `数`, must be 1 to 79 characters of Latin-1 without outer blanks");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Png.write(file, image, Map.of("k", "a\0b")))
        .withMessage(
            "illegal text of `k`: 3 characters, must be at most 262144 and none of them 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Png.write(file, new Images(2, 1, 1, 1, new byte[2]), Map.of()))
        .withMessage("illegal picture: 2 images of 1 channels, must be one image of 1 or 3");
    assertThat(file).doesNotExist();
  }

  @Test
  void damagedFilesAreNamed() throws IOException {
    Path file = folder.resolve("a.png");
    Png.write(file, smooth(1, 8, 8), Map.of("key", "value"));
    byte[] png = Files.readAllBytes(file);

    Files.write(file, Arrays.copyOf(png, png.length - 12));
    assertThatThrownBy(() -> Png.texts(file))
        .isInstanceOf(JiffusionException.class)
        .hasMessage(file + " is cut short: it ends before its end mark; copy or download it again");
    byte[] wrong = png.clone();
    wrong[8 + 25 + 8 + 5]++; // within the text
    Files.write(file, wrong);
    assertThatThrownBy(() -> Png.texts(file))
        .hasMessage(file + " is damaged: a text does not fit its checksum");
    byte[] huge = png.clone();
    huge[8 + 25] = 0x7F; // the text's length
    Files.write(file, huge);
    assertThatThrownBy(() -> Png.texts(file))
        .hasMessage(
            file
                + " has more text than is read, must be at most 1000 texts of 1 MiB, 4 MiB in all");
    Files.write(file, "GIF89a".getBytes(StandardCharsets.US_ASCII));
    assertThatThrownBy(() -> Png.texts(file))
        .hasMessage(file + " is no PNG file: it does not begin as one");
    Path missing = folder.resolve("missing.png");
    assertThatThrownBy(() -> Png.texts(missing))
        .hasMessage("cannot read " + missing + ": there is no such file or folder");
  }

  @Test
  void changedBytesAreReadOrRefusedCleanly() throws IOException {
    Path file = folder.resolve("a.png");
    Png.write(file, smooth(1, 8, 8), Map.of("key", "value", "other", "数"));
    byte[] png = Files.readAllBytes(file);
    BadFiles.mutate(folder, png, Png::texts);
    BadFiles.mutate(folder, png, ImageFile::read);
  }

  private static String metadata(Path file, String entry, String attribute) throws IOException {
    var reader = ImageIO.getImageReadersByFormatName("png").next();
    try (var in = ImageIO.createImageInputStream(file.toFile())) {
      reader.setInput(in);
      var root =
          (org.w3c.dom.Element) reader.getImageMetadata(0).getAsTree("javax_imageio_png_1.0");
      return ((org.w3c.dom.Element) root.getElementsByTagName(entry).item(0))
          .getAttribute(attribute);
    } finally {
      reader.dispose();
    }
  }

  static Images smooth(int channels, int width, int height) {
    byte[] bytes = new byte[width * height * channels];
    Random random = new Random(channels);
    int phase = random.nextInt(256);
    for (int i = 0; i < bytes.length; i++) {
      int x = i / channels % width;
      int y = i / channels / width;
      bytes[i] = (byte) (phase + 2 * x + 3 * y + 50 * (i % channels));
    }
    return new Images(1, height, width, channels, bytes);
  }
}
