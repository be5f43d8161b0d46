package io.jiffusion.checkpoint;

import io.jiffusion.base.Draft;
import io.jiffusion.network.AutoencoderConfig;
import io.jiffusion.network.TinyAutoencoderConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The configurations of diffusers' AutoencoderKL, VQModel and AutoencoderTiny. */
final class DiffusersAutoencoder {
  private DiffusersAutoencoder() {}

  /** AutoencoderKL. */
  static DiffusersPart kl(PeerConfig c) {
    int latents = c.whole("latent_channels", 4);
    c.must("latents_mean", null);
    c.must("latents_std", null);
    return part(
        c,
        common(c)
            .set("features", latents)
            .set("latents", latents)
            .set("moments", true)
            .set("before", c.flag("use_quant_conv", true))
            .set("after", c.flag("use_post_quant_conv", true))
            .set("codes", 0)
            .set("shift", c.number("shift_factor", 0)));
  }

  /** VQModel. */
  static DiffusersPart vq(PeerConfig c) {
    c.must("norm_type", "group");
    int features = c.whole("latent_channels", 3);
    return part(
        c,
        common(c)
            .set("features", features)
            .set("latents", c.whole("vq_embed_dim", features))
            .set("moments", false)
            .set("before", true)
            .set("after", true)
            .set("codes", c.whole("num_vq_embeddings", 256))
            .set("shift", 0));
  }

  /** What both have. */
  private static Draft<AutoencoderConfig> common(PeerConfig c) {
    c.must("act_fn", "silu");
    List<Integer> channels =
        c.has("block_out_channels") ? c.oneOrMore("block_out_channels") : List.of(64);
    List<Integer> size = c.has("sample_size") ? c.oneOrMore("sample_size") : List.of(32);
    int height = fitting(size.get(0), channels.size());
    List<Integer> attention = new ArrayList<>();
    for (int i = 0; i < channels.size(); i++) {
      String below = type(c, "down_block_types", i, "DownEncoderBlock2D");
      String above = type(c, "up_block_types", channels.size() - 1 - i, "UpDecoderBlock2D");
      boolean attends = below.equals("AttnDownEncoderBlock2D");
      if (!attends && !below.equals("DownEncoderBlock2D")
          || !above.equals(attends ? "AttnUpDecoderBlock2D" : "UpDecoderBlock2D")) {
        c.fail("down_block_types", "must be encoder blocks, and attend where up_block_types do");
      }
      if (attends) {
        attention.add(height >> i);
      }
    }
    return Draft.of(AutoencoderConfig.class)
        .set("imageChannels", c.whole("in_channels", 3))
        .set("outputChannels", c.whole("out_channels", 3))
        .set("height", height)
        .set("width", fitting(size.get(size.size() - 1), channels.size()))
        .set("channels", channels)
        .set("blocks", c.whole("layers_per_block", 1))
        .set("attention", attention)
        .set("middleAttention", c.flag("mid_block_add_attention", true))
        .set("groups", c.whole("norm_num_groups", 32))
        .set("eps", 1e-6)
        .set("scale", c.number("scaling_factor", 0.18215));
  }

  private static DiffusersPart part(PeerConfig c, Draft<AutoencoderConfig> draft) {
    AutoencoderConfig network = draft.make();
    return DiffusersPart.of(
        c,
        network,
        NameMap.of("diffusers-autoencoder", DiffusersPart.levels(network.channels().size())));
  }

  private static String type(PeerConfig c, String key, int index, String otherwise) {
    if (!c.has(key)) {
      return otherwise;
    }
    List<String> types = c.texts(key);
    return index < types.size() ? types.get(index) : c.fail(key, "must name a block a level");
  }

  /** The sample size is a hint only: the next one that can be halved often enough. */
  private static int fitting(int size, int levels) {
    int unit = 1 << (levels - 1);
    return Math.max(1, (size + unit - 1) / unit) * unit;
  }

  /** AutoencoderTiny. */
  static DiffusersPart tiny(PeerConfig c) {
    c.must("act_fn", "relu");
    c.must("upsample_fn", "nearest");
    c.must("upsampling_scaling_factor", "2");
    List<Integer> four = List.of(64, 64, 64, 64);
    List<Integer> encoder =
        c.has("encoder_block_out_channels") ? c.oneOrMore("encoder_block_out_channels") : four;
    return DiffusersPart.of(
        c,
        Draft.of(TinyAutoencoderConfig.class)
            .set("imageChannels", c.whole("in_channels", 3))
            .set("outputChannels", c.whole("out_channels", 3))
            .set("height", 64 << (encoder.size() - 1) >> 3)
            .set("width", 64 << (encoder.size() - 1) >> 3)
            .set("encoderChannels", encoder)
            .set(
                "encoderBlocks",
                c.has("num_encoder_blocks") ? c.wholes("num_encoder_blocks") : List.of(1, 3, 3, 3))
            .set(
                "decoderChannels",
                c.has("decoder_block_out_channels")
                    ? c.oneOrMore("decoder_block_out_channels")
                    : four)
            .set(
                "decoderBlocks",
                c.has("num_decoder_blocks") ? c.wholes("num_decoder_blocks") : List.of(3, 3, 3, 1))
            .set("latents", c.whole("latent_channels", 4))
            .set("pooled", 0)
            .set("signed", true)
            .set("scale", c.number("scaling_factor", 1))
            .make(),
        NameMap.of("tiny-autoencoder", Map.of()));
  }
}
