package io.jiffusion.checkpoint;

import io.jiffusion.base.Draft;
import io.jiffusion.network.Ops.Order;
import io.jiffusion.network.SongUnetConfig;
import io.jiffusion.network.SongUnetConfig.NoiseEmbedding;
import io.jiffusion.network.SongUnetConfig.Norms;
import io.jiffusion.network.SongUnetConfig.Pyramid;
import io.jiffusion.network.UnetConfig.Resample;
import io.jiffusion.network.UnetConfig.Timing;
import java.util.List;
import java.util.stream.IntStream;

/** The configuration of diffusers' UNet2DModel with skip blocks: NCSN++. */
final class DiffusersNcsnpp {
  private static final int ATTENTION_GROUPS = 32; // of the skip blocks, however wide
  private static final int JOINED_GROUPS = 32;

  private DiffusersNcsnpp() {}

  /** Of the skip blocks no setting tells the groups, of the middle and the output it does. */
  private static Norms norms(PeerConfig c) {
    int groups =
        c.keys().containsKey("norm_num_groups") && !c.has("norm_num_groups")
            ? 0
            : c.whole("norm_num_groups", 32);
    return new Norms(
        ATTENTION_GROUPS, JOINED_GROUPS, groups, c.whole("attn_norm_num_groups", groups), groups);
  }

  static DiffusersPart read(PeerConfig c) {
    List<Integer> channels = c.oneOrMore("block_out_channels");
    List<String> down = c.texts("down_block_types");
    List<String> up = c.texts("up_block_types");
    int levels = channels.size();
    if (channels.size() == 0 || down.size() != levels || up.size() != levels) {
      c.fail("down_block_types", "must be as many as block_out_channels, like up_block_types");
    }
    int base = channels.stream().reduce(0, DiffusersNcsnpp::commonDivisor);
    List<Integer> size = c.oneOrMore("sample_size");
    for (int i = 0; i < levels; i++) {
      boolean attends = down.get(i).equals("AttnSkipDownBlock2D");
      String above = up.get(levels - 1 - i);
      if (!attends && !down.get(i).equals("SkipDownBlock2D")
          || !above.equals(attends ? "AttnSkipUpBlock2D" : "SkipUpBlock2D")) {
        c.fail("down_block_types", "must be skip blocks on all levels, the same down and up");
      }
      if (attends && channels.get(i) % ATTENTION_GROUPS != 0) {
        c.fail("block_out_channels", "must be multiples of 32 where a level attends");
      }
      // of diffusers' joined channels a + b/4 are the groups there, 32 at most
      if (attends
          && channels.get(Math.min(i + 1, levels - 1)) + channels.get(i) / 4 < JOINED_GROUPS) {
        c.fail("block_out_channels", "must be more below a level that attends");
      }
    }
    if (c.whole("in_channels", 3) != 3 || c.whole("out_channels", 3) != 3) {
      c.fail("in_channels", "must be 3, as out_channels, with skip blocks");
    }
    if (Math.abs(c.number("mid_block_scale_factor", 1) - Math.sqrt(2)) > 1e-6) {
      c.fail("mid_block_scale_factor", "must be the root of 2 with skip blocks");
    }
    c.must("resnet_time_scale_shift", "default");
    if (!List.of("silu", "swish").contains(c.text("act_fn", "silu"))) {
      c.fail("act_fn", "must be silu with skip blocks");
    }
    c.must("add_attention", "true");
    c.must("num_class_embeds", null);
    c.must("class_embed_type", null);
    c.must("mid_block_type", "UNetMidBlock2D");
    boolean fourier = c.text("time_embedding_type", "positional").equals("fourier");
    SongUnetConfig network =
        Draft.of(SongUnetConfig.class)
            .set("inputChannels", 3)
            .set("height", size.get(0))
            .set("width", size.get(size.size() - 1))
            .set("outputChannels", 3)
            .set("channels", base)
            .set("stem", channels.get(0))
            .set("multipliers", channels.stream().map(each -> each / base).toList())
            .set("blocks", c.whole("layers_per_block", 2))
            .set(
                "attention",
                IntStream.range(0, levels)
                    .filter(i -> down.get(i).startsWith("Attn"))
                    .mapToObj(i -> size.get(0) >> i)
                    .toList())
            .set("attendOnce", true)
            .set("headWidth", DiffusersUnet2d.headWidth(c))
            .set("noise", fourier ? NoiseEmbedding.FOURIER : NoiseEmbedding.POSITIONAL)
            .set("logarithm", fourier)
            .set("noiseWidth", fourier ? 2 * channels.get(0) : channels.get(0))
            .set(
                "order",
                fourier || !c.flag("flip_sin_to_cos", true) ? Order.SIN_COS : Order.COS_SIN)
            .set("shift", c.whole("freq_shift", 0))
            .set("embedding", c.whole("time_embedding_dim", 4 * channels.get(0)))
            .set("classes", 0)
            .set("classesLast", false)
            .set("augment", 0)
            .set("timing", Timing.ADD)
            .set("groups", 0)
            .set("eps", c.number("norm_eps", 1e-5))
            .set("dropout", c.number("dropout", 0))
            .set("rescale", true)
            .set("resample", Resample.RESIDUAL)
            .set("project", true)
            .set("filter", List.of(1.0, 3.0, 3.0, 1.0))
            .set("encoder", Pyramid.SKIP)
            .set("decoder", Pyramid.SKIP)
            .set("concatenate", false)
            .set("centerInput", c.flag("center_input_sample", false))
            .set("divide", fourier)
            .set("norms", norms(c))
            .make();
    return DiffusersPart.of(
        c, network, NameMap.of("diffusers-ncsnpp", DiffusersPart.levels(levels)));
  }

  private static int commonDivisor(int a, int b) {
    return b == 0 ? a : commonDivisor(b, a % b);
  }
}
