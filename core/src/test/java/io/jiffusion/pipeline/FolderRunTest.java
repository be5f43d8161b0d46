package io.jiffusion.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.base.Cancellation;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.Progress;
import io.jiffusion.checkpoint.RunFolder;
import io.jiffusion.config.DataConfig;
import io.jiffusion.config.RunConfig;
import io.jiffusion.data.Images;
import io.jiffusion.data.Png;
import io.jiffusion.tensor.NativeHandles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** Runs that learn a folder of pictures, sub-folders as classes. */
@ExtendWith(NativeHandles.class)
class FolderRunTest {
  @TempDir Path home;

  @Test
  void theNumberOfClassesComesFromTheFolder() throws IOException {
    for (int i = 0; i <= 10; i++) {
      picture("p/" + i + "/a.png", i);
    }
    RunConfig config = config("p").fitted();
    assertThat(config.classes()).isEqualTo(11);
    assertThat(config.nullClass()).isEqualTo(11);
    assertThat(config.train().labelDrop()).isEqualTo(0.1);
    assertThat(config.classNames())
        .containsExactly("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10");
    assertThat(config.classOf("10")).isEqualTo(10);
    assertThat(config.dataset().label(10)).isEqualTo(10);
    assertThat(config.fitted()).isEqualTo(config);
    assertThat(config.found()).startsWith("11 pictures in 11 classes: 0 1, 1 1, ");
  }

  @Test
  void onlyWhoAsksForItLearnsAllAsOneKind() throws IOException {
    picture("p/cat/a.png", 1);
    picture("p/dog/a.png", 2);
    RunConfig config = config("p", "data.classes=[]").fitted();
    assertThat(config.classes()).isZero();
    assertThat(config.dataset().size()).isEqualTo(2);
    assertThat(config.dataset().classes()).isZero();
    assertThatThrownBy(() -> config("p", "data.classes=[cat, dog]"))
        .isInstanceOf(JiffusionException.class)
        .hasMessageContaining("must not be more than the network's, which has 0");
  }

  @Test
  void classesHaveNamesInRequests() throws IOException {
    picture("p/3/a.png", 1);
    picture("p/5/a.png", 2);
    RunConfig numbers = config("p").fitted();
    assertThat(numbers.classOf("5")).isEqualTo(1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> numbers.classOf("1"))
        .withMessage("illegal class: 1, must be one of 3, 5");
    picture("q/cat/a.png", 1);
    picture("q/dog/a.png", 2);
    RunConfig words = config("q").fitted();
    assertThat(words.classOf("dog")).isEqualTo(1);
    assertThat(words.classOf("0")).isZero();
    assertThatIllegalArgumentException().isThrownBy(() -> words.classOf("elk"));
    assertThat(RunConfig.of("mnist", List.of()).classOf("3")).isEqualTo(3);
    assertThat(RunConfig.of("cifar10", List.of()).classNames()).isEmpty(); // it learns no classes
  }

  @Test
  void aNameThatWasTakenApartAtItsBlanksIsOneClass() throws IOException {
    for (String name : List.of("golden", "golden retriever", "cat", "tail, long")) {
      picture("p/" + name + "/a.png", 1);
    }
    RunConfig config = config("p").fitted();
    assertThat(config.classNames())
        .containsExactly("cat", "golden", "golden retriever", "tail, long");
    assertThat(config.classesOf(List.of("golden", "retriever", "cat", "golden", "cat", "3")))
        .containsExactly(2, 0, 1, 0, 3);
    assertThat(config.classesOf(List.of("tail", "long", "golden retriever"))).containsExactly(3, 2);
    assertThat(config.classesOf(List.of())).isEmpty();
    assertThatIllegalArgumentException()
        .isThrownBy(() -> config.classesOf(List.of("golden", "elk")))
        .withMessageStartingWith("illegal class: elk");
  }

  @Test
  void aResumedRunTakesTheSamePicturesFromAnywhereAndNoOthers() throws IOException {
    picture("p/cat/a.png", 1);
    picture("p/dog/a.png", 2);
    picture("moved/cat/b.png", 1);
    picture("moved/dog/c.png", 2);
    train(false, config("p", "train.steps=1"));
    DataConfig begun = RunFolder.read(home.resolve("run")).config().data();
    assertThat(begun.classes()).containsExactly("cat", "dog");
    RunConfig own = RunFolder.read(home.resolve("run")).config();
    train(true, own.withData(home.resolve("moved")).with(List.of("train.steps=2")));
    assertThat(RunFolder.read(home.resolve("run")).step()).isEqualTo(2);
    train(true, config("moved", "train.steps=3"));
    assertThat(RunFolder.read(home.resolve("run")).step()).isEqualTo(3);

    picture("moved/dog/d.png", 3);
    assertThatThrownBy(() -> train(true, config("moved", "train.steps=4")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("pictures ");
    Files.delete(home.resolve("moved/dog/d.png"));
    Files.move(home.resolve("moved/dog"), home.resolve("moved/elk"));
    assertThatThrownBy(() -> train(true, own.withData(home.resolve("moved"))))
        .hasMessage(
            home.resolve("moved")
                + " has the classes cat, elk, must have those of the run: cat, dog");
  }

  private void train(boolean resume, RunConfig config) {
    new Training(config, home.resolve("run"), resume)
        .run(
            new Training.Listener() {
              @Override
              public void step(Progress progress) {}

              @Override
              public void saved(long step) {}
            },
            new Cancellation());
  }

  private RunConfig config(String folder, String... more) {
    List<String> settings =
        new ArrayList<>(
            List.of(
                "data.path=\"" + home.resolve(folder) + "\"",
                "network.unet.inputChannels=1",
                "network.unet.height=8",
                "network.unet.width=8",
                "network.unet.channels=8",
                "network.unet.multipliers=[1, 1]",
                "network.unet.resBlocks=1",
                "network.unet.attention=[]",
                "network.unet.groups=4",
                "network.unet.headWidth=8",
                "train.batch=2",
                "train.precision=fp32"));
    settings.addAll(List.of(more));
    return RunConfig.of("folder", settings);
  }

  private void picture(String name, int level) throws IOException {
    Path file = home.resolve(name);
    Files.createDirectories(file.getParent());
    byte[] bytes = new byte[64];
    Arrays.fill(bytes, (byte) level);
    Png.write(file, new Images(1, 8, 8, 1, bytes), Map.of());
  }
}
