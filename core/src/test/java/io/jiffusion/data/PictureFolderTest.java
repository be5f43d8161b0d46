package io.jiffusion.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.base.JiffusionException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PictureFolderTest {
  @TempDir Path folder;

  @Test
  void numbersAreInNaturalOrder() throws IOException {
    for (int i = 0; i <= 11; i++) {
      picture(i + "/a.png");
    }
    assertThat(PictureFolder.look(folder).classes())
        .containsExactly("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11");
    List<String> names =
        new java.util.ArrayList<>(List.of("b10", "b9", "a", "b09", "b9a", "B2", "é"));
    names.sort(PictureFolder.NATURAL);
    assertThat(names).containsExactly("B2", "a", "b09", "b9", "b9a", "b10", "é");
  }

  @Test
  void tellsClassesCountsGapsAndWhatIsPassedOver() throws IOException {
    picture("0/a.png");
    picture("0/deeper/still/b.JPE");
    picture("3/a.jfif");
    Files.createDirectories(folder.resolve("2"));
    file("0/notes.txt", "x");
    file("0/more.TXT", "x");
    file("0/README", "x");
    file("labels.csv", "x");
    PictureFolder found = PictureFolder.look(folder);
    assertThat(found.told())
        .isEqualTo(
            "3 pictures in 2 classes: 0 2, 3 1; passed over: 1 .csv, 2 .txt, 1 without an ending;"
                + " folders without pictures, which are no classes: 2; there is no folder 1, 2");
    assertThat(found.labels()).containsExactly(0, 0, 1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Thumbs.db",
        ".DS_Store",
        "desktop.ini",
        "._a.png",
        "__MACOSX/a.png",
        ".ipynb_checkpoints/a.png",
        "cat/__MACOSX/._a.png",
        "cat/.ipynb_checkpoints/a.png"
      })
  void litterOfOtherProgramsIsNoPicture(String name) throws IOException {
    picture("cat/x.png");
    picture(name);
    PictureFolder found = PictureFolder.look(folder);
    assertThat(found.pictures()).containsExactly(folder.resolve("cat/x.png"));
    assertThat(found.classes()).containsExactly("cat");
    assertThat(found.told()).isEqualTo("1 pictures in 1 class: cat 1; passed over: 1 hidden");
  }

  @Test
  void sheetsOfOursAreNoPicturesAndSingleImagesAre() throws IOException {
    sheet("grid.png", "{\"request\":{\"count\":16,\"seed\":0}}");
    sheet("renamed.png", "{\"request\":{\"count\":4}}");
    sheet("loss.png", "");
    sheet("image-0000.png", "{\"request\":{\"count\":1,\"seed\":7}}");
    picture("other.png");
    PictureFolder found = PictureFolder.look(folder);
    assertThat(found.pictures())
        .containsExactly(folder.resolve("image-0000.png"), folder.resolve("other.png"));
    assertThat(found.told()).isEqualTo("2 pictures; passed over: 3 sheets of Jiffusion");
  }

  @Test
  void classesOfARunKeepTheirOrder() throws IOException {
    picture("cat/a.png");
    picture("dog/a.png");
    PictureFolder found = PictureFolder.look(folder);
    assertThat(found.with(List.of("dog", "cat")).labels()).containsExactly(1, 0);
    assertThat(found.with(List.of()).labels()).isEmpty();
    assertThatThrownBy(() -> found.with(List.of("cat", "elk")))
        .isInstanceOf(JiffusionException.class)
        .hasMessage(folder + " has the classes cat, dog, must have those of the run: cat, elk");
  }

  @Test
  void allUnreadablePicturesAreListedAtOnceOrLeftOut() throws IOException {
    for (int i = 0; i < 30; i++) {
      file(String.format("bad-%02d.png", i), "text");
    }
    picture("good.png");
    PictureFolder found = PictureFolder.look(folder);
    assertThatThrownBy(() -> ImageFolder.read(found, 4, 3, false))
        .isInstanceOf(JiffusionException.class)
        .hasMessageStartingWith("30 of 31 pictures cannot be read")
        .hasMessageContaining("bad-00.png is no picture")
        .hasMessageContaining("bad-19.png")
        .hasMessageContaining("and 10 more")
        .hasMessageContaining("--skip-unreadable");
    assertThat(ImageFolder.read(found, 4, 3, true).size()).isEqualTo(1);
    Files.delete(folder.resolve("good.png"));
    assertThatThrownBy(() -> ImageFolder.read(PictureFolder.look(folder), 4, 3, true))
        .hasMessageStartingWith("30 of 30 pictures cannot be read");
  }

  @Test
  void theFingerprintIsOfPicturesClassesAndLabelsAndNotOfThePlace() throws IOException {
    picture("a/cat/x.png");
    picture("a/dog/x.png");
    picture("b/cat/other.png");
    picture("b/dog/x.png");
    picture("c/cat/x.png");
    picture("c/elk/x.png");
    String a = print("a");
    assertThat(a).isEqualTo(print("b")).isNotEqualTo(print("c"));
    Files.write(
        folder.resolve("b/dog/x.png"),
        Files.readAllBytes(BadFiles.file("pictures/png-palette.png")));
    assertThat(print("b")).isNotEqualTo(a);
  }

  private String print(String name) {
    return ImageFolder.read(folder.resolve(name), 8, 3).fingerprint();
  }

  private void picture(String name) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.write(file, Files.readAllBytes(BadFiles.file("pictures/png-rgb.png")));
  }

  private void file(String name, String text) throws IOException {
    Files.writeString(folder.resolve(name), text);
  }

  private void sheet(String name, String request) {
    Png.write(
        folder.resolve(name),
        new Images(1, 4, 4, 1, new byte[16]),
        Map.of("Software", "Jiffusion 0.1.0", "jiffusion", request));
  }
}
