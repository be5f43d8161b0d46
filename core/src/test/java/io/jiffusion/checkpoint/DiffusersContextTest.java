package io.jiffusion.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.network.Shapes;
import io.jiffusion.pipeline.Predict.Inputs;
import io.jiffusion.pipeline.Values;
import io.jiffusion.weights.Array;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** UNet2DConditionModel and DiTTransformer2DModel as diffusers 0.42.1 evaluates them. */
class DiffusersContextTest {
  private static final PeerCase UNET = PeerCase.of("unet-condition/sd-like");
  private static final PeerCase DIT = PeerCase.of("unet-condition/dit-2-layers");

  @TempDir Path folder;

  @Test
  void aUnetWithAContextGivesDiffusersNumbers() {
    Inputs given = new Inputs(null, UNET.recorded("context"), null, null);
    UNET.check(UNET.predict(UNET.folder(), ReadOptions.AUTO, "sample", given), "output", 1e-4);
    UNET.check(
        UNET.predict(UNET.folder(), ReadOptions.AUTO, "small_sample", given), "small_output", 1e-4);
  }

  @Test
  void aDiffusionTransformerGivesDiffusersNumbers() {
    Inputs given = new Inputs(DIT.wholes("class_labels"), null, null, null);
    DIT.check(DIT.predict(DIT.folder(), ReadOptions.AUTO, "sample", given), "output", 1e-4);
  }

  @Test
  void theOlderNameOfTheTransformerIsTheSameNetwork() {
    Path older = PeerCase.changed(DIT.folder(), folder.resolve("a"), arrays -> {});
    folder.resolve("a/config.json").toFile().delete();
    PeerCase.configured(DIT.folder(), older, "DiTTransformer2DModel", "Transformer2DModel");
    Inputs given = new Inputs(DIT.wholes("class_labels"), null, null, null);
    DIT.check(DIT.predict(older, ReadOptions.AUTO, "sample", given), "output", 1e-4);
  }

  @ParameterizedTest
  @CsvSource({"sd-like, 52644", "dit-2-layers, 20176"})
  void everyParameterIsCounted(String name, long parameters) {
    try (StoredModel stored = Checkpoints.open(PeerCase.of("unet-condition/" + name).folder())) {
      assertThat(Shapes.of(stored.run().config().network().network(), 1).parameterCount())
          .isEqualTo(parameters);
    }
  }

  @Test
  void anImportedModelGivesTheSameBits() {
    Inputs context = new Inputs(null, UNET.recorded("context"), null, null);
    Inputs classes = new Inputs(DIT.wholes("class_labels"), null, null, null);
    assertThat(UNET.predict(imported(UNET), ReadOptions.AUTO, "sample", context).values())
        .containsExactly(UNET.predict(UNET.folder(), ReadOptions.AUTO, "sample", context).values());
    assertThat(DIT.predict(imported(DIT), ReadOptions.AUTO, "sample", classes).values())
        .containsExactly(DIT.predict(DIT.folder(), ReadOptions.AUTO, "sample", classes).values());
  }

  private Path imported(PeerCase peer) {
    Path run = folder.resolve(peer.folder().getFileName());
    try (StoredModel stored = Checkpoints.open(peer.folder())) {
      stored.write(run);
    }
    return run;
  }

  @Test
  void theLastClassOfATransformerIsNoClass() {
    try (StoredModel stored = Checkpoints.open(DIT.folder())) {
      assertThat(stored.run().config().classes()).isEqualTo(10);
      assertThat(stored.run().config().nullClass()).isEqualTo(10);
    }
  }

  @Test
  void aContextThatDoesNotFitIsTold() {
    float[] values = new float[2 * 5 * 24];
    for (long[] shape : new long[][] {{2, 5, 12}, {1, 5, 24}, {2, 120}}) {
      Inputs given = new Inputs(null, new Values(values, shape), null, null);
      assertThatThrownBy(() -> UNET.predict(UNET.folder(), ReadOptions.AUTO, "sample", given))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("illegal context: array of [")
          .hasMessageEndingWith("must be 2 sequences of elements of 24");
    }
    assertThatThrownBy(() -> UNET.predict(UNET.folder(), ReadOptions.AUTO, "sample", Inputs.NONE))
        .hasMessage("this network needs a context");
  }

  @Test
  void tensorsThatDoNotFitAreListedTogether() {
    String q = "down_blocks.0.attentions.0.transformer_blocks.0.attn2.to_q.weight";
    Path model =
        PeerCase.changed(
            UNET.folder(),
            folder.resolve("b"),
            arrays -> {
              arrays.put("down_blocks.0.attentions.0.norm3.bias", Array.of(new float[8], 8));
              arrays.put(q, Array.of(new float[8 * 24], 8, 24));
              arrays.put("mid_block.attentions.0.proj_inn.bias", Array.of(new float[16], 16));
              arrays.remove("mid_block.attentions.0.proj_in.bias");
            });
    assertThatThrownBy(() -> Checkpoints.open(model))
        .isInstanceOf(JiffusionException.class)
        .hasMessageContaining("(4 problems)")
        .hasMessageContaining("wrong shape: " + q + " is [8, 24], must be [8, 8]")
        .hasMessageContaining(
            "missing: mid_block.attentions.0.proj_in.bias (there is"
                + " mid_block.attentions.0.proj_inn.bias)")
        .hasMessageContaining("not in the network: down_blocks.0.attentions.0.norm3.bias");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"addition_embed_type\": \"text_time\"",
        "\"dual_cross_attention\": true",
        "\"only_cross_attention\": true",
        "\"attention_type\": \"gated\"",
        "\"class_embed_type\": \"projection\"",
        "\"encoder_hid_dim\": 64",
        "\"time_cond_proj_dim\": 8",
        "\"act_fn\": \"gelu\"",
        "\"resnet_out_scale_factor\": 2.0",
        "\"conv_in_kernel\": 1",
        "\"resnet_time_scale_shift\": \"spatial\"",
        "\"mid_block_type\": \"UNetMidBlock2DSimpleCrossAttn\""
      })
  void settingsOfOtherNetworksAreRefused(String setting) {
    String key = setting.substring(0, setting.indexOf(':'));
    Path model = replaced(UNET, key, setting);
    assertThatThrownBy(() -> Checkpoints.open(model))
        .isInstanceOf(JiffusionException.class)
        .hasMessageStartingWith("illegal " + key.replace("\"", "") + ": ")
        .hasMessageContaining("must be ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"norm_type\": \"ada_norm_single\"",
        "\"activation_fn\": \"geglu\"",
        "\"attention_bias\": false",
        "\"norm_elementwise_affine\": true"
      })
  void otherTransformersAreRefused(String setting) {
    String key = setting.substring(0, setting.indexOf(':'));
    Path model = replaced(DIT, key, setting);
    assertThatThrownBy(() -> Checkpoints.open(model))
        .isInstanceOf(JiffusionException.class)
        .hasMessageStartingWith("illegal " + key.replace("\"", "") + ": ")
        .hasMessageContaining("must be ");
  }

  /** The configuration with another setting. */
  private Path replaced(PeerCase peer, String key, String setting) {
    try {
      String text = java.nio.file.Files.readString(peer.folder().resolve("config.json"));
      String old =
          text.lines()
              .filter(line -> line.strip().startsWith(key))
              .findFirst()
              .orElse("{")
              .strip()
              .replaceAll(",$", "");
      return PeerCase.configured(
          peer.folder(), folder.resolve("c"), old, old.equals("{") ? "{" + setting + "," : setting);
    } catch (java.io.IOException e) {
      throw new AssertionError(e);
    }
  }
}
