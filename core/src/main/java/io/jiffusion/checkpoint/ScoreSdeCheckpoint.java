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
import io.jiffusion.process.Variance;
import io.jiffusion.weights.ArrayFile;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Checkpoints of score_sde_pytorch, {@code {optimizer, model, ema, step}}: the models ncsnpp and
 * ddpm. The averages in them are a list without names, in the order of the parameters that are
 * trained.
 */
final class ScoreSdeCheckpoint implements Format {
  private static final String MODEL = "model/";
  private static final String WRAPPED = "module."; // as DataParallel names them

  @Override
  public boolean knows(ArrayFile arrays, PeerConfig config) {
    return arrays.arrays().keySet().stream()
        .anyMatch(name -> name.startsWith(MODEL) && name.contains("all_modules."));
  }

  @Override
  public StoredModel open(Path path, ArrayFile arrays, PeerConfig config, ReadOptions options) {
    if (config == null) {
      throw new JiffusionException(
          path
              + " is a checkpoint of score_sde_pytorch, which does not say what its network is: put"
              + " its configuration as config.json beside it, or name a file by --config");
    }
    boolean average = !options.weights().equals("raw");
    String model = config.group("model").text("name");
    SongUnetConfig network =
        switch (model) {
          case "ncsnpp" -> ncsnpp(config);
          case "ddpm" -> ddpm(config);
          default -> config.group("model").fail("name", "must be ncsnpp or ddpm");
        };
    return StoredModel.of(
        new RunConfig(null, NetworkConfig.of(network), process(config), null),
        new RunFolder.Source(
            "score_sde_pytorch " + model, path.getFileName().toString(), average ? "ema" : "raw"),
        arrays.renamed(names(path, arrays, average)),
        NameMap.of("score-sde", Map.of()));
  }

  /** Which array of the file each parameter is. */
  private static Map<String, String> names(Path path, ArrayFile arrays, boolean average) {
    Map<String, String> names = new LinkedHashMap<>();
    int trained = 0;
    for (String name : arrays.arrays().keySet()) {
      if (!name.startsWith(MODEL)) {
        continue;
      }
      String own = name.substring(MODEL.length());
      own = own.startsWith(WRAPPED) ? own.substring(WRAPPED.length()) : own;
      boolean constant = own.equals("sigmas") || own.matches("all_modules\\.0\\.W");
      String shadow = "ema/shadow_params/" + trained;
      if (average && !constant) {
        if (!arrays.arrays().containsKey(shadow)) {
          throw new JiffusionException(
              path + " has too few averaged weights, none for " + own + "; take --weights raw");
        }
        trained++;
      }
      names.put(own, average && !constant ? shadow : name);
    }
    if (average && arrays.arrays().containsKey("ema/shadow_params/" + trained)) {
      throw new JiffusionException(
          path + " has more averaged weights than trained parameters; take --weights raw");
    }
    return names;
  }

  private static SongUnetConfig ncsnpp(PeerConfig all) {
    PeerConfig c = all.group("model");
    boolean fourier = c.text("embedding_type", "positional").equals("fourier");
    boolean divide = c.flag("scale_by_sigma", false);
    if (divide && !fourier) {
      c.fail("scale_by_sigma", "must go with embedding_type fourier");
    }
    c.must("conditional", "true");
    c.must("nonlinearity", "swish");
    return common(all, fourier)
        .set("groups", 0)
        .set("rescale", c.flag("skip_rescale", true))
        .set("resample", resample(c, c.text("resblock_type", "biggan").equals("biggan")))
        .set("filter", c.flag("fir", false) ? c.numbers("fir_kernel") : List.of())
        .set("encoder", pyramid(c, "progressive_input", "input_skip"))
        .set("decoder", pyramid(c, "progressive", "output_skip"))
        .set("concatenate", c.text("progressive_combine", "sum").equals("cat"))
        .set("divide", divide)
        .make();
  }

  private static SongUnetConfig ddpm(PeerConfig all) {
    PeerConfig c = all.group("model");
    c.must("conditional", "true");
    c.must("nonlinearity", "swish");
    if (c.flag("scale_by_sigma", false)) {
      c.fail("scale_by_sigma", "must be false for the model ddpm");
    }
    return common(all, false)
        .set("groups", 32)
        .set("rescale", false)
        .set("resample", resample(c, false))
        .set("filter", List.of())
        .set("encoder", Pyramid.STANDARD)
        .set("decoder", Pyramid.STANDARD)
        .set("concatenate", false)
        .set("divide", false)
        .make();
  }

  private static Resample resample(PeerConfig c, boolean residual) {
    return residual
        ? Resample.RESIDUAL
        : c.flag("resamp_with_conv", true) ? Resample.CONV : Resample.PLAIN;
  }

  private static Pyramid pyramid(PeerConfig c, String key, String skip) {
    String given = c.text(key, "none");
    if (given.equals(skip)) {
      return Pyramid.SKIP;
    }
    return switch (given) {
      case "none" -> Pyramid.STANDARD;
      case "residual" -> Pyramid.RESIDUAL;
      default -> c.fail(key, "must be none, " + skip + " or residual");
    };
  }

  /** What both models have. */
  private static Draft<SongUnetConfig> common(PeerConfig all, boolean fourier) {
    PeerConfig c = all.group("model");
    int channels = c.whole("nf");
    PeerConfig data = all.group("data");
    int size = data.whole("image_size");
    int image = data.whole("num_channels", 3);
    return Draft.of(SongUnetConfig.class)
        .set("inputChannels", image)
        .set("height", size)
        .set("width", size)
        .set("outputChannels", image)
        .set("channels", channels)
        .set("stem", channels)
        .set("multipliers", c.oneOrMore("ch_mult"))
        .set("blocks", c.whole("num_res_blocks"))
        .set("attention", c.wholes("attn_resolutions"))
        .set("attendOnce", true)
        .set("headWidth", 0)
        .set("noise", fourier ? NoiseEmbedding.FOURIER : NoiseEmbedding.POSITIONAL)
        .set("logarithm", fourier)
        .set("noiseWidth", fourier ? 2 * channels : channels)
        .set("order", Order.SIN_COS)
        .set("shift", 1)
        .set("embedding", 4 * channels)
        .set("classes", 0)
        .set("classesLast", false)
        .set("augment", 0)
        .set("timing", Timing.ADD)
        .set("eps", 1e-6)
        .set("dropout", c.number("dropout", 0))
        .set("project", true)
        .set("centerInput", !data.flag("centered", false));
  }

  private static ProcessConfig process(PeerConfig all) {
    PeerConfig training = all.group("training");
    PeerConfig model = all.group("model");
    boolean continuous = training.flag("continuous", true);
    String sde = training.text("sde").toLowerCase(Locale.ROOT);
    if (!continuous && !sde.equals("vpsde")) {
      training.fail("continuous", "must be true with " + sde);
    }
    ScheduleType schedule =
        switch (sde) {
          case "vpsde" -> continuous ? ScheduleType.VP : ScheduleType.LINEAR;
          case "subvpsde" -> ScheduleType.SUB_VP;
          case "vesde" -> ScheduleType.VE;
          default -> training.fail("sde", "must be vpsde, subvpsde or vesde");
        };
    int steps = model.whole("num_scales", 1000);
    // betas of the table are those of the SDE, over N
    double scale = schedule == ScheduleType.LINEAR ? steps : 1000;
    boolean exploding = schedule == ScheduleType.VE;
    boolean unsigned = !all.group("data").flag("centered", false);
    return ProcessConfig.draft(schedule, exploding ? PredictionType.SCORE : PredictionType.EPS)
        .set("steps", steps)
        .set("betaStart", model.number("beta_min", 0.1) / scale)
        .set("betaEnd", model.number("beta_max", 20) / scale)
        .set("sigmaMin", exploding ? model.number("sigma_min", 0.01) : null)
        .set("sigmaMax", exploding ? model.number("sigma_max", 50) : null)
        .set("variance", Variance.LARGE)
        .set("conventions", unsigned ? Conventions.OURS.with("dataRange", "unsigned") : null)
        .make();
  }
}
