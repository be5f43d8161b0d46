package io.jiffusion.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFileTest {
  @TempDir Path folder;

  @Test
  void aFailureLeavesTheOldFileAndNothingElse() throws IOException {
    Path file = Files.writeString(folder.resolve("a.txt"), "old");
    assertThatThrownBy(
            () ->
                AtomicFile.write(
                    file,
                    channel -> {
                      channel.write(ByteBuffer.wrap(new byte[10]));
                      throw new IOException("No space left on device");
                    }))
        .isInstanceOf(JiffusionException.class)
        .hasMessage("cannot write " + file + ": No space left on device");
    assertThat(file).hasContent("old");
    assertThat(folder.toFile().list()).containsExactly("a.txt");
  }

  @Test
  void aMissingFolderIsNamed() {
    Path file = folder.resolve("no/such/a.txt");
    assertThatThrownBy(() -> AtomicFile.write(file, channel -> {}))
        .isInstanceOf(JiffusionException.class)
        .hasMessage("cannot write " + file + ": there is no such file or folder");
    assertThatThrownBy(() -> AtomicFile.write(folder, channel -> {}))
        .hasMessage("cannot write " + folder + ": it is a folder, must be a file name");
  }
}
