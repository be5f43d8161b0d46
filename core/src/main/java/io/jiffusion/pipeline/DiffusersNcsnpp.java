package io.jiffusion.pipeline;

import io.jiffusion.network.Ops.Order;
import io.jiffusion.network.SongUnetConfig;
import io.jiffusion.network.SongUnetConfig.Noise;
import io.jiffusion.network.SongUnetConfig.Pyramid;
import io.jiffusion.network.UnetConfig.Resample;
import io.jiffusion.network.UnetConfig.Timing;
import io.jiffusion.weights.NameMap;
import java.util.List;
import java.util.stream.IntStream;

/** The configuration of diffusers' UNet2DModel with skip blocks: NCSN++. */
final class DiffusersNcsnpp {
  private DiffusersNcsnpp() {}

  static DiffusersNetwork.Part read(Settings c) {
    int[] channels = c.wholes("block_out_channels");
    List<String> down = c.texts("down_block_types");
    List<String> up = c.texts("up_block_types");
    int levels = channels.length;
    int[] size = c.wholes("sample_size");
    for (int i = 0; i < levels; i++) {
      boolean attends = down.get(i).equals("AttnSkipDownBlock2D");
      String above = up.get(levels - 1 - i);
      if (!attends && !down.get(i).equals("SkipDownBlock2D")
          || !above.equals(attends ? "AttnSkipUpBlock2D" : "SkipUpBlock2D")) {
        c.fail("down_block_types", "must be skip blocks on all levels, the same down and up");
      }
      if (channels[i] % channels[0] != 0) {
        c.fail("block_out_channels", "must be multiples of the first");
      }
      if (attends && channels[i] < 128) {
        c.fail("block_out_channels", "must be 128 or more where a level attends");
      }
    }
    if (c.whole("in_channels", 3) != 3 || c.whole("out_channels", 3) != 3) {
      c.fail("in_channels", "must be 3, as out_channels, with skip blocks");
    }
    if (Math.abs(c.number("mid_block_scale_factor", 1) - Math.sqrt(2)) > 1e-6) {
      c.fail("mid_block_scale_factor", "must be the root of 2 with skip blocks");
    }
    c.must("norm_num_groups", null);
    c.must("attention_head_dim", null);
    c.must("attn_norm_num_groups", null);
    c.must("resnet_time_scale_shift", "default");
    c.must("act_fn", "silu");
    c.must("add_attention", "true");
    c.must("num_class_embeds", null);
    c.must("class_embed_type", null);
    c.must("mid_block_type", "UNetMidBlock2D");
    boolean fourier = c.text("time_embedding_type", "positional").equals("fourier");
    SongUnetConfig network =
        new SongUnetConfig(
            3,
            size[0],
            size[size.length - 1],
            3,
            channels[0],
            channels[0],
            IntStream.of(channels).map(each -> each / channels[0]).toArray(),
            c.whole("layers_per_block", 2),
            IntStream.range(0, levels)
                .filter(i -> down.get(i).startsWith("Attn"))
                .map(i -> size[0] >> i)
                .toArray(),
            true,
            0,
            fourier ? Noise.FOURIER : Noise.POSITIONAL,
            fourier,
            fourier ? 2 * channels[0] : channels[0],
            fourier || !c.flag("flip_sin_to_cos", true) ? Order.SIN_COS : Order.COS_SIN,
            c.whole("freq_shift", 0),
            c.whole("time_embedding_dim", 4 * channels[0]),
            0,
            false,
            0,
            Timing.ADD,
            0,
            c.number("norm_eps", 1e-5),
            c.number("dropout", 0),
            true,
            Resample.RESIDUAL,
            true,
            new double[] {1, 3, 3, 1},
            Pyramid.SKIP,
            Pyramid.SKIP,
            false,
            c.flag("center_input_sample", false),
            fourier);
    return DiffusersNetwork.Part.of(
        c, network, NameMap.of("diffusers-ncsnpp", DiffusersNetwork.levels(levels)));
  }
}
