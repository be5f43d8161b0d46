package io.jiffusion.checkpoint;

import io.jiffusion.base.Draft;
import io.jiffusion.config.NetworkConfig;
import io.jiffusion.config.RunConfig;
import io.jiffusion.network.AutoencoderConfig;
import io.jiffusion.weights.ArrayFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * The autoencoder of CompVis' latent-diffusion, {@code AutoencoderKL} and {@code VQModelInterface}:
 * the first stage of a model, or a checkpoint of its own.
 */
final class CompVisAutoencoder implements Format {
  private static final String STATE = "state_dict/";
  private static final String MARK = "encoder.mid.block_1.norm1.weight";

  @Override
  public boolean knows(ArrayFile arrays, PeerConfig config) {
    return arrays.arrays().containsKey(MARK) || arrays.arrays().containsKey(STATE + MARK);
  }

  @Override
  public StoredModel open(Path path, ArrayFile arrays, PeerConfig config, ReadOptions options) {
    if (config == null) {
      throw new io.jiffusion.base.JiffusionException(
          path
              + " is an autoencoder of latent-diffusion, which does not say its size: put its"
              + " configuration as config.yaml beside it, or name a file by --config");
    }
    PeerConfig c = config.has("model") ? config.group("model").group("params") : config;
    return read(
        c.has("first_stage") ? c.group("first_stage") : c,
        arrays.arrays().containsKey(MARK) ? arrays : arrays.under(STATE),
        1,
        new RunFolder.Source("latent-diffusion autoencoder", path.getFileName().toString(), "raw"));
  }

  /**
   * Of a first stage's arguments and arrays.
   *
   * @param scale by which the diffusion model multiplies its latents
   */
  static StoredModel read(PeerConfig c, ArrayFile arrays, double scale, RunFolder.Source source) {
    PeerConfig d = c.group("ddconfig");
    int channels = d.whole("ch");
    int size = d.whole("resolution");
    int codes = c.has("n_embed") ? c.whole("n_embed") : 0;
    d.must("attn_type", "vanilla");
    d.must("use_linear_attn", "false");
    d.must("tanh_out", "false");
    d.must("give_pre_end", "false");
    d.must("resamp_with_conv", "true");
    return StoredModel.of(
        new RunConfig(
            null,
            NetworkConfig.of(
                Draft.of(AutoencoderConfig.class)
                    .set("imageChannels", d.whole("in_channels"))
                    .set("outputChannels", d.whole("out_ch"))
                    .set("height", size)
                    .set("width", size)
                    .set(
                        "channels",
                        d.oneOrMore("ch_mult").stream().map(each -> each * channels).toList())
                    .set("blocks", d.whole("num_res_blocks"))
                    .set(
                        "attention",
                        d.has("attn_resolutions") ? d.wholes("attn_resolutions") : List.of())
                    .set("middleAttention", true)
                    .set("groups", 32)
                    .set("eps", 1e-6)
                    .set("features", d.whole("z_channels"))
                    .set("latents", c.whole("embed_dim"))
                    .set("moments", codes == 0 && d.flag("double_z", true))
                    .set("before", true)
                    .set("after", true)
                    .set("codes", codes)
                    .set("scale", scale)
                    .set("shift", 0)
                    .make()),
            null,
            null),
        source,
        arrays,
        NameMap.of("compvis-autoencoder", Map.of()));
  }
}
