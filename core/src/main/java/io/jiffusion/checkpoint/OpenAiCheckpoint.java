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
import io.jiffusion.network.Ops.Padding;
import io.jiffusion.network.SuperResolutionConfig;
import io.jiffusion.network.UnetClassifierConfig;
import io.jiffusion.network.UnetClassifierConfig.Pool;
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
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Checkpoints of OpenAI's improved-diffusion and guided-diffusion: {@code model000000.pt}, {@code
 * ema_0.9999_000000.pt}. They say nothing of the network, so its arguments must be told: as the
 * flags of the programs' scripts, or as the arguments of their classes.
 */
final class OpenAiCheckpoint implements Format {
  private static final String MARK = "input_blocks.0.0.weight";

  /** What the scripts for super-resolution take where nothing is told. */
  private static final int LARGE_SIZE = 256;

  private static final int SMALL_SIZE = 64;

  @Override
  public boolean knows(ArrayFile arrays, PeerConfig config) {
    return arrays.arrays().containsKey(MARK);
  }

  @Override
  public StoredModel open(Path path, ArrayFile arrays, PeerConfig config, ReadOptions options) {
    if (config == null) {
      throw new JiffusionException(
          path
              + " is a checkpoint of OpenAI's, which does not say what its network is: tell the"
              + " flags that it was trained with by --flags \"--image_size 64 --num_channels 128"
              + " …\", or a file of them by --config");
    }
    boolean classifier =
        config.text("class", "").endsWith("EncoderUNetModel") || config.has("classifier_width");
    boolean arguments = config.has("model_channels");
    int channels = (int) arrays.arrays().get(MARK).shape()[1];
    boolean superResolution =
        !classifier && channels == 2 * (arguments ? config.whole("in_channels") : 3);
    int[] size = size(path, config, superResolution);
    Unet unet = arguments ? arguments(config, size) : flags(config, size[0], classifier);
    Map<String, Integer> numbers = new HashMap<>();
    numbers.put("levels", unet.config.levels().size());
    numbers.put("blocks", unet.config.resBlocks());
    numbers.put("split", config.flag("use_new_attention_order", false) ? 1 : 0);
    numbers.put("headwidth", unet.config.headWidth());
    numbers.put("heads", unet.heads);
    numbers.put("upheads", unet.config.upHeads() == null ? unet.heads : unet.config.upHeads());
    NetworkConfig network =
        classifier
            ? NetworkConfig.of(classifier(config, unet))
            : superResolution
                ? NetworkConfig.of(superResolution(config, unet.config))
                : NetworkConfig.of(unet.config);
    String file = path.getFileName().toString();
    return StoredModel.of(
        new RunConfig(null, network, classifier ? null : process(config, unet), null),
        new RunFolder.Source(
            isImproved(config) ? "improved-diffusion" : "guided-diffusion",
            file,
            file.startsWith("ema") ? "ema" : "raw"),
        arrays,
        NameMap.of("openai-unet", numbers));
  }

  /** A network, and its heads where their number is given and not their width. */
  private record Unet(UnetConfig config, int heads) {}

  private static boolean isImproved(PeerConfig c) {
    return c.text("class", c.text("program", "")).startsWith("improved")
        || !c.has("class")
            && !c.has("program")
            && !c.has("num_head_channels")
            && !c.has("resblock_updown")
            && !c.has("use_new_attention_order")
            && !c.has("use_fp16")
            && !c.has("classifier_width");
  }

  /**
   * Rows and columns of the images. The scripts for super-resolution call them large_size, and have
   * a default; the classes of improved-diffusion have no such argument.
   */
  private static int[] size(Path path, PeerConfig c, boolean superResolution) {
    for (String key : List.of("large_size", "image_size")) {
      if (c.has(key)) {
        return c.size(key);
      }
    }
    if (!superResolution) {
      throw new JiffusionException(
          path
              + " does not say the size of its images ("
              + c.place()
              + "): tell it by --flags \"--image_size 64\"");
    }
    return new int[] {LARGE_SIZE, LARGE_SIZE};
  }

  /** Of the arguments of UNetModel. */
  private static Unet arguments(PeerConfig c, int[] size) {
    int channels = c.whole("model_channels");
    List<Double> mult =
        c.has("channel_mult") ? c.numbers("channel_mult") : List.of(1.0, 2.0, 4.0, 8.0);
    int in = c.whole("in_channels");
    Body body =
        new Body(
            channels,
            mult,
            c.whole("num_res_blocks"),
            c.wholes("attention_resolutions"),
            c.whole("num_head_channels", -1),
            c.whole("num_heads", 1));
    c.must("dims", "2");
    return body.unet(
        unet(c, size, body, c.flag("conv_resample", true))
            .set("inputChannels", in)
            .set("classes", c.has("num_classes") ? c.whole("num_classes") : 0)
            .set("learnedVariance", c.whole("out_channels", in) == 2 * in));
  }

  /** Of the scripts' flags. */
  private static Unet flags(PeerConfig c, int size, boolean classifier) {
    String kind = classifier ? "classifier_" : "";
    String places = c.text(kind + "attention_resolutions", classifier ? "32,16,8" : "16,8");
    List<Integer> attention =
        Arrays.stream(places.split(","))
            .map(rows -> size / Integer.parseInt(rows.strip()))
            .toList();
    Body body =
        new Body(
            c.whole(classifier ? "classifier_width" : "num_channels", 128),
            multipliers(c, size),
            c.whole(classifier ? "classifier_depth" : "num_res_blocks", 2),
            attention,
            classifier ? 64 : c.whole("num_head_channels", -1),
            c.whole("num_heads", 4));
    return body.unet(
        unet(c, new int[] {size}, body, true)
            .set("inputChannels", 3)
            .set("classes", c.flag("class_cond", false) && !classifier ? 1000 : 0)
            .set("learnedVariance", c.flag("learn_sigma", false) && !classifier));
  }

  private static List<Double> multipliers(PeerConfig c, int size) {
    String given = c.text("channel_mult", "");
    if (!given.isEmpty()) {
      return Arrays.stream(given.split(",")).map(Double::valueOf).toList();
    }
    return switch (size) {
      case 512 -> List.of(0.5, 1.0, 1.0, 2.0, 2.0, 4.0, 4.0);
      case 256 -> List.of(1.0, 1.0, 2.0, 2.0, 4.0, 4.0);
      case 128 -> List.of(1.0, 1.0, 2.0, 3.0, 4.0);
      case 64 -> List.of(1.0, 2.0, 3.0, 4.0);
      case 32 -> List.of(1.0, 2.0, 2.0, 2.0);
      default -> c.fail("image_size", "must be 32, 64, 128, 256 or 512 without channel_mult");
    };
  }

  /**
   * Channels, levels and attention.
   *
   * @param attention factors by which images are smaller where it is applied
   * @param headWidth channels of a head; 0 or less where their number is told
   */
  private record Body(
      int channels,
      List<Double> mult,
      int blocks,
      List<Integer> attention,
      int headWidth,
      int heads) {
    Unet unet(Draft<UnetConfig> draft) {
      return new Unet(draft.make(), headWidth > 0 ? 0 : heads);
    }
  }

  /** What the arguments and the flags have in common. */
  private static Draft<UnetConfig> unet(PeerConfig c, int[] size, Body body, boolean convolves) {
    boolean classifier = c.has("classifier_width");
    boolean updown =
        c.flag(classifier ? "classifier_resblock_updown" : "resblock_updown", classifier);
    boolean scaleShift =
        c.flag(
            classifier ? "classifier_use_scale_shift_norm" : "use_scale_shift_norm",
            !c.has("model_channels"));
    int upHeads = c.whole("num_heads_upsample", -1);
    boolean own = body.headWidth <= 0 && upHeads != -1 && upHeads != body.heads;
    Resample resample = updown ? Resample.RESIDUAL : convolves ? Resample.CONV : Resample.PLAIN;
    List<UnetLevel> levels = new ArrayList<>();
    for (int i = 0; i < body.mult.size(); i++) {
      Attention kind = body.attention.contains(1 << i) ? Attention.SELF : Attention.NONE;
      levels.add(
          new UnetLevel(
              (int) (body.mult.get(i) * body.channels),
              kind,
              kind,
              body.headWidth > 0 ? null : body.heads,
              null,
              null,
              null));
    }
    // guided-diffusion begins with the width of its first level, improved-diffusion does not
    int stem = isImproved(c) ? body.channels : (int) (body.mult.get(0) * body.channels);
    return Draft.of(UnetConfig.class)
        .set("height", size[0])
        .set("width", size[size.length - 1])
        .set("channels", stem)
        .set("multipliers", List.of())
        .set("resBlocks", body.blocks)
        .set("attention", List.of())
        .set("middleAttention", true)
        .set("headWidth", Math.max(0, body.headWidth))
        .set("groups", 32)
        .set("eps", 1e-5)
        .set("order", Order.COS_SIN)
        .set("shift", 0)
        .set("timing", scaleShift ? Timing.SCALE_SHIFT : Timing.ADD)
        .set("padding", Padding.SYMMETRIC)
        .set("resample", resample)
        .set("activation", Activation.SILU)
        .set("dropout", c.number("dropout", 0))
        .set("zeroInit", true)
        .set("centerInput", false)
        .set("middleScale", 1)
        .set("middleNorm", true)
        .set("sinusoid", stem == body.channels ? null : body.channels)
        .set("levels", levels)
        .set("upHeads", own ? upHeads : null);
  }

  private static UnetClassifierConfig classifier(PeerConfig c, Unet unet) {
    String pool = c.text("classifier_pool", c.text("pool", "attention"));
    int deepest = unet.config.levels().get(unet.config.levels().size() - 1).channels();
    int heads = unet.heads > 0 ? unet.heads : deepest / unet.config.headWidth();
    for (Pool known : Pool.values()) {
      if (known.name().toLowerCase(Locale.ROOT).equals(pool)) {
        return new UnetClassifierConfig(
            unet.config, known, heads, c.has("out_channels") ? c.whole("out_channels") : 1000);
      }
    }
    return c.fail(
        c.has("pool") ? "pool" : "classifier_pool",
        "must be adaptive, attention, spatial or spatial_v2");
  }

  private static SuperResolutionConfig superResolution(PeerConfig c, UnetConfig unet) {
    int small = c.whole("small_size", c.has("model_channels") ? unet.height() / 4 : SMALL_SIZE);
    UnetConfig twice = // the same with the channels of both images
        Draft.of(unet)
            .set("inputChannels", 2 * unet.inputChannels())
            .set("outputChannels", unet.inputChannels())
            .make();
    return new SuperResolutionConfig(twice, small, small);
  }

  private static ProcessConfig process(PeerConfig c, Unet unet) {
    int steps = c.whole("diffusion_steps", 1000);
    if (steps != 1000 && !c.has("rescale_timesteps")) {
      throw new JiffusionException(
          "missing rescale_timesteps ("
              + c.place()
              + "): with "
              + steps
              + " diffusion_steps it must be told, since improved-diffusion takes True by itself"
              + " and guided-diffusion False");
    }
    boolean rescaled = c.flag("rescale_timesteps", false);
    String noise = c.text("noise_schedule", "linear");
    if (!noise.equals("linear") && !noise.equals("cosine")) {
      c.fail("noise_schedule", "must be linear or cosine");
    }
    ScheduleType schedule =
        noise.equals("linear") ? ScheduleType.RESCALED_LINEAR : ScheduleType.COSINE;
    PredictionType predicts =
        c.flag("predict_xstart", false) ? PredictionType.X0 : PredictionType.EPS;
    Variance fixed = c.flag("sigma_small", false) ? Variance.SMALL : Variance.LARGE;
    return ProcessConfig.draft(schedule, predicts)
        .set("steps", steps)
        .set("clip", true)
        .set("rederive", true)
        .set("variance", unet.config.learnedVariance() ? Variance.LEARNED_RANGE : fixed)
        .set(
            "conventions",
            rescaled && steps != 1000 ? Conventions.OURS.with("label", "rescaled") : null)
        .make();
  }
}
