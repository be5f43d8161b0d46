package io.jiffusion.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.config.Binder;
import io.jiffusion.config.ProcessConfig;
import io.jiffusion.config.RunConfig;
import io.jiffusion.network.Shapes;
import io.jiffusion.pipeline.Codec;
import io.jiffusion.pipeline.Predict;
import io.jiffusion.pipeline.Predict.Inputs;
import io.jiffusion.pipeline.Values;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A class-conditional checkpoint as CompVis' latent-diffusion evaluates it. */
class CompVisCheckpointTest {
  private static final PeerCase PEER = PeerCase.of("latent-diffusion/kl-class-context");
  private static final Path FILE = PEER.folder().resolve("model.ckpt");
  private static final double TOLERANCE = 1.3e-4;

  @TempDir Path folder;

  private static ReadOptions weights(String weights) {
    return new ReadOptions(null, null, weights, null);
  }

  private static Inputs classes() {
    return new Inputs(PEER.wholes("class_labels"), null, null, null);
  }

  @ParameterizedTest
  @CsvSource({
    "raw, latent_sample, eps",
    "ema, latent_sample, eps_ema",
    "auto, latent_sample, eps_ema",
    "raw, small_latent_sample, small_eps"
  })
  void aClassGivesTheOriginalsNumbers(String weights, String input, String output) {
    PEER.check(PEER.predict(FILE, weights(weights), input, classes()), output, TOLERANCE);
  }

  @Test
  void aContextMayBeGivenInPlaceOfAClass() {
    Inputs context = new Inputs(null, PEER.recorded("context"), null, null);
    float[] ofContext = PEER.predict(FILE, weights("raw"), "latent_sample", context).values();
    assertThat(ofContext)
        .containsExactly(PEER.predict(FILE, weights("raw"), "latent_sample", classes()).values());
    Inputs both = new Inputs(PEER.wholes("class_labels"), PEER.recorded("context"), null, null);
    for (Inputs wrong : new Inputs[] {both, Inputs.NONE}) {
      assertThatThrownBy(() -> PEER.predict(FILE, weights("raw"), "latent_sample", wrong))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("this network needs the class of each image, or a context, and not both");
    }
  }

  @Test
  void theAutoencoderIsThereAfterTheNetworkWasLoaded() {
    try (StoredModel stored = Checkpoints.open(FILE)) {
      Predict.of(stored, PEER.recorded("latent_sample"), new float[] {981, 1}, classes());
      PEER.check(Codec.of(stored).decode(PEER.recorded("z"), true), "decoded", TOLERANCE);
      float scaled = Codec.of(stored).scaled(new Values(new float[] {2}, 1)).values()[0];
      assertThat(scaled).isEqualTo(2 * 0.18215f);
    }
  }

  @Test
  void theProcessAndTheClassesAreTheOriginals() {
    try (StoredModel stored = Checkpoints.open(FILE)) {
      RunConfig config = stored.run().config();
      ProcessConfig process = config.process();
      assertThat(Binder.name(process.schedule())).isEqualTo("quadratic");
      assertThat(process.betaStart()).isEqualTo(0.0015);
      assertThat(process.betaEnd()).isEqualTo(0.0195);
      assertThat(process.steps()).isEqualTo(1000);
      assertThat(Binder.name(process.predicts())).isEqualTo("eps");
      assertThat(process.clip()).isFalse();
      assertThat(config.classes()).isEqualTo(10);
      assertThat(config.nullClass()).isEqualTo(-1);
      long table = 10 * 16;
      assertThat(Shapes.of(config.network().network(), 1).parameterCount())
          .isEqualTo(248324 + table);
      assertThat(stored.run().source().weights()).isEqualTo("ema");
    }
  }

  @Test
  void theConfigurationMayBeTheOriginalsYaml() throws IOException {
    Path yaml =
        Files.writeString(
            folder.resolve("project.yaml"),
            """
            model:
              base_learning_rate: 1.0e-06
              target: ldm.models.diffusion.ddpm.LatentDiffusion
              params:
                linear_start: 0.0015
                linear_end: 0.0195
                timesteps: 1000
                cond_stage_key: class_label
                conditioning_key: crossattn
                unet_config:
                  target: ldm.modules.diffusionmodules.openaimodel.UNetModel
                  params:
                    image_size: 8
                    in_channels: 4
                    out_channels: 4
                    model_channels: 32
                    attention_resolutions:
                    - 1
                    num_res_blocks: 1
                    channel_mult:
                    - 1
                    num_head_channels: 8
                    use_spatial_transformer: True
                    transformer_depth: 1
                    context_dim: 16
                first_stage_config:
                  target: ldm.models.autoencoder.AutoencoderKL
                  params:
                    embed_dim: 4
                    ddconfig:
                      double_z: true
                      z_channels: 4
                      resolution: 16
                      in_channels: 3
                      out_ch: 3
                      ch: 32
                      ch_mult: [1, 1]
                      num_res_blocks: 1
                      attn_resolutions: []
                cond_stage_config:
                  target: ldm.modules.encoders.modules.ClassEmbedder
                  params:
                    n_classes: 10
                    embed_dim: 16
                    key: class_label
                    ucg_rate: 0.1
            """);
    ReadOptions options = new ReadOptions(yaml, null, "raw", null);
    PEER.check(PEER.predict(FILE, options, "latent_sample", classes()), "eps", TOLERANCE);
    try (StoredModel stored = Checkpoints.open(FILE, options)) {
      assertThat(stored.run().config().nullClass()).isEqualTo(9);
    }
  }

  @Test
  void anImportedModelGivesTheSameBits() {
    try (StoredModel stored = Checkpoints.open(FILE)) {
      stored.write(folder.resolve("run"));
    }
    assertThat(
            PEER.predict(folder.resolve("run"), ReadOptions.AUTO, "latent_sample", classes())
                .values())
        .containsExactly(PEER.predict(FILE, weights("ema"), "latent_sample", classes()).values());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"num_heads\": 4| \"num_heads\": 5| 5 heads, must divide the 32 channels",
        "\"linear_start\"| \"beta_schedule\": \"sqrt\", \"linear_start\"| must be linear, sqrt_linear",
        "\"linear_start\"| \"parameterization\": \"mu\", \"linear_start\"| parameterization: mu",
        "\"transformer_depth\": 1| \"n_embed\": 3| illegal n_embed: 3, must be null",
        "\"transformer_depth\": 1| \"transformer_depth\": 2| missing: input_blocks.1.1.transformer_blocks.1",
        "\"first_stage\"| \"first_stages\"| has an autoencoder, but its configuration does not tell",
        "\"context_dim\": 16| \"context_dim\": 12| cond_stage_model.embedding.weight is [10, 16]"
      })
  void aConfigurationThatDoesNotFitIsTold(String from, String to, String message)
      throws IOException {
    Path config = PeerCase.configured(PEER.folder(), folder.resolve("c"), from, to);
    ReadOptions options = new ReadOptions(config.resolve("config.json"), null, "auto", null);
    assertThatThrownBy(() -> Checkpoints.open(FILE, options)).hasMessageContaining(message);
  }

  @Test
  void aCheckpointWithoutAConfigurationIsToldSo() throws IOException {
    Path alone = Files.copy(FILE, folder.resolve("model.ckpt"));
    assertThatThrownBy(() -> Checkpoints.open(alone))
        .isInstanceOf(JiffusionException.class)
        .hasMessageContaining("is a checkpoint of latent-diffusion")
        .hasMessageContaining("put its configuration as config.yaml beside it");
  }
}
