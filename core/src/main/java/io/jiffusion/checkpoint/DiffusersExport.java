package io.jiffusion.checkpoint;

import io.jiffusion.base.AtomicFile;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.LeftOut;
import io.jiffusion.base.Spec;
import io.jiffusion.config.Binder;
import io.jiffusion.config.Conventions;
import io.jiffusion.config.PredictionType;
import io.jiffusion.config.ProcessConfig;
import io.jiffusion.config.ScheduleType;
import io.jiffusion.config.Tree;
import io.jiffusion.network.Ops.Order;
import io.jiffusion.network.Ops.Padding;
import io.jiffusion.network.UnetConfig;
import io.jiffusion.network.UnetConfig.Activation;
import io.jiffusion.network.UnetConfig.ClassEmbedding;
import io.jiffusion.network.UnetConfig.Resample;
import io.jiffusion.network.UnetConfig.Timing;
import io.jiffusion.network.UnetLevel;
import io.jiffusion.network.UnetLevel.Attention;
import io.jiffusion.process.Variance;
import io.jiffusion.schedule.DiscreteBetas;
import io.jiffusion.weights.Array;
import io.jiffusion.weights.ArrayFile;
import io.jiffusion.weights.DType;
import io.jiffusion.weights.Safetensors;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Writes a model as a pipeline folder of diffusers, the inverse of {@link DiffusersUnet2d} and
 * {@link DiffusersScheduler}: {@code DDIMPipeline.from_pretrained} loads it. What diffusers has no
 * word for is refused, by name.
 */
final class DiffusersExport {
  /** Of diffusers, whose words these are. */
  private static final String VERSION = "0.42.1";

  /** The optional settings that it has words for; others, of today and tomorrow, are refused. */
  private static final Set<String> TOLD =
      Set.of("levels", "outputChannels", "embedding", "classEmbedding");

  private final String place;
  private final UnetConfig unet;
  private final ProcessConfig process;

  private DiffusersExport(StoredModel stored) {
    this.place = stored.path().toString();
    this.unet = stored.run().config().network().unet();
    this.process = stored.run().config().process();
  }

  /**
   * Writes the folder.
   *
   * @param type of the numbers, F32, F16 or BF16; null for as they are stored
   * @return bytes of weights
   * @throws JiffusionException if the model cannot be told in diffusers' words
   */
  static long write(StoredModel stored, Path out, DType type) {
    DiffusersExport export = new DiffusersExport(stored);
    Map<String, Object> network = export.network();
    Map<String, Object> scheduler = export.scheduler();
    NameMap names = NameMap.of("diffusers-unet2d", DiffusersPart.levels(export.levels().size()));
    Map<String, Array> arrays = new LinkedHashMap<>();
    ArrayFile weights = stored.weights();
    weights
        .arrays()
        .forEach(
            (name, info) ->
                arrays.put(
                    names.places(name).get(0).name(),
                    Array.of(
                        type == null ? info.type() : type,
                        () -> weights.floats(name),
                        info.shape())));
    try {
      Path folder = Files.createDirectories(out.resolve("unet"));
      Files.createDirectories(out.resolve("scheduler"));
      Path file = folder.resolve("diffusion_pytorch_model.safetensors");
      Safetensors.write(file, arrays, Map.of("format", "pt"));
      json(folder.resolve("config.json"), network);
      json(out.resolve("scheduler").resolve("scheduler_config.json"), scheduler);
      json(out.resolve("model_index.json"), export.index()); // last: now it is a pipeline
      return Files.size(file);
    } catch (IOException e) {
      throw new JiffusionException("cannot write " + out + ": " + AtomicFile.reason(e), e);
    }
  }

  private List<UnetLevel> levels() {
    return unet.allLevels();
  }

  private Map<String, Object> index() {
    Map<String, Object> index = new LinkedHashMap<>();
    index.put("_class_name", unet.learnedVariance() ? "DDPMPipeline" : "DDIMPipeline");
    index.put("_diffusers_version", VERSION);
    index.put("scheduler", List.of("diffusers", schedulerClass()));
    index.put("unet", List.of("diffusers", "UNet2DModel"));
    return index;
  }

  // ---- the network ----

  private Map<String, Object> network() {
    need(unet != null && unet.transformer() == null, "network", "must be a plain unet");
    List<UnetLevel> levels = levels();
    need(
        levels.get(0).channels() == unet.channels(),
        "channels " + unet.channels(),
        "must be those of the first level, " + levels.get(0).channels());
    for (RecordComponent setting : UnetConfig.class.getRecordComponents()) {
      Object value = Binder.read(setting, unet);
      need(
          !setting.isAnnotationPresent(LeftOut.class)
              || TOLD.contains(setting.getName())
              || value == null,
          setting.getName() + " " + value,
          "must be left out");
    }
    need(
        unet.timing() == Timing.SCALE_SHIFT || unet.middleNorm() || !unet.middleAttention(),
        "middleNorm false",
        "must be true with timing add");
    int size = unet.height();
    Map<String, Object> c = new LinkedHashMap<>();
    c.put("_class_name", "UNet2DModel");
    c.put("_diffusers_version", VERSION);
    c.put("act_fn", unet.activation() == Activation.GELU ? "gelu" : "silu");
    c.put("add_attention", unet.middleAttention());
    c.put("attention_head_dim", headWidth(levels));
    c.put(
        "attn_norm_num_groups",
        unet.timing() == Timing.SCALE_SHIFT && unet.middleNorm() ? unet.groups() : null);
    c.put("block_out_channels", levels.stream().map(UnetLevel::channels).toList());
    c.put("center_input_sample", unet.centerInput());
    c.put("class_embed_type", unet.classEmbedding() == ClassEmbedding.TIMESTEP ? "timestep" : null);
    c.put("down_block_types", types(levels, true));
    c.put("downsample_padding", unet.padding() == Padding.BOTTOM_RIGHT ? 0 : 1);
    c.put("downsample_type", attendedResample(levels, true));
    c.put("dropout", unet.dropout());
    c.put("flip_sin_to_cos", unet.order() == Order.COS_SIN);
    c.put("freq_shift", unet.shift());
    c.put("in_channels", unet.inputChannels());
    c.put("layers_per_block", unet.resBlocks());
    c.put("mid_block_scale_factor", unet.middleScale());
    c.put("mid_block_type", "UNetMidBlock2D");
    c.put("norm_eps", unet.eps());
    c.put("norm_num_groups", unet.groups());
    c.put("num_class_embeds", unet.classes() == 0 ? null : unet.classes());
    c.put("num_train_timesteps", null);
    c.put("out_channels", unet.allOutputChannels());
    c.put(
        "resnet_time_scale_shift", unet.timing() == Timing.SCALE_SHIFT ? "scale_shift" : "default");
    c.put("sample_size", unet.width() == size ? size : List.of(size, unet.width()));
    c.put("time_embedding_dim", unet.embedding());
    c.put("time_embedding_type", "positional");
    List<String> up = new ArrayList<>(types(levels, false));
    Collections.reverse(up);
    c.put("up_block_types", up);
    c.put("upsample_type", attendedResample(levels, false));
    return c;
  }

  /** Null for one head with all channels. */
  private Integer headWidth(List<UnetLevel> levels) {
    Set<Integer> widths = new LinkedHashSet<>();
    boolean one = true;
    for (int i = 0; i < levels.size(); i++) {
      UnetLevel level = levels.get(i);
      boolean middle = unet.middleAttention() && i == levels.size() - 1;
      if (level.down() != Attention.NONE || level.up() != Attention.NONE || middle) {
        one &= unet.heads(level) == 1;
        widths.add(level.channels() / unet.heads(level));
      }
    }
    need(one || widths.size() == 1, "heads of widths " + widths, "must be of one width");
    return one ? null : widths.iterator().next();
  }

  private Resample resample(UnetLevel level, boolean down) {
    Resample own = down ? level.halve() : level.twice();
    Resample resample = own == null ? unet.resample() : own;
    need(resample != Resample.PLAIN, "resample plain", "must be conv or residual");
    return resample;
  }

  private List<String> types(List<UnetLevel> levels, boolean down) {
    return levels.stream()
        .map(
            level -> {
              boolean attends = (down ? level.down() : level.up()) == Attention.SELF;
              String way = down ? "Down" : "Up";
              return attends
                  ? "Attn" + way + "Block2D"
                  : resample(level, down) == Resample.RESIDUAL
                      ? "Resnet" + way + "sampleBlock2D"
                      : way + "Block2D";
            })
        .toList();
  }

  /** How levels with attention are resized, for which diffusers has one setting. */
  private String attendedResample(List<UnetLevel> levels, boolean down) {
    Set<Resample> all = new LinkedHashSet<>();
    for (int i = 0; i < levels.size(); i++) {
      UnetLevel level = levels.get(i);
      boolean resized = down ? i < levels.size() - 1 : i > 0;
      if (resized && (down ? level.down() : level.up()) == Attention.SELF) {
        all.add(resample(level, down));
      }
    }
    need(all.size() < 2, "resample of levels with attention", "must be the same for all");
    return all.contains(Resample.RESIDUAL) ? "resnet" : "conv";
  }

  // ---- the process ----

  private String schedulerClass() {
    return unet.learnedVariance() ? "DDPMScheduler" : "DDIMScheduler";
  }

  private Map<String, Object> scheduler() {
    need(process != null, "no process", "must have one");
    need(
        process.isTable(),
        "schedule " + Binder.name(process.schedule()),
        "must be a table of betas");
    String prediction = process.predicts().diffusers();
    need(
        prediction != null,
        "predicts " + Binder.name(process.predicts()),
        "must be one of "
            + Arrays.stream(PredictionType.values())
                .filter(one -> one.diffusers() != null)
                .map(Binder::name)
                .collect(Collectors.joining(", ")));
    Conventions known = process.known();
    boolean index =
        known.label() == null
            || known.label().equals("index")
            || known.label().equals("rescaled") && process.steps() == 1000;
    need(index, "label " + known.label(), "must be index");
    need(!known.unsigned(), "dataRange unsigned", "must be signed");
    boolean rescaled = process.schedule() == ScheduleType.RESCALED_LINEAR;
    double scale = rescaled ? 1000.0 / process.steps() : 1;
    Map<String, Object> c = new LinkedHashMap<>();
    c.put("_class_name", schedulerClass());
    c.put("_diffusers_version", VERSION);
    c.put("beta_end", scale == 1 ? process.betaEnd() : scale * 0.02);
    List<Double> betas = trainedBetas();
    // where there are trained_betas, diffusers does not look at it
    c.put("beta_schedule", betas == null ? process.schedule().diffusers() : "linear");
    c.put("beta_start", scale == 1 ? process.betaStart() : scale * 1e-4);
    c.put("clip_sample", process.clip());
    c.put("clip_sample_range", known.clipRange() == null ? 1.0 : known.clipRange());
    Spec threshold = new Spec("threshold", dynamic(known), List.of("dynamic"));
    c.put("dynamic_thresholding_ratio", threshold.number("quantile", 0.995));
    c.put("num_train_timesteps", process.steps());
    c.put("prediction_type", prediction);
    c.put("rescale_betas_zero_snr", Boolean.TRUE.equals(known.zeroSnr()));
    c.put("sample_max_value", threshold.number("most", 1));
    if (unet.learnedVariance()) {
      c.put("variance_type", process.variance() == Variance.LEARNED ? "learned" : "learned_range");
    } else {
      c.put("set_alpha_to_one", true);
    }
    c.put("steps_offset", 0);
    c.put("thresholding", known.threshold() != null);
    c.put("timestep_spacing", "leading");
    c.put("trained_betas", betas);
    return c;
  }

  /** The betas of a table that diffusers has no word for, or that was given; null for others. */
  private List<Double> trainedBetas() {
    List<Double> given = process.known().betas();
    if (given != null || process.schedule().diffusers() != null) {
      return given;
    }
    DiscreteBetas table = (DiscreteBetas) process.noiseSchedule();
    return IntStream.range(0, table.steps()).mapToObj(table::beta).toList();
  }

  private static String dynamic(Conventions known) {
    return known.threshold() == null ? "dynamic" : known.threshold();
  }

  private void need(boolean condition, String what, String rule) {
    if (!condition) {
      throw new JiffusionException(
          place + " cannot be told in diffusers' words: " + what + ", " + rule);
    }
  }

  // ---- JSON ----

  private static void json(Path file, Map<String, Object> object) {
    ByteBuffer text = StandardCharsets.UTF_8.encode(tree(object).toPrettyJson() + "\n");
    AtomicFile.write(
        file,
        channel -> {
          while (text.hasRemaining()) {
            channel.write(text);
          }
        });
  }

  private static Tree tree(Object value) {
    if (value instanceof Map<?, ?> map) {
      Map<String, Tree> fields = new LinkedHashMap<>();
      map.forEach((key, inside) -> fields.put((String) key, tree(inside)));
      return new Tree(fields, "");
    }
    if (value instanceof List<?> list) {
      return new Tree(list.stream().map(item -> tree(item)).toList(), "");
    }
    return new Tree(value instanceof Number number ? new BigDecimal(number.toString()) : value, "");
  }
}
