package io.jiffusion.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.base.Cancellation;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.config.RunConfig;
import io.jiffusion.data.Npy;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SampleStreamTest {
  private static final RunConfig CONFIG = RunConfig.of("mnist", List.of());
  private static final Model MODEL = Model.of(CONFIG, new GaussianExecution(CONFIG, 4));
  private static final SampleRequest REQUEST =
      SampleRequest.of(11).steps(2).seed(5).classes(1, 2, 3).batch(4);

  @TempDir Path folder;

  @AfterAll
  static void close() {
    MODEL.close();
  }

  @Test
  void whatWasStoppedIsGoneOnWithToTheSameBytes() {
    Cancellation stop = new Cancellation();
    List<String> said = new ArrayList<>();
    SampleStream stream = stream(REQUEST, SampleStream.Shard.ALL);
    assertThatThrownBy(
            () ->
                stream.run(
                    false,
                    false,
                    progress -> {
                      if (progress.done() >= 4 * 2) {
                        stop.cancel();
                      }
                    },
                    said::add,
                    stop))
        .isInstanceOf(CancellationException.class);
    assertThat(said)
        .containsExactly(
            "what is done is kept in "
                + folder.resolve("images.npy.part")
                + "; go on with --resume");
    assertThatThrownBy(() -> run(stream, false))
        .isInstanceOf(JiffusionException.class)
        .hasMessageContaining(" of 11 images of this request; go on with --resume");
    assertThatThrownBy(() -> run(stream(REQUEST.seed(6), SampleStream.Shard.ALL), true))
        .isInstanceOf(JiffusionException.class)
        .hasMessageContaining("is of another request");

    SampleStream.Made made = run(stream, true);
    assertThat(made.images()).isBetween(1, 10);
    assertThat(made.files())
        .containsExactly(folder.resolve("images.npy"), folder.resolve("images.json"));
    assertThat(bytes("images.npy")).isEqualTo(MODEL.sample(REQUEST).bytes());
    assertThat(run(stream, true).images()).as("when all are there").isZero();
  }

  @Test
  void shardsAreTheWholeInParts() {
    ByteArrayOutputStream parts = new ByteArrayOutputStream();
    for (String shard : List.of("1/3", "2/3", "3/3")) {
      run(stream(REQUEST, SampleStream.Shard.parse(shard)), false);
      parts.writeBytes(bytes("images-" + shard.replace("/", "-of-") + ".npy"));
    }
    assertThat(parts.toByteArray()).isEqualTo(MODEL.sample(REQUEST).bytes());
  }

  private SampleStream stream(SampleRequest request, SampleStream.Shard shard) {
    return new SampleStream(MODEL, request, Provenance.of("here", MODEL), folder, "npy", shard);
  }

  private static SampleStream.Made run(SampleStream stream, boolean resume) {
    return stream.run(resume, false, progress -> {}, sentence -> {}, new Cancellation());
  }

  private byte[] bytes(String file) {
    ByteBuffer data = Npy.read(folder.resolve(file)).data();
    byte[] bytes = new byte[data.remaining()];
    data.get(bytes);
    return bytes;
  }
}
