package io.jiffusion.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.config.RunConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunFolderTest {
  @TempDir Path folder;

  @Test
  void whatIsWrittenReadsBackTheSame() {
    RunFolder run = RunFolder.of(RunConfig.of("mnist", List.of()), 1234);
    run.write(folder);
    RunFolder back = RunFolder.read(folder);
    assertThat(back.step()).isEqualTo(1234);
    assertThat(back.config().toYaml()).isEqualTo(run.config().toYaml());
  }

  @Test
  void aFolderWithoutAModelIsTold() {
    assertThatThrownBy(() -> RunFolder.read(folder))
        .isInstanceOf(JiffusionException.class)
        .hasMessage(
            "no model in "
                + folder
                + ": it has no run.json, must be a folder that jiffusion train made");
  }

  @Test
  void aNewerFormatIsRefused() throws IOException {
    Files.writeString(folder.resolve("run.json"), "{\"format\": 2, \"all\": \"new\"}");
    assertThatThrownBy(() -> RunFolder.read(folder))
        .isInstanceOf(JiffusionException.class)
        .hasMessage(
            "format 2 of "
                + folder.resolve("run.json")
                + " is not known, must be 1; use a newer program");
  }

  @Test
  void aTruncatedFileIsToldByLine() throws IOException {
    RunFolder.of(RunConfig.of("mnist", List.of()), 0).write(folder);
    String json = Files.readString(folder.resolve("run.json"));
    for (int length : new int[] {0, 1, 40, 400, json.length() - 3}) {
      Files.writeString(folder.resolve("run.json"), json.substring(0, length));
      assertThatThrownBy(() -> RunFolder.read(folder)).isInstanceOf(JiffusionException.class);
    }
  }
}
