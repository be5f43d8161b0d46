package io.jiffusion.checkpoint;

import io.jiffusion.base.Draft;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.config.Conventions;
import io.jiffusion.config.NetworkConfig;
import io.jiffusion.config.PredictionType;
import io.jiffusion.config.ProcessConfig;
import io.jiffusion.config.RunConfig;
import io.jiffusion.config.ScheduleType;
import io.jiffusion.network.Ops.Order;
import io.jiffusion.network.SongUnetConfig;
import io.jiffusion.network.SongUnetConfig.NoiseEmbedding;
import io.jiffusion.network.SongUnetConfig.Pyramid;
import io.jiffusion.network.UnetConfig.Resample;
import io.jiffusion.network.UnetConfig.Timing;
import io.jiffusion.weights.ArrayFile;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Networks of EDM (Karras et al. 2022) as tensors: the {@code state_dict()} of the preconditioned
 * network, and its arguments. EDM's own files are programs, so they are not read.
 */
final class EdmNetworks implements Format {
  private static final String MARK = "map_layer0.weight";

  @Override
  public boolean knows(ArrayFile arrays, PeerConfig config) {
    return arrays.arrays().containsKey(MARK) || arrays.arrays().containsKey("model." + MARK);
  }

  @Override
  public StoredModel open(Path path, ArrayFile arrays, PeerConfig config, ReadOptions options) {
    if (config == null) {
      throw new JiffusionException(
          path
              + " is a network of EDM's, but its arguments are missing: put them into config.json"
              + " beside it (precond, model_type, img_resolution, …), or name a file by --config");
    }
    int size = config.whole("img_resolution");
    List<Integer> mult =
        config.has("channel_mult")
            ? config.oneOrMore("channel_mult")
            : isAdm(config) ? List.of(1, 2, 3, 4) : List.of(1, 2, 2, 2);
    return StoredModel.of(
        new RunConfig(
            null,
            NetworkConfig.of(isAdm(config) ? adm(config, mult) : song(config, mult)),
            process(config),
            null),
        new RunFolder.Source(
            "EDM " + config.text("model_type"), path.getFileName().toString(), "raw"),
        arrays.arrays().containsKey(MARK) ? arrays : arrays.under("model."),
        NameMap.of("edm", Map.of("levels", mult.size(), "size", size)));
  }

  private static boolean isAdm(PeerConfig c) {
    return switch (c.text("model_type")) {
      case "SongUNet" -> false;
      case "DhariwalUNet" -> true;
      default -> c.fail("model_type", "must be SongUNet or DhariwalUNet");
    };
  }

  private static int outputs(PeerConfig c) {
    int channels = c.whole("img_channels");
    return c.text("precond").equals("iDDPMPrecond") ? 2 * channels : channels;
  }

  private static SongUnetConfig song(PeerConfig c, List<Integer> mult) {
    int channels = c.whole("model_channels", 128);
    return Draft.of(SongUnetConfig.class)
        .set("inputChannels", c.whole("img_channels"))
        .set("height", c.whole("img_resolution"))
        .set("width", c.whole("img_resolution"))
        .set("outputChannels", outputs(c))
        .set("channels", channels)
        .set("stem", channels)
        .set("multipliers", mult)
        .set("blocks", c.whole("num_blocks", 4))
        .set("attention", c.has("attn_resolutions") ? c.wholes("attn_resolutions") : List.of(16))
        .set("attendOnce", true)
        .set("headWidth", 0)
        .set("noise", choice(c, NoiseEmbedding.class, "embedding_type", "positional"))
        .set("logarithm", false)
        .set("noiseWidth", channels * c.whole("channel_mult_noise", 1))
        .set("order", Order.SIN_COS)
        .set("shift", 1)
        .set("embedding", channels * c.whole("channel_mult_emb", 4))
        .set("classes", c.whole("label_dim", 0))
        .set("classesLast", false)
        .set("augment", c.whole("augment_dim", 0))
        .set("timing", Timing.ADD)
        .set("groups", 0)
        .set("eps", 1e-6)
        .set("dropout", c.number("dropout", 0.1))
        .set("rescale", true)
        .set("resample", Resample.RESIDUAL)
        .set("project", true)
        .set("filter", c.has("resample_filter") ? c.numbers("resample_filter") : List.of(1.0, 1.0))
        .set("encoder", choice(c, Pyramid.class, "encoder_type", "standard"))
        .set("decoder", choice(c, Pyramid.class, "decoder_type", "standard"))
        .set("concatenate", false)
        .set("centerInput", false)
        .set("divide", false)
        .make();
  }

  private static SongUnetConfig adm(PeerConfig c, List<Integer> mult) {
    int channels = c.whole("model_channels", 192);
    return Draft.of(SongUnetConfig.class)
        .set("inputChannels", c.whole("img_channels"))
        .set("height", c.whole("img_resolution"))
        .set("width", c.whole("img_resolution"))
        .set("outputChannels", outputs(c))
        .set("channels", channels)
        .set("stem", channels * mult.get(0))
        .set("multipliers", mult)
        .set("blocks", c.whole("num_blocks", 3))
        .set(
            "attention",
            c.has("attn_resolutions") ? c.wholes("attn_resolutions") : List.of(32, 16, 8))
        .set("attendOnce", false)
        .set("headWidth", 64)
        .set("noise", NoiseEmbedding.POSITIONAL)
        .set("logarithm", false)
        .set("noiseWidth", channels)
        .set("order", Order.COS_SIN)
        .set("shift", 0)
        .set("embedding", channels * c.whole("channel_mult_emb", 4))
        .set("classes", c.whole("label_dim", 0))
        .set("classesLast", true)
        .set("augment", c.whole("augment_dim", 0))
        .set("timing", Timing.SCALE_SHIFT)
        .set("groups", 0)
        .set("eps", 1e-5)
        .set("dropout", c.number("dropout", 0.1))
        .set("rescale", false)
        .set("resample", Resample.RESIDUAL)
        .set("project", false)
        .set("filter", List.of(1.0, 1.0))
        .set("encoder", Pyramid.STANDARD)
        .set("decoder", Pyramid.STANDARD)
        .set("concatenate", false)
        .set("centerInput", false)
        .set("divide", false)
        .make();
  }

  static <E extends Enum<E>> E choice(PeerConfig c, Class<E> type, String key, String otherwise) {
    String given = c.text(key, otherwise);
    for (E constant : type.getEnumConstants()) {
      if (constant.name().toLowerCase(Locale.ROOT).equals(given)) {
        return constant;
      }
    }
    return c.fail(key, "is not known here");
  }

  /** The four preconditionings of the paper's table 1, as processes. */
  private static ProcessConfig process(PeerConfig c) {
    return switch (c.text("precond")) {
      case "EDMPrecond" ->
          ProcessConfig.draft(ScheduleType.EDM, PredictionType.EDM)
              .set("sigmaMin", 0.002)
              .set("sigmaMax", 80.0)
              .set("sigmaData", c.number("sigma_data", 0.5))
              .make();
      case "VPPrecond" ->
          ProcessConfig.draft(ScheduleType.VP, PredictionType.EPS)
              .set("steps", c.whole("M", 1000))
              .set("betaStart", c.number("beta_min", 0.1) / 1000)
              .set("betaEnd", (c.number("beta_min", 0.1) + c.number("beta_d", 19.9)) / 1000)
              .make();
      case "VEPrecond" ->
          ProcessConfig.draft(ScheduleType.VE, PredictionType.SCALED_SCORE)
              .set("sigmaMin", c.number("sigma_min", 0.02))
              .set("sigmaMax", c.number("sigma_max", 100))
              .set("conventions", Conventions.OURS.with("label", "log-half-sigma"))
              .make();
      case "iDDPMPrecond" ->
          ProcessConfig.draft(ScheduleType.COSINE, PredictionType.EPS)
              .set("steps", c.whole("M", 1000))
              .set("conventions", Conventions.OURS.with("label", "nearest-index"))
              .make();
      default -> c.fail("precond", "must be EDMPrecond, VPPrecond, VEPrecond or iDDPMPrecond");
    };
  }
}
