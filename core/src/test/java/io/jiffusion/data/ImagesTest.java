package io.jiffusion.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.jiffusion.Fixtures;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImagesTest {
  @TempDir Path folder;

  @Test
  void roundsAsDiffusersDoes() {
    Map<String, Fixtures.Array> recorded = Fixtures.tensors("data/to_bytes.safetensors");
    double[] x = recorded.get("x").values();
    int[] diffusers = recorded.get("diffusers").ints();
    for (int i = 0; i < x.length; i++) {
      assertThat(Images.toByte(x[i]) & 0xFF).as("of %s", x[i]).isEqualTo(diffusers[i]);
    }
  }

  @Test
  void everyLevelComesBackFromItsNumber() {
    for (int level = 0; level < 256; level++) {
      assertThat(Images.toByte(Images.toFloat((byte) level)) & 0xFF).isEqualTo(level);
    }
    assertThat(Images.toFloat((byte) 0)).isEqualTo(-1);
    assertThat(Images.toFloat((byte) 255)).isEqualTo(1);
    assertThat(Images.toByte(-3)).isEqualTo((byte) 0);
    assertThat(Images.toByte(3)).isEqualTo((byte) 255);
    assertThat(Images.toByte(Double.NaN)).isEqualTo((byte) 0);
  }

  @Test
  void channelsMoveFromFirstToLast() {
    double[] nchw = {
      -1, 1, /**/ 0, 0, /**/ 1, -1, /* the second image */ 1, 1, -1, -1, -1, 1
    }; // [2, 3, 1, 2]
    Images images = Images.of(2, 3, 1, 2, nchw, true);
    assertThat(images.bytes()).containsExactly(0, 128, 255, 255, 128, 0, 255, 0, 0, 255, 0, 255);
    assertThat(images.values()).containsExactly(-1, 1, 0, 0, 1, -1, 1, 1, -1, -1, -1, 1);
    assertThat(images.image(0).getRGB(0, 0)).isEqualTo(0xFF0080FF);
    assertThat(images.range(1, 2).bytes()).containsExactly(255, 0, 0, 255, 0, 255);
    assertThat(Images.of(2, 3, 1, 2, nchw, false).values()).isNull();
  }

  @Test
  void aSheetHoldsAllImagesInRows() {
    Images images = new Images(3, 1, 2, 1, new byte[] {1, 2, 3, 4, 5, 6});
    assertThat(images.sheet(2, 0).bytes()).containsExactly(1, 2, 3, 4, 5, 6, 0, 0);
    assertThat(images.sheet(2, 1).bytes())
        .containsExactly(1, 2, 0, 3, 4, 0, 0, 0, 0, 0, 5, 6, 0, 0, 0);
    assertThat(images.sheet(2, 1).height()).isEqualTo(3);
    assertThat(images.sheet(5, 0).width()).isEqualTo(6);
    BufferedImage grid = images.grid(3);
    assertThat(grid.getWidth()).isEqualTo(6);
    assertThat(grid.getRaster().getSample(5, 0, 0)).isEqualTo(6);
    assertThat(images.plus(images).bytes()).containsExactly(1, 2, 3, 4, 5, 6, 1, 2, 3, 4, 5, 6);
  }

  @Test
  void picturesOfJavaComeInAndGoOut() throws IOException {
    BufferedImage picture = new BufferedImage(3, 2, BufferedImage.TYPE_INT_ARGB);
    picture.setRGB(0, 0, 0xFF102030);
    picture.setRGB(2, 1, 0x80000000); // half of black on white
    Images image = Images.of(picture);
    assertThat(image.channels()).isEqualTo(3);
    assertThat(image.range(0, 1).bytes()).startsWith(0x10, 0x20, 0x30, -1, -1, -1);
    assertThat(image.bytes()[15] & 0xFF).isEqualTo(127);
    Path file = folder.resolve("two.png");
    image.plus(image).write(file);
    try (InputStream in = Files.newInputStream(file)) {
      Images both = ImageFile.read(in);
      assertThat(both.width()).isEqualTo(6);
      assertThat(both.bytes()).isEqualTo(ImageFile.read(file).bytes());
      assertThat(both.bytes()).startsWith(0x10, 0x20, 0x30);
    }
    Path jpeg = folder.resolve("two.jpg");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> image.write(jpeg))
        .withMessage(
            "illegal file: "
                + jpeg
                + ", must be named .png, as it becomes one; for another kind give image(0) to ImageIO");
    assertThat(jpeg).doesNotExist();
    Images grey = new Images(1, 1, 2, 1, new byte[] {3, -56});
    assertThat(Images.of(grey.image(0)).bytes()).containsExactly(3, -56);
    assertThat(Images.of(grey.image(0)).channels()).isEqualTo(1);
  }

  @Test
  void refusesWhatDoesNotFit() {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Images(2, 2, 2, 1, new byte[7]))
        .withMessage("illegal bytes: 7, must be 8 for 2 images of 2x2x1");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Images(1, 1, 1, 1, new byte[1]).image(1))
        .withMessage("illegal index: 1, must be in 0 to 0");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Images(1, 1, 1, 2, new byte[2]).image(0))
        .withMessage("illegal picture of 2 channels, must be 1 or 3");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> new Images(1, 1, 1, 1, new byte[1]).sheet(0, 0))
        .withMessage(
            "illegal sheet of 1 images: 0 columns with a gap of 0, must be an image and a column at least and no negative gap");
  }
}
