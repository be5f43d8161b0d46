package io.jiffusion.checkpoint;

import io.jiffusion.base.Draft;
import io.jiffusion.network.Ops.Order;
import io.jiffusion.network.Ops.Padding;
import io.jiffusion.network.UnetConfig;
import io.jiffusion.network.UnetConfig.Activation;
import io.jiffusion.network.UnetConfig.ClassEmbedding;
import io.jiffusion.network.UnetConfig.Resample;
import io.jiffusion.network.UnetConfig.Timing;
import io.jiffusion.network.UnetLevel;
import io.jiffusion.network.UnetLevel.Attention;
import java.util.ArrayList;
import java.util.List;

/** The configuration of diffusers' UNet2DModel: unconditional and class-conditional U-Nets. */
final class DiffusersUnet2d {
  private DiffusersUnet2d() {}

  static DiffusersPart read(PeerConfig c) {
    c.must("time_embedding_type", "positional");
    c.must("mid_block_type", "UNetMidBlock2D");
    boolean middle = !c.keys().containsKey("mid_block_type") || c.has("mid_block_type");
    List<Integer> channels = c.oneOrMore("block_out_channels");
    List<String> down = c.texts("down_block_types");
    List<String> up = c.texts("up_block_types");
    List<Integer> size = c.has("sample_size") ? c.oneOrMore("sample_size") : List.of(64);
    boolean scaleShift =
        oneOf(c, "resnet_time_scale_shift", "default", "default", "scale_shift")
            .equals("scale_shift");
    int groups = c.whole("norm_num_groups", 32);
    if (c.has("attn_norm_num_groups") && c.whole("attn_norm_num_groups") != groups) {
      c.fail("attn_norm_num_groups", "must be as norm_num_groups");
    }
    int headWidth = headWidth(c);
    if (down.size() != channels.size() || up.size() != channels.size()) {
      c.fail("down_block_types", "must be as many as block_out_channels, like up_block_types");
    }
    known(
        c,
        "down_block_types",
        down,
        List.of("DownBlock2D", "AttnDownBlock2D", "ResnetDownsampleBlock2D"));
    known(c, "up_block_types", up, List.of("UpBlock2D", "AttnUpBlock2D", "ResnetUpsampleBlock2D"));
    List<UnetLevel> levels = new ArrayList<>();
    for (int i = 0; i < channels.size(); i++) {
      String below = down.get(i);
      String above = up.get(channels.size() - 1 - i);
      levels.add(
          new UnetLevel(
              channels.get(i),
              below.startsWith("Attn") ? Attention.SELF : Attention.NONE,
              above.startsWith("Attn") ? Attention.SELF : Attention.NONE,
              null,
              null,
              resample(below, oneOf(c, "downsample_type", "conv", "conv", "resnet")),
              resample(above, oneOf(c, "upsample_type", "conv", "conv", "resnet"))));
    }
    UnetConfig unet =
        Draft.of(UnetConfig.class)
            .set("inputChannels", c.whole("in_channels", 3))
            .set("height", size.get(0))
            .set("width", size.get(size.size() - 1))
            .set("channels", channels.get(0))
            .set("multipliers", List.of())
            .set("resBlocks", c.whole("layers_per_block", 2))
            .set("attention", List.of())
            .set("middleAttention", middle && c.flag("add_attention", true))
            .set("headWidth", headWidth)
            .set("groups", groups)
            .set("eps", c.number("norm_eps", 1e-5))
            .set("order", c.flag("flip_sin_to_cos", true) ? Order.COS_SIN : Order.SIN_COS)
            .set("shift", c.whole("freq_shift", 0))
            .set("timing", scaleShift ? Timing.SCALE_SHIFT : Timing.ADD)
            .set(
                "padding",
                c.whole("downsample_padding", 1) == 0 ? Padding.BOTTOM_RIGHT : Padding.SYMMETRIC)
            .set("resample", Resample.CONV)
            .set(
                "activation",
                oneOf(c, "act_fn", "silu", "silu", "swish", "gelu").equals("gelu")
                    ? Activation.GELU
                    : Activation.SILU)
            .set("dropout", c.number("dropout", 0))
            .set("classes", classes(c))
            .set("classEmbedding", classEmbedding(c))
            .set("zeroInit", true)
            .set("learnedVariance", false)
            .set("centerInput", c.flag("center_input_sample", false))
            .set("middleScale", c.number("mid_block_scale_factor", 1))
            .set("middleNorm", !scaleShift || c.has("attn_norm_num_groups"))
            .set("outputChannels", c.whole("out_channels", 3))
            .set("embedding", c.has("time_embedding_dim") ? c.whole("time_embedding_dim") : null)
            .set("levels", levels)
            .set("middleBlocks", middle ? null : (Integer) 0)
            .make();
    return DiffusersPart.of(
        c, unet, NameMap.of("diffusers-unet2d", DiffusersPart.levels(channels.size())));
  }

  /** Null is one head (0 for us); where nothing is said, diffusers takes heads of 8 channels. */
  static int headWidth(PeerConfig c) {
    return c.keys().containsKey("attention_head_dim") && !c.has("attention_head_dim")
        ? 0
        : c.whole("attention_head_dim", 8);
  }

  /** Null for a table. */
  static ClassEmbedding classEmbedding(PeerConfig c) {
    return switch (c.text("class_embed_type", "")) {
      case "" -> null;
      case "timestep" -> ClassEmbedding.TIMESTEP;
      case "identity", "projection", "simple_projection" ->
          c.fail(
              "class_embed_type",
              "wants a vector of numbers from the caller in place of a class, which is not known"
                  + " here: must be null or timestep");
      default -> c.fail("class_embed_type", "must be null or timestep");
    };
  }

  /** Of class numbers that are embedded like times there is no table that would tell how many. */
  static int classes(PeerConfig c) {
    return c.whole("num_class_embeds", classEmbedding(c) == null ? 0 : 1000);
  }

  private static String oneOf(PeerConfig c, String key, String otherwise, String... known) {
    String given = c.text(key, otherwise);
    return List.of(known).contains(given)
        ? given
        : c.fail(key, "must be one of " + String.join(", ", known));
  }

  private static void known(PeerConfig c, String key, List<String> given, List<String> known) {
    if (!known.containsAll(given)) {
      c.fail(key, "must be of " + String.join(", ", known));
    }
  }

  /** Of a block type; only blocks with attention look at the network's own setting. */
  private static Resample resample(String block, String ofNetwork) {
    boolean residual =
        block.startsWith("Resnet") || block.startsWith("Attn") && ofNetwork.equals("resnet");
    return residual ? Resample.RESIDUAL : Resample.CONV;
  }
}
