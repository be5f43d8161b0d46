package io.jiffusion.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.jiffusion.base.JiffusionException;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

class ImageFolderTest {
  @TempDir Path folder;

  @Test
  void subFoldersAreClassesInTheOrderOfTheirNames() throws IOException {
    Files.createDirectories(folder.resolve("dogs"));
    Files.createDirectories(folder.resolve("cats"));
    Files.createDirectories(folder.resolve("empty"));
    flat("dogs/b.png", 200, 10, 20);
    flat("dogs/a.bmp", 100, 10, 20);
    flat("cats/z.gif", 50, 10, 20);
    Files.writeString(folder.resolve("cats/readme.txt"), "no picture");
    Files.writeString(folder.resolve("cats/.hidden.png"), "no picture either");

    ImageSet set = ImageFolder.read(folder, 4, 3);

    assertThat(set.classNames()).containsExactly("cats", "dogs");
    assertThat(set.labels()).containsExactly(0, 1, 1);
    assertThat(set.exampleSize()).isEqualTo(3 * 16);
    float[] out = new float[48];
    set.example(1, out, 0);
    assertThat(out[0]).isEqualTo(100 / 127.5f - 1);
    assertThat(out[16]).isEqualTo(10 / 127.5f - 1);
    assertThat(out[47]).isEqualTo(20 / 127.5f - 1);
    set.example(2, out, 0);
    assertThat(out[0]).isEqualTo(200 / 127.5f - 1);
  }

  @Test
  void picturesWithoutSubFoldersHaveNoClasses() throws IOException {
    flat("b.png", 1, 2, 3);
    flat("a.png", 100, 100, 100);
    ImageSet set = ImageFolder.read(folder, 2, 1);
    assertThat(set.classes()).isZero();
    assertThat(set.label(0)).isZero();
    assertThat(set.images().bytes()).containsExactly(100, 100, 100, 100, 2, 2, 2, 2);
  }

  @Test
  void refusesWhatItCannotUse() throws IOException {
    assertThatThrownBy(() -> ImageFolder.read(folder, 2, 1))
        .isInstanceOf(JiffusionException.class)
        .hasMessage(
            "no pictures in "
                + folder
                + ", must be files named .png, .jpg, .jpeg, .jfif, .jpe, .gif, .bmp, .webp, .tif, .tiff");
    assertThatThrownBy(() -> ImageFolder.read(folder.resolve("missing"), 2, 1))
        .hasMessage(
            "cannot read the folder "
                + folder.resolve("missing")
                + ": there is no such file or folder");
    Path broken = Files.writeString(folder.resolve("a.png"), "text");
    assertThatThrownBy(() -> ImageFolder.read(folder, 2, 1))
        .hasMessage(broken + " is no picture, must be PNG, JPEG, GIF, BMP, WebP or TIFF");
    Files.createDirectory(folder.resolve("sub"));
    flat("sub/b.png", 0, 0, 0);
    assertThatThrownBy(() -> ImageFolder.read(folder, 2, 1))
        .hasMessage(
            folder
                + " has pictures of its own and in sub-folders such as sub, must have one or the other; move them");
  }

  static List<String> verdicts() throws IOException {
    return BadFiles.verdicts("images");
  }

  @ParameterizedTest
  @MethodSource("verdicts")
  void hostileFilesGetTheirVerdict(String verdict) {
    BadFiles.judge("images", verdict, ImageFile::read);
  }

  @ParameterizedTest
  @CsvSource({"bomb-50000.png, 50000x50000", "bomb.gif, 65535x65535"})
  void theDeclaredSizeIsRefusedBeforeDecoding(String name, String size) {
    Path file = BadFiles.file("images/" + name);
    assertThatThrownBy(() -> ImageFile.read(file))
        .hasMessage(file + " declares " + size + " pixels, must be 1 to 67108864 in all");
  }

  @Test
  void oddButValidPicturesHaveTheirPixels() {
    assertThat(ImageFile.read(BadFiles.file("images/ok-2x2.png")).bytes())
        .containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11);
    assertThat(ImageFile.read(BadFiles.file("images/ok-gray-alpha.png")).bytes()).containsOnly(128);
    assertThat(ImageFile.read(BadFiles.file("images/ok-16bit.png")).bytes())
        .containsExactly(0x12, 0xFF, 0x00);
  }

  @Test
  void aJpegKeepsItsGreyLevels() throws IOException {
    BufferedImage grey = new Images(1, 16, 16, 1, filled(256, (byte) 100)).image(0);
    ImageIO.write(grey, "jpg", folder.resolve("a.jpg").toFile());
    Images read = ImageFile.read(folder.resolve("a.jpg"));
    assertThat(read.channels()).isEqualTo(1);
    assertThat(read.bytes()[100] & 0xFF).isCloseTo(100, within(1));
  }

  @Test
  void whatShinesThroughIsPutOnWhite() throws IOException {
    BufferedImage picture = new BufferedImage(2, 1, BufferedImage.TYPE_INT_ARGB);
    picture.setRGB(0, 0, 0x00FF0000);
    picture.setRGB(1, 0, 0x800000FF);
    ImageIO.write(picture, "png", folder.resolve("a.png").toFile());
    assertThat(ImageFile.read(folder.resolve("a.png")).bytes())
        .containsExactly(255, 255, 255, 127, 127, 255);
  }

  @Test
  void reducingAveragesAndEnlargingInterpolates() {
    Images stripes = new Images(1, 8, 8, 1, new byte[64]);
    for (int i = 0; i < 64; i += 2) {
      stripes.bytes()[i] = (byte) 200;
    }
    assertThat(Pixels.square(stripes, 2).bytes())
        .containsExactly(new int[] {107, 93, 107, 93}); // the triangle leans to the edge
    Images edge = new Images(1, 2, 2, 1, new byte[] {0, 100, 0, 100});
    assertThat(Pixels.square(edge, 4).bytes()).startsWith(0, 25, 75, 100);
    Images same = PngTest.smooth(3, 9, 9);
    assertThat(Pixels.square(same, 9).bytes()).isEqualTo(same.bytes());
  }

  @Test
  void theCentreIsKept() {
    Images wide = new Images(1, 2, 4, 1, new byte[] {9, 1, 2, 9, 9, 3, 4, 9});
    assertThat(Pixels.square(wide, 2).bytes()).containsExactly(1, 2, 3, 4);
    Images tall = new Images(1, 4, 2, 1, new byte[] {9, 9, 1, 2, 3, 4, 9, 9});
    assertThat(Pixels.square(tall, 2).bytes()).containsExactly(1, 2, 3, 4);
  }

  private void flat(String name, int red, int green, int blue) throws IOException {
    Images image = new Images(1, 5, 7, 3, new byte[105]);
    for (int i = 0; i < 105; i += 3) {
      image.bytes()[i] = (byte) red;
      image.bytes()[i + 1] = (byte) green;
      image.bytes()[i + 2] = (byte) blue;
    }
    if (name.endsWith(".png")) {
      Png.write(folder.resolve(name), image, Map.of());
    } else {
      ImageIO.write(
          image.image(0), name.substring(name.length() - 3), folder.resolve(name).toFile());
    }
  }

  private static byte[] filled(int length, byte value) {
    byte[] bytes = new byte[length];
    java.util.Arrays.fill(bytes, value);
    return bytes;
  }
}
