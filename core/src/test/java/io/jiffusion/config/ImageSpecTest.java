package io.jiffusion.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.data.ImageSource;
import io.jiffusion.data.Images;
import io.jiffusion.data.Mnist;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageSpecTest {
  @TempDir Path folder;

  @Test
  void the_digits_that_come_with_the_program_are_called_by_name() {
    try (ImageSource train = ImageSpec.of("mnist").open(0);
        ImageSource test = ImageSpec.of("mnist:test").open(32)) {
      assertThat(train.name()).isEqualTo("mnist, train");
      assertThat(train.height()).isEqualTo(28);
      assertThat(train.classes()).isEqualTo(Mnist.DIGITS);
      assertThat(test.name()).isEqualTo("mnist, test");
      assertThat(test.height()).isEqualTo(32);
      assertThat(test.read(0, 1).bytes()).startsWith(new byte[2 * 32]); // black margins
      assertThat(train.fingerprint()).startsWith(train.count() + " images of 28x28x1, sum ");
    }
  }

  @Test
  void a_file_or_a_folder_is_taken_as_it_is() {
    Path picture = folder.resolve("a.png");
    new Images(1, 2, 3, 3, new byte[18]).write(picture);
    try (ImageSource source = ImageSpec.of(folder.toString()).open(0)) {
      assertThat(source.name()).isEqualTo(folder.toString());
      assertThat(source.width()).isEqualTo(3);
    }
    assertThat(ImageSpec.of(folder.toString()).parted()).isFalse();
  }

  @Test
  void a_set_of_a_folder_has_two_parts() {
    ImageSpec spec = ImageSpec.of("cifar10=some/folder:test");
    assertThat(spec).isEqualTo(new ImageSpec("cifar10", "some/folder", true));
    assertThat(spec.otherPart()).isEqualTo(ImageSpec.of("cifar10=some/folder"));
    assertThat(spec.padded()).isFalse();
    assertThat(ImageSpec.of("fashion-mnist=a").padded()).isTrue();
    assertThatThrownBy(() -> spec.open(0)).hasMessageContaining("some/folder");
  }

  @Test
  void a_name_that_is_nothing_is_refused_with_the_nearest() {
    assertThatThrownBy(() -> ImageSpec.of("cifar10:test"))
        .hasMessage("illegal images: cifar10:test, must name the folder of its files: cifar10=DIR");
    assertThatThrownBy(() -> ImageSpec.of("mnst"))
        .hasMessage(
            "illegal images: mnst, must be a file, a folder or a data set: mnist,"
                + " fashion-mnist=DIR or cifar10=DIR, with :test for the test images; did you mean"
                + " mnist?");
    assertThatThrownBy(() -> ImageSpec.of("")).hasMessageStartingWith("illegal images: , must be");
  }
}
