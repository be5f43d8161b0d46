package io.jiffusion.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.config.RunConfig;
import io.jiffusion.pipeline.Predict.Inputs;
import io.jiffusion.process.Variance;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A checkpoint as facebookresearch/DiT trains it, with random weights, and what it gives. */
class DitCheckpointTest {
  private static final PeerCase PEER = PeerCase.of("dit/original");

  @TempDir Path folder;

  private static Inputs classes() {
    return new Inputs(PEER.wholes("class_labels"), null, null, null);
  }

  @Test
  void theAverageGivesTheOriginalsNumbers() {
    PEER.check(PEER.predict(PEER.folder(), ReadOptions.AUTO, "sample", classes()), "output", 1e-4);
  }

  @Test
  void theTrainedWeightsAreOthers() {
    ReadOptions raw = new ReadOptions(null, null, "raw", null);
    assertThat(PEER.predict(PEER.folder(), raw, "sample", classes()).values())
        .containsOnly(0); // the last layer starts at zero
  }

  @Test
  void aModelWithoutAClassTakesNoClass() {
    int[] none = {3, 3};
    assertThat(PEER.predict(PEER.folder(), ReadOptions.AUTO, "sample", Inputs.NONE).values())
        .containsExactly(
            PEER.predict(
                    PEER.folder(), ReadOptions.AUTO, "sample", new Inputs(none, null, null, null))
                .values());
  }

  @Test
  void theShapesTellTheNetwork() {
    try (StoredModel stored = Checkpoints.open(PEER.folder())) {
      RunConfig config = stored.run().config();
      assertThat(config.network().dit().depth()).isEqualTo(2);
      assertThat(config.network().dit().size()).isEqualTo(4);
      assertThat(config.network().dit().outputChannels()).isEqualTo(8);
      assertThat(config.process().variance()).isEqualTo(Variance.LEARNED_RANGE);
      assertThat(config.process().clip()).isFalse();
      assertThat(config.classes()).isEqualTo(3);
      assertThat(stored.run().source().weights()).isEqualTo("ema");
    }
  }

  @Test
  void headsThatNobodyTellsAreAskedFor() throws IOException {
    Path alone = Files.copy(PEER.folder().resolve("model.pt"), folder.resolve("model.pt"));
    assertThatThrownBy(() -> Checkpoints.open(alone))
        .isInstanceOf(JiffusionException.class)
        .hasMessage(
            alone
                + " is a DiT of width 8, which no named model has: its number of heads must be told"
                + " as num_heads in a config.json beside it, or by --config");
  }
}
