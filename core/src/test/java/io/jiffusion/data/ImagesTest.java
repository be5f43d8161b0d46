package io.jiffusion.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.jiffusion.Fixtures;
import java.awt.image.BufferedImage;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ImagesTest {

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
