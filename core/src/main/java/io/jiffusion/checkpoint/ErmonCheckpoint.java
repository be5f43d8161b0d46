package io.jiffusion.checkpoint;

import io.jiffusion.base.Draft;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.config.NetworkConfig;
import io.jiffusion.config.PredictionType;
import io.jiffusion.config.ProcessConfig;
import io.jiffusion.config.RunConfig;
import io.jiffusion.config.ScheduleType;
import io.jiffusion.network.Ops.Order;
import io.jiffusion.network.Ops.Padding;
import io.jiffusion.network.UnetConfig;
import io.jiffusion.network.UnetConfig.Activation;
import io.jiffusion.network.UnetConfig.Resample;
import io.jiffusion.network.UnetConfig.Timing;
import io.jiffusion.network.UnetLevel;
import io.jiffusion.network.UnetLevel.Attention;
import io.jiffusion.process.Variance;
import io.jiffusion.weights.ArrayFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Checkpoints of ermongroup/ddim, lists of {@code [weights, optimiser, epoch, step, average]}, and
 * bare weights of the same network, as conversions of DDPM's own checkpoints are.
 */
final class ErmonCheckpoint implements Format {
  private static final String MARK = "temb.dense.0.weight";

  @Override
  public boolean knows(ArrayFile arrays, PeerConfig config) {
    return arrays.arrays().keySet().stream()
        .anyMatch(name -> name.equals(MARK) || name.matches("[04]/(module\\.)?temb.*"));
  }

  @Override
  public StoredModel open(Path path, ArrayFile arrays, PeerConfig config, ReadOptions options) {
    if (config == null) {
      throw new JiffusionException(
          path + " does not say what its network is: tell ddim's configuration by --config FILE");
    }
    boolean list = !arrays.arrays().containsKey(MARK);
    boolean hasAverage = arrays.arrays().keySet().stream().anyMatch(n -> n.startsWith("4/"));
    if (options.weights().equals("ema") && !hasAverage) {
      throw new JiffusionException(path + " has no averaged weights; take --weights raw");
    }
    boolean average = hasAverage && !options.weights().equals("raw");
    ArrayFile weights = list ? arrays.under(average ? "4/" : "0/") : arrays;
    if (weights.arrays().containsKey("module." + MARK)) { // as DataParallel wraps it
      weights = weights.under("module.");
    }
    String file = path.getFileName().toString();
    return StoredModel.of(
        new RunConfig(
            null, NetworkConfig.of(unet(config)), process(config.group("diffusion"), config), null),
        new RunFolder.Source("ermongroup/ddim", file, average ? "ema" : "raw"),
        weights,
        NameMap.of("ddim-unet", Map.of()));
  }

  private static UnetConfig unet(PeerConfig c) {
    PeerConfig model = c.group("model");
    PeerConfig data = c.group("data");
    int channels = model.whole("ch");
    int size = data.whole("image_size");
    List<Integer> mult = model.oneOrMore("ch_mult");
    List<Integer> attention = model.wholes("attn_resolutions");
    List<UnetLevel> levels = new ArrayList<>();
    for (int i = 0; i < mult.size(); i++) {
      Attention kind = attention.contains(size >> i) ? Attention.SELF : Attention.NONE;
      levels.add(new UnetLevel(channels * mult.get(i), kind, kind, null, null, null, null));
    }
    return Draft.of(UnetConfig.class)
        .set("inputChannels", model.whole("in_channels"))
        .set("height", size)
        .set("width", size)
        .set("channels", channels)
        .set("multipliers", List.of())
        .set("resBlocks", model.whole("num_res_blocks"))
        .set("attention", List.of())
        .set("middleAttention", true)
        .set("headWidth", 0)
        .set("groups", 32)
        .set("eps", 1e-6)
        .set("order", Order.SIN_COS)
        .set("shift", 1)
        .set("timing", Timing.ADD)
        .set("padding", Padding.BOTTOM_RIGHT)
        .set("resample", model.flag("resamp_with_conv", true) ? Resample.CONV : Resample.PLAIN)
        .set("activation", Activation.SILU)
        .set("dropout", model.number("dropout", 0))
        .set("classes", 0)
        .set("zeroInit", true)
        .set("learnedVariance", false)
        .set("centerInput", false)
        .set("middleScale", 1)
        .set("middleNorm", true)
        .set("outputChannels", model.whole("out_ch"))
        .set("levels", levels)
        .make();
  }

  private static ProcessConfig process(PeerConfig d, PeerConfig all) {
    ScheduleType schedule =
        switch (d.text("beta_schedule", "linear")) {
          case "linear" -> ScheduleType.LINEAR;
          case "quad" -> ScheduleType.QUADRATIC;
          case "const" -> ScheduleType.CONSTANT;
          case "jsd" -> ScheduleType.JSD;
          case "sigmoid" -> ScheduleType.SIGMOID;
          default -> d.fail("beta_schedule", "must be linear, quad, const, jsd or sigmoid");
        };
    double end = d.number("beta_end", 0.02);
    String variance = all.group("model").text("var_type", "fixedlarge");
    boolean constant = schedule == ScheduleType.CONSTANT;
    return ProcessConfig.draft(schedule, PredictionType.EPS)
        .set("steps", d.whole("num_diffusion_timesteps", 1000))
        .set("betaStart", constant ? end : d.number("beta_start", 1e-4))
        .set("betaEnd", end)
        .set("variance", variance.equals("fixedsmall") ? Variance.SMALL : Variance.LARGE)
        .make();
  }
}
