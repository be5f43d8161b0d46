package io.jiffusion.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.base.JiffusionException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ImageSourcesTest {
  private static final int COUNT = 5;

  @TempDir Path folder;

  private final Images images = images(COUNT, 4, 6, 3);

  private static Images images(int count, int height, int width, int channels) {
    byte[] bytes = new byte[count * height * width * channels];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (i * 37 + i / 7);
    }
    return new Images(count, height, width, channels, bytes);
  }

  private Npy array() {
    return Npy.of(images.bytes(), COUNT, 4, 6, 3);
  }

  private Path npz(Map<String, Npy> arrays) {
    Path file = folder.resolve("a.npz");
    Npz.write(file, arrays);
    return file;
  }

  private Path deflated() throws IOException {
    Path file = folder.resolve("deflated.npz");
    array().write(folder.resolve("a.npy"));
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file))) {
      zip.putNextEntry(new ZipEntry("arr_0.npy"));
      zip.write(Files.readAllBytes(folder.resolve("a.npy")));
    }
    return file;
  }

  private Path pictures() throws IOException {
    Path pictures = Files.createDirectories(folder.resolve("pictures"));
    for (int i = 0; i < COUNT; i++) {
      Png.write(pictures.resolve(i + ".png"), images.range(i, i + 1), Map.of());
    }
    return pictures;
  }

  private Path zip(Path of) throws IOException {
    Path file = folder.resolve("pictures.zip");
    try (ZipOutputStream zip = new ZipOutputStream(Files.newOutputStream(file));
        Stream<Path> all = Files.walk(of)) {
      for (Path path : all.filter(Files::isRegularFile).toList()) {
        zip.putNextEntry(new ZipEntry(of.relativize(path).toString()));
        zip.write(Files.readAllBytes(path));
      }
    }
    return file;
  }

  @Test
  void the_same_images_have_one_fingerprint_whatever_holds_them() throws IOException {
    Path npy = folder.resolve("a.npy");
    array().write(npy);
    Path pictures = pictures();
    String expected = ImageSources.of("set", new ImageSet(images, null, List.of())).fingerprint();
    assertThat(expected).startsWith("5 images of 4x6x3, sum ");
    for (Path place :
        List.of(npy, npz(Map.of("arr_0", array())), deflated(), pictures, zip(pictures))) {
      try (ImageSource source = ImageSources.open(place, 0)) {
        assertThat(source.count()).isEqualTo(COUNT);
        assertThat(source.classes()).isEmpty();
        assertThat(source.label(3)).isZero();
        assertThat(source.read(0, 2).bytes()).isEqualTo(images.range(0, 2).bytes());
        assertThat(source.read(4, 1).bytes()).isEqualTo(images.range(4, 5).bytes());
        assertThat(source.read(1, 3).bytes()).isEqualTo(images.range(1, 4).bytes());
        assertThat(source.fingerprint()).as(place.toString()).isEqualTo(expected);
        assertThat(source.fingerprint()).isEqualTo(expected);
      }
    }
    images.bytes()[100]++;
    assertThat(ImageSources.of("set", new ImageSet(images, null, List.of())).fingerprint())
        .isNotEqualTo(expected);
  }

  @Test
  void a_reference_batch_has_its_statistics_beside_and_classes_as_numbers() {
    Map<String, Npy> arrays = new LinkedHashMap<>();
    arrays.put("mu", Npy.of(new double[2], 2));
    arrays.put("arr_0", array());
    arrays.put("arr_1", Npy.of(new long[] {2, 0, 0, 1, 2}, COUNT));
    arrays.put("sigma", Npy.of(new double[4], 2, 2));
    try (ImageSource source = ImageSources.open(npz(arrays), 0)) {
      assertThat(source.classes()).containsExactly("0", "1", "2");
      assertThat(source.label(4)).isEqualTo(2);
      assertThat(ImageSources.held(source).labels()).containsExactly(2, 0, 0, 1, 2);
      assertThat(ImageSources.held(source).images().bytes()).isEqualTo(images.bytes());
    }
  }

  @Test
  void sub_folders_are_classes_in_a_folder_and_in_an_archive() throws IOException {
    for (String label : List.of("cat", "dog")) {
      Files.createDirectories(folder.resolve("both").resolve(label));
      Png.write(
          folder.resolve("both/" + label + "/a.png"),
          images.range(label.equals("cat") ? 0 : 1, label.equals("cat") ? 1 : 2),
          Map.of());
    }
    Files.createDirectories(folder.resolve("both/__MACOSX"));
    Files.writeString(folder.resolve("both/__MACOSX/a.png"), "no picture");
    for (Path place : List.of(folder.resolve("both"), zip(folder.resolve("both")))) {
      try (ImageSource source = ImageSources.open(place, 0)) {
        assertThat(source.classes()).containsExactly("cat", "dog");
        assertThat(source.label(1)).isEqualTo(1);
        assertThat(source.read(0, 2).bytes()).isEqualTo(images.range(0, 2).bytes());
      }
    }
  }

  @Test
  void pictures_of_several_sizes_are_refused_by_name_unless_they_are_resized() throws IOException {
    Path mixed = pictures();
    Png.write(mixed.resolve("9.png"), images(1, 8, 6, 1), Map.of());
    Path archive = zip(mixed);
    for (Path place : List.of(mixed, archive)) {
      assertThatThrownBy(() -> ImageSources.open(place, 0))
          .isInstanceOf(JiffusionException.class)
          .hasMessage(
              place
                  + " has pictures of several sizes: 0.png is 6x4, 9.png is 6x8, must all have one;"
                  + " resize them with --resize N");
      try (ImageSource source = ImageSources.open(place, 5)) {
        assertThat(source.name()).isEqualTo(place + ", resized to 5x5");
        Images read = source.read(0, 6);
        assertThat(read.height()).isEqualTo(5);
        assertThat(read.channels()).isEqualTo(3);
        assertThat(read.range(5, 6).bytes())
            .isEqualTo(ImageFile.read(mixed.resolve("9.png"), 5, 3).bytes());
      }
    }
  }

  @Test
  void an_array_is_resized_as_a_folder_is() throws IOException {
    try (ImageSource array = ImageSources.open(npz(Map.of("arr_0", array())), 3);
        ImageSource pictures = ImageSources.open(pictures(), 3)) {
      assertThat(array.name()).endsWith("a.npz, resized to 3x3");
      assertThat(array.fingerprint()).isEqualTo(pictures.fingerprint());
    }
  }

  @Test
  void a_grey_picture_among_coloured_ones_becomes_rgb_though_it_comes_first() throws IOException {
    Path pictures = pictures();
    Png.write(pictures.resolve("0.png"), images(1, 4, 6, 1), Map.of());
    try (ImageSource source = ImageSources.open(pictures, 0)) {
      assertThat(source.channels()).isEqualTo(3);
      assertThat(source.read(0, 1).bytes()).startsWith(0, 0, 0, 37, 37, 37);
    }
  }

  static List<Path> pictureFiles() throws IOException {
    try (Stream<Path> files = Files.list(BadFiles.file("pictures"))) {
      return files.filter(file -> ImageFile.named(file.toString())).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("pictureFiles")
  void what_is_said_of_a_picture_before_it_is_decoded_is_true(Path file) {
    Images read = ImageFile.read(file);
    assertThat(ImageFile.head(file))
        .isEqualTo(new ImageFile.Head(read.height(), read.width(), read.channels()));
  }

  @Test
  void arrays_that_are_no_images_are_refused_with_the_remedy() {
    refused(Map.of("samples", array()), "has no array arr_0, must have the images there");
    refused(Map.of("samples", array()), "it has samples.npy");
    refused(
        Map.of("arr_0", Npy.of(new float[3 * 4], 1, 2, 2, 3)),
        "is F4 [1, 2, 2, 3], must be bytes (uint8) of 0 to 255; of floats in [-1, 1] make ((x + 1)"
            + " * 127.5).round().astype('uint8')");
    refused(
        Map.of("arr_0", Npy.of(new byte[3 * 4], 1, 3, 2, 2)),
        "must be [N, H, W, C] with 1 or 3 channels; save"
            + " numpy.ascontiguousarray(x.transpose(0, 2, 3, 1))");
    refused(Map.of("arr_0", Npy.of(new byte[0], 0, 2, 2, 3)), "must have 1 image or more");
    refused(
        Map.of("arr_0", array(), "arr_1", Npy.of(new long[] {0, 1, -1, 0, 0}, COUNT)),
        "has class -1 at image 2, must be 0 to 99999");
  }

  private void refused(Map<String, Npy> arrays, String message) {
    assertThatThrownBy(() -> ImageSources.open(npz(arrays), 0))
        .isInstanceOf(JiffusionException.class)
        .hasMessageContaining(folder.resolve("a.npz").toString())
        .hasMessageContaining(message);
  }

  @Test
  void a_file_that_ends_early_or_is_damaged_is_refused() throws IOException {
    Path npy = folder.resolve("short.npy");
    array().write(npy);
    byte[] whole = Files.readAllBytes(npy);
    Files.write(npy, Arrays.copyOf(whole, whole.length - 100));
    assertThatThrownBy(() -> drain(npy)).hasMessageContaining(npy + " is cut short");

    Path npz = npz(Map.of("arr_0", array()));
    whole = Files.readAllBytes(npz);
    Files.write(npz, Arrays.copyOf(whole, whole.length - 10));
    assertThatThrownBy(() -> drain(npz)).hasMessageContaining(npz + " is no npz file, or damaged");
    whole[200]++; // a pixel
    Files.write(npz, whole);
    assertThatThrownBy(() -> drain(npz)).hasMessageContaining("it does not fit its checksum");

    Path zip = zip(pictures());
    whole = Files.readAllBytes(zip);
    Files.write(zip, Arrays.copyOf(whole, whole.length - 10));
    assertThatThrownBy(() -> drain(zip)).hasMessageContaining(zip + " is no zip archive");
  }

  private static void drain(Path file) {
    try (ImageSource source = ImageSources.open(file, 0)) {
      source.read(0, source.count());
    }
  }

  @Test
  void the_mutants_of_an_archive_are_read_or_refused() throws IOException {
    byte[] whole = Files.readAllBytes(zip(pictures()));
    BadFiles.mutate(
        folder,
        whole,
        file -> {
          Path zip = file.resolveSibling("mutant.zip");
          try {
            Files.copy(file, zip, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
          } catch (IOException e) {
            throw new IllegalStateException(e);
          }
          drain(zip);
        });
  }

  @Test
  void the_mutants_of_an_array_are_read_or_refused() throws IOException {
    byte[] whole = Files.readAllBytes(deflated());
    BadFiles.mutate(
        folder,
        whole,
        file -> {
          Path npz = file.resolveSibling("mutant.npz");
          try {
            Files.copy(file, npz, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
          } catch (IOException e) {
            throw new IllegalStateException(e);
          }
          drain(npz);
        });
  }

  @Test
  void an_archive_with_a_bomb_with_nothing_or_with_names_that_climb_is_refused()
      throws IOException {
    Path zip = folder.resolve("bomb.zip");
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(zip))) {
      out.putNextEntry(new ZipEntry("a.png"));
      byte[] zeros = new byte[1 << 20];
      for (int i = 0; i < 257; i++) {
        out.write(zeros);
      }
    }
    assertThatThrownBy(() -> ImageSources.open(zip, 0))
        .hasMessage(
            zip + " has an entry of more than 256 MB when unpacked, must be pictures: a.png");

    Path empty = folder.resolve("empty.zip");
    new ZipOutputStream(Files.newOutputStream(empty)).close();
    assertThatThrownBy(() -> ImageSources.open(empty, 0))
        .hasMessageStartingWith("in " + empty + ": no pictures in /, must be files named .png");

    Path climbing = folder.resolve("climbing.zip");
    try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(climbing))) {
      out.putNextEntry(new ZipEntry("../a.png"));
      out.write(1);
    }
    assertThatThrownBy(() -> ImageSources.open(climbing, 0))
        .isInstanceOf(JiffusionException.class)
        .hasMessageContaining(climbing.toString());
  }

  @Test
  void what_is_neither_folder_nor_file_of_images_is_refused() throws IOException {
    Path text = Files.writeString(folder.resolve("a.txt"), "text");
    assertThatThrownBy(() -> ImageSources.open(text, 0))
        .hasMessage(
            "cannot read images from "
                + text
                + ", must be a folder, a .zip of pictures, a .npz or a .npy file");
    Path missing = folder.resolve("missing");
    assertThatThrownBy(() -> ImageSources.open(missing, 0))
        .hasMessage("cannot read " + missing + ": there is no such file or folder");
    Path empty = Files.createDirectories(folder.resolve("empty"));
    assertThatThrownBy(() -> ImageSources.open(empty, 0))
        .hasMessageStartingWith("no pictures in " + empty);
    try (OutputStream out = Files.newOutputStream(empty.resolve("a.png"))) {
      out.write("no picture".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
    }
    assertThatThrownBy(() -> ImageSources.open(empty, 0))
        .hasMessage(
            empty.resolve("a.png") + " is no picture, must be PNG, JPEG, GIF, BMP, WebP or TIFF");
  }
}
