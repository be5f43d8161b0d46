package io.jiffusion.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GifTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void framesComeBackWithTheirTimes(int channels) throws IOException {
    Images image = PngTest.smooth(channels, 8, 6);
    BufferedImage black = new Images(1, 6, 8, channels, new byte[image.bytes().length]).image(0);
    Path file = folder.resolve("a.gif");
    Gif.write(file, List.of(image.image(0), black, image.image(0)), 80, 2000);

    ImageReader reader = ImageIO.getImageReadersByFormatName("gif").next();
    try (ImageInputStream in = ImageIO.createImageInputStream(file.toFile())) {
      reader.setInput(in);
      assertThat(reader.getNumImages(true)).isEqualTo(3);
      assertThat(delay(reader, 0)).isEqualTo("8");
      assertThat(delay(reader, 2)).isEqualTo("200");
      byte[] first = Pixels.withChannels(Pixels.of(reader.read(0)), channels).bytes();
      for (int i = 0; i < first.length; i++) {
        assertThat(first[i] & 0xFF)
            .isCloseTo(
                image.bytes()[i] & 0xFF,
                org.assertj.core.data.Offset.offset(channels == 1 ? 0 : 8));
      }
      assertThat(Pixels.of(reader.read(1)).bytes()).containsOnly(0);
    } finally {
      reader.dispose();
    }
    assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
        .contains("NETSCAPE2.0\3\1\0\0");
  }

  @Test
  void theSameFramesGiveTheSameBytes() {
    List<BufferedImage> frames =
        List.of(PngTest.smooth(3, 8, 6).image(0), PngTest.smooth(3, 8, 6).image(0));
    Gif.write(folder.resolve("a.gif"), frames, 80, 80);
    Gif.write(folder.resolve("b.gif"), frames, 80, 80);
    assertThat(folder.resolve("a.gif")).hasSameBinaryContentAs(folder.resolve("b.gif"));
  }

  @Test
  void refusesNothing() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> Gif.write(folder.resolve("a.gif"), List.of(), 80, 80))
        .withMessage(
            "illegal animation: 0 frames of 80 and 80 ms, must be 1 or more of 20 ms or more");
  }

  private static String delay(ImageReader reader, int frame) throws IOException {
    var root =
        (org.w3c.dom.Element)
            reader.getImageMetadata(frame).getAsTree("javax_imageio_gif_image_1.0");
    return ((org.w3c.dom.Element) root.getElementsByTagName("GraphicControlExtension").item(0))
        .getAttribute("delayTime");
  }
}
