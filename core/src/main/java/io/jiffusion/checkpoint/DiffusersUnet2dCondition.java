package io.jiffusion.checkpoint;

import io.jiffusion.base.Draft;
import io.jiffusion.network.Ops.Order;
import io.jiffusion.network.Ops.Padding;
import io.jiffusion.network.TransformerConfig;
import io.jiffusion.network.UnetConfig;
import io.jiffusion.network.UnetConfig.Activation;
import io.jiffusion.network.UnetConfig.Resample;
import io.jiffusion.network.UnetConfig.Timing;
import io.jiffusion.network.UnetLevel;
import io.jiffusion.network.UnetLevel.Attention;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * The configuration of diffusers' UNet2DConditionModel: U-Nets that attend to a context, as in
 * Stable Diffusion 1 and 2.
 */
final class DiffusersUnet2dCondition {
  /** Settings of other kinds of networks, with the value that leaves them out. */
  private static final Map<String, String> ONLY =
      Map.ofEntries(
          Map.entry("act_fn", "silu"),
          Map.entry("addition_embed_type", "null"),
          Map.entry("attention_type", "default"),
          Map.entry("class_embeddings_concat", "false"),
          Map.entry("conv_in_kernel", "3"),
          Map.entry("conv_out_kernel", "3"),
          Map.entry("cross_attention_norm", "null"),
          Map.entry("dual_cross_attention", "false"),
          Map.entry("encoder_hid_dim", "null"),
          Map.entry("encoder_hid_dim_type", "null"),
          Map.entry("num_attention_heads", "null"),
          Map.entry("resnet_skip_time_act", "false"),
          Map.entry("reverse_transformer_layers_per_block", "null"),
          Map.entry("time_cond_proj_dim", "null"),
          Map.entry("time_embedding_act_fn", "null"),
          Map.entry("time_embedding_type", "positional"),
          Map.entry("timestep_post_act", "null"));

  private DiffusersUnet2dCondition() {}

  static DiffusersPart read(PeerConfig c) {
    ONLY.forEach(c::must);
    if (c.number("resnet_out_scale_factor", 1) != 1) {
      c.fail("resnet_out_scale_factor", "must be 1, no other is known here");
    }
    List<Integer> channels = c.oneOrMore("block_out_channels");
    int levels = channels.size();
    List<String> down = blocks(c, "down_block_types", "Down", levels);
    List<String> up = blocks(c, "up_block_types", "Up", levels);
    int middleBlocks = middleBlocks(c);
    boolean middle = middleBlocks == 2;
    List<Integer> heads = each(c, "attention_head_dim", 8, levels);
    if (heads.stream().anyMatch(each -> each < 1)) {
      c.fail("attention_head_dim", "must be 1 or more");
    }
    List<Integer> depths = each(c, "transformer_layers_per_block", 1, levels);
    int context = same(c, "cross_attention_dim", 1280, levels);
    int resBlocks = same(c, "layers_per_block", 2, levels);
    neverOnlyCross(c);
    boolean crosses = middle;
    List<UnetLevel> all = new ArrayList<>();
    for (int i = 0; i < levels; i++) {
      Attention below = attention(down.get(i));
      Attention above = attention(up.get(levels - 1 - i));
      boolean last = i == levels - 1;
      boolean cross =
          below == Attention.CROSS || above == Attention.CROSS || last && middle; // heads: a number
      boolean self = below == Attention.SELF || above == Attention.SELF; // heads: their width
      if (self && channels.get(i) % heads.get(i) != 0
          || self && cross && heads.get(i) * heads.get(i) != channels.get(i)) {
        c.fail(
            "attention_head_dim",
            "must give both kinds of attention of level " + i + " the same heads");
      }
      crosses |= cross;
      all.add(
          new UnetLevel(
              channels.get(i),
              below,
              above,
              self ? channels.get(i) / heads.get(i) : heads.get(i),
              depths.get(i),
              resample(down.get(i)),
              resample(up.get(levels - 1 - i))));
    }
    int[] size = c.size("sample_size");
    UnetConfig unet =
        Draft.of(UnetConfig.class)
            .set("inputChannels", c.whole("in_channels", 4))
            .set("height", size[0])
            .set("width", size[1])
            .set("channels", channels.get(0))
            .set("multipliers", List.of())
            .set("resBlocks", resBlocks)
            .set("attention", List.of())
            .set("middleAttention", middle)
            .set("headWidth", 0)
            .set("groups", c.whole("norm_num_groups", 32))
            .set("eps", c.number("norm_eps", 1e-5))
            .set("order", c.flag("flip_sin_to_cos", true) ? Order.COS_SIN : Order.SIN_COS)
            .set("shift", c.whole("freq_shift", 0))
            .set("timing", timing(c))
            .set(
                "padding",
                c.whole("downsample_padding", 1) == 0 ? Padding.BOTTOM_RIGHT : Padding.SYMMETRIC)
            .set("resample", Resample.CONV)
            .set("activation", Activation.SILU)
            .set("dropout", c.number("dropout", 0))
            .set("classes", DiffusersUnet2d.classes(c))
            .set("classEmbedding", DiffusersUnet2d.classEmbedding(c))
            .set("zeroInit", true)
            .set("learnedVariance", false)
            .set("centerInput", c.flag("center_input_sample", false))
            .set("middleScale", c.number("mid_block_scale_factor", 1))
            .set("middleNorm", true)
            .set("outputChannels", c.whole("out_channels", 4))
            .set("embedding", c.has("time_embedding_dim") ? c.whole("time_embedding_dim") : null)
            .set("levels", all)
            .set(
                "transformer", crosses ? new TransformerConfig(context, middle, null, false) : null)
            .set("middleBlocks", middle ? null : (Integer) middleBlocks)
            .make();
    return DiffusersPart.of(c, unet, NameMap.of("diffusers-unet2d", DiffusersPart.levels(levels)));
  }

  private static List<String> blocks(PeerConfig c, String key, String way, int levels) {
    List<String> known =
        way.equals("Down")
            ? List.of(
                "DownBlock2D", "AttnDownBlock2D", "CrossAttnDownBlock2D", "ResnetDownsampleBlock2D")
            : List.of("UpBlock2D", "AttnUpBlock2D", "CrossAttnUpBlock2D", "ResnetUpsampleBlock2D");
    List<String> blocks = c.texts(key);
    if (blocks.size() != levels || !known.containsAll(blocks)) {
      c.fail(key, "must be " + levels + " of " + String.join(", ", known));
    }
    return blocks;
  }

  /** Of the three middles the first is a transformer between two blocks, the second one block. */
  private static int middleBlocks(PeerConfig c) {
    if (c.keys().containsKey("mid_block_type") && !c.has("mid_block_type")) {
      return 0;
    }
    return switch (c.text("mid_block_type", "UNetMidBlock2DCrossAttn")) {
      case "UNetMidBlock2DCrossAttn" -> 2;
      case "UNetMidBlock2D" -> 1;
      default ->
          c.fail("mid_block_type", "must be UNetMidBlock2DCrossAttn, UNetMidBlock2D or null");
    };
  }

  private static Timing timing(PeerConfig c) {
    return switch (c.text("resnet_time_scale_shift", "default")) {
      case "default" -> Timing.ADD;
      case "scale_shift" -> Timing.SCALE_SHIFT;
      default -> c.fail("resnet_time_scale_shift", "must be default or scale_shift");
    };
  }

  private static Attention attention(String block) {
    return block.startsWith("Cross")
        ? Attention.CROSS
        : block.startsWith("Attn") ? Attention.SELF : Attention.NONE;
  }

  private static Resample resample(String block) {
    return block.startsWith("Resnet") ? Resample.RESIDUAL : Resample.CONV;
  }

  /** One number for all levels, or one for each. */
  private static List<Integer> each(PeerConfig c, String key, int otherwise, int levels) {
    List<Integer> given = c.has(key) ? c.wholes(key) : List.of(otherwise);
    if (given.size() == 1 && levels > 1) {
      return Collections.nCopies(levels, given.get(0));
    }
    if (given.size() != levels) {
      c.fail(key, "must be one number, or " + levels + ", one for each level");
    }
    return given;
  }

  private static int same(PeerConfig c, String key, int otherwise, int levels) {
    List<Integer> all = each(c, key, otherwise, levels);
    if (all.stream().distinct().count() > 1) {
      c.fail(key, "must be the same for all levels");
    }
    return all.get(0);
  }

  private static void neverOnlyCross(PeerConfig c) {
    if (c.has("only_cross_attention")
        && c.keys().get("only_cross_attention").toString().contains("true")) {
      c.fail("only_cross_attention", "must be false, no other is known here");
    }
  }
}
