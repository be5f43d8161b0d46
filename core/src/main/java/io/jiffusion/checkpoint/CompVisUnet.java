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
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The arguments of latent diffusion's UNetModel: that of guided-diffusion, with transformers for
 * attention if there is a context.
 *
 * @param config the network
 * @param map its names
 */
record CompVisUnet(UnetConfig config, NameMap map) {

  /** Arguments that change the network, with the value that we have. */
  private static final Map<String, String> ONLY =
      Map.of(
          "dims", "2",
          "n_embed", "null",
          "disable_self_attentions", "null",
          "disable_middle_self_attn", "false",
          "num_attention_blocks", "null",
          "adm_in_channels", "null");

  /**
   * Reads the arguments.
   *
   * @param tokens rows of the class embedder whose row is the context; 0 if there is none
   * @param nullClass whether the last of these rows stands for "no class"
   */
  static CompVisUnet of(PeerConfig c, int tokens, boolean nullClass) {
    ONLY.forEach(c::must);
    int channels = c.whole("model_channels");
    List<Integer> mult = c.has("channel_mult") ? c.oneOrMore("channel_mult") : List.of(1, 2, 4, 8);
    if (mult.get(0) != 1) {
      c.fail("channel_mult", "must begin with 1");
    }
    List<Integer> rates = c.wholes("attention_resolutions");
    boolean crosses = c.flag("use_spatial_transformer", false);
    Attention kind = crosses ? Attention.CROSS : Attention.SELF;
    int headWidth = c.whole("num_head_channels", -1);
    int heads = headWidth > 0 ? 0 : c.whole("num_heads");
    int upHeads = c.whole("num_heads_upsample", -1);
    // by default (legacy) the way up has its own number, but for transformers
    boolean own = !crosses && headWidth <= 0 && upHeads > 0 && c.flag("legacy", true);
    List<Integer> depths =
        c.has("transformer_depth") ? c.oneOrMore("transformer_depth") : List.of(1);
    if (depths.size() > 1 && depths.size() != mult.size()) {
      c.fail("transformer_depth", "must be one number, or one for each level");
    }
    List<UnetLevel> levels = new ArrayList<>();
    for (int i = 0; i < mult.size(); i++) {
      Attention attention = rates.contains(1 << i) ? kind : Attention.NONE;
      levels.add(
          new UnetLevel(
              channels * mult.get(i),
              attention,
              attention,
              headWidth > 0 ? null : (Integer) heads,
              crosses ? depths.get(depths.size() == 1 ? 0 : i) : null,
              null,
              null));
    }
    int[] size = c.size("image_size");
    int in = c.whole("in_channels");
    UnetConfig unet =
        Draft.of(UnetConfig.class)
            .set("inputChannels", in)
            .set("height", size[0])
            .set("width", size[1])
            .set("channels", channels)
            .set("multipliers", List.of())
            .set("resBlocks", c.whole("num_res_blocks"))
            .set("attention", List.of())
            .set("middleAttention", true)
            .set("headWidth", Math.max(0, headWidth))
            .set("groups", 32)
            .set("eps", 1e-5)
            .set("order", Order.COS_SIN)
            .set("shift", 0)
            .set("timing", c.flag("use_scale_shift_norm", false) ? Timing.SCALE_SHIFT : Timing.ADD)
            .set("padding", Padding.SYMMETRIC)
            .set(
                "resample",
                c.flag("resblock_updown", false)
                    ? Resample.RESIDUAL
                    : c.flag("conv_resample", true) ? Resample.CONV : Resample.PLAIN)
            .set("activation", Activation.SILU)
            .set("dropout", c.number("dropout", 0))
            .set("classes", c.whole("num_classes", 0))
            .set("zeroInit", true)
            .set("learnedVariance", false)
            .set("centerInput", false)
            .set("middleScale", 1)
            .set("middleNorm", true)
            .set("outputChannels", c.whole("out_channels"))
            .set("levels", levels)
            .set("upHeads", own && upHeads != heads ? upHeads : null)
            .set(
                "transformer",
                crosses
                    ? new TransformerConfig(
                        c.oneOrMore("context_dim").get(0),
                        true,
                        tokens > 0 ? tokens : null,
                        nullClass)
                    : null)
            .make();
    Map<String, Integer> numbers = new HashMap<>();
    numbers.put("levels", mult.size());
    numbers.put("blocks", unet.resBlocks());
    numbers.put("split", c.flag("use_new_attention_order", false) ? 1 : 0);
    numbers.put("headwidth", unet.headWidth());
    numbers.put("heads", heads);
    numbers.put("upheads", own ? upHeads : heads);
    return new CompVisUnet(unet, NameMap.of("openai-unet", numbers));
  }
}
