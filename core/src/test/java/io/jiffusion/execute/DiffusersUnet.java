package io.jiffusion.execute;

import io.jiffusion.Fixtures;
import io.jiffusion.base.Draft;
import io.jiffusion.network.Ops.Order;
import io.jiffusion.network.Ops.Padding;
import io.jiffusion.network.Parameter;
import io.jiffusion.network.Shapes;
import io.jiffusion.network.Unet;
import io.jiffusion.network.UnetConfig;
import io.jiffusion.network.UnetConfig.Activation;
import io.jiffusion.network.UnetConfig.Resample;
import io.jiffusion.network.UnetConfig.Timing;
import io.jiffusion.tensor.Params;
import io.jiffusion.tensor.Scope;
import io.jiffusion.tensor.Tensor;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;
import java.util.zip.CRC32;
import tools.jackson.databind.JsonNode;

/** A diffusers {@code UNet2DModel} among the test resources, as our network with its weights. */
public record DiffusersUnet(Unet network, int levels) {

  static DiffusersUnet of(String folder) {
    JsonNode c = Fixtures.json(folder + "/config.json");
    int[] channels = ints(c.get("block_out_channels"));
    JsonNode size = c.get("sample_size");
    int height = size.isArray() ? size.get(0).asInt() : size.asInt();
    int width = size.isArray() ? size.get(1).asInt() : size.asInt();
    List<Integer> attention =
        IntStream.range(0, channels.length)
            .filter(level -> c.get("down_block_types").get(level).asString().startsWith("Attn"))
            .mapToObj(level -> height >> level)
            .toList();
    boolean scaleShift = c.get("resnet_time_scale_shift").asString().equals("scale_shift");
    JsonNode heads = c.get("attention_head_dim");
    JsonNode classes = c.get("num_class_embeds");
    UnetConfig config =
        Draft.of(UnetConfig.class)
            .set("inputChannels", c.get("in_channels").asInt())
            .set("height", height)
            .set("width", width)
            .set("channels", channels[0])
            .set(
                "multipliers",
                Arrays.stream(channels).mapToObj(each -> each / channels[0]).toList())
            .set("resBlocks", c.get("layers_per_block").asInt())
            .set("attention", attention)
            .set("middleAttention", c.get("add_attention").asBoolean())
            .set("headWidth", heads.isNull() ? 0 : heads.asInt())
            .set("groups", c.get("norm_num_groups").asInt())
            .set("eps", c.get("norm_eps").asDouble())
            .set("order", c.get("flip_sin_to_cos").asBoolean() ? Order.COS_SIN : Order.SIN_COS)
            .set("shift", c.get("freq_shift").asInt())
            .set("timing", scaleShift ? Timing.SCALE_SHIFT : Timing.ADD)
            .set(
                "padding",
                c.get("downsample_padding").asInt() == 0 ? Padding.BOTTOM_RIGHT : Padding.SYMMETRIC)
            .set(
                "resample",
                c.get("downsample_type").asString().equals("resnet")
                    ? Resample.RESIDUAL
                    : Resample.CONV)
            .set(
                "activation",
                c.get("act_fn").asString().equals("gelu") ? Activation.GELU : Activation.SILU)
            .set("dropout", 0)
            .set("classes", classes.isNull() ? 0 : classes.asInt())
            .set("zeroInit", true)
            .set("learnedVariance", false)
            .set("centerInput", c.get("center_input_sample").asBoolean())
            .set("middleScale", c.get("mid_block_scale_factor").asDouble())
            .set("middleNorm", !scaleShift || !c.get("attn_norm_num_groups").isNull())
            .make();
    return new DiffusersUnet(new Unet(config), channels.length);
  }

  /** The weights, each asked for by diffusers' name. */
  Params weights(Function<String, float[]> values) {
    Params params = new Params();
    for (Parameter parameter : Shapes.of(network, 1).parameters()) {
      try (Scope scope = Scope.open()) {
        float[] found = values.apply(theirName(parameter.name()));
        params.put(parameter.name(), Tensor.of(found, parameter.shape().sizes()));
      }
    }
    return params;
  }

  /** Diffusers' name of one of our parameters. */
  String theirName(String ours) {
    String name =
        ours.replaceFirst("^in\\.", "conv_in.")
            .replaceFirst("^out\\.norm\\.", "conv_norm_out.")
            .replaceFirst("^out\\.conv\\.", "conv_out.")
            .replaceFirst("^time\\.linear([12])\\.", "time_embedding.linear_$1.")
            .replaceFirst("^time\\.classes\\.", "class_embedding.")
            .replaceFirst("^middle\\.res1\\.", "mid_block.resnets.0.")
            .replaceFirst("^middle\\.res2\\.", "mid_block.resnets.1.")
            .replaceFirst("^middle\\.attn\\.", "mid_block.attentions.0.")
            .replaceFirst("^down\\.(\\d+)\\.sample\\.", "down_blocks.$1.downsamplers.0.")
            .replaceFirst("^down\\.(\\d+)\\.(\\d+)\\.res\\.", "down_blocks.$1.resnets.$2.")
            .replaceFirst("^down\\.(\\d+)\\.(\\d+)\\.attn\\.", "down_blocks.$1.attentions.$2.");
    if (name.startsWith("up.")) {
      String[] parts = name.split("\\.", 3);
      name =
          "up_blocks."
              + (levels - 1 - Integer.parseInt(parts[1]))
              + "."
              + parts[2]
                  .replaceFirst("^sample\\.", "upsamplers.0.")
                  .replaceFirst("^(\\d+)\\.res\\.", "resnets.$1.")
                  .replaceFirst("^(\\d+)\\.attn\\.", "attentions.$1.");
    }
    return name.contains(".attentions.")
        ? name.replace(".norm.", ".group_norm.")
            .replaceFirst("\\.([qkv])\\.", ".to_$1.")
            .replace(".out.", ".to_out.0.")
        : name.replace(".time.", ".time_emb_proj.").replace(".skip.", ".conv_shortcut.");
  }

  /**
   * The tensor that the fixtures' formula gives (their README; SplitMix64 of a name and an index).
   */
  public static float[] byFormula(String name, int count, double offset, double scale) {
    CRC32 crc = new CRC32();
    crc.update(name.getBytes(StandardCharsets.UTF_8));
    float[] out = new float[count];
    for (int i = 0; i < count; i++) {
      long z = (crc.getValue() << 32) + i + 0x9E3779B97F4A7C15L;
      z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
      z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
      z ^= z >>> 31;
      out[i] = (float) (offset + scale * (2 * ((z >>> 11) * 0x1p-53) - 1));
    }
    return out;
  }

  private static int[] ints(JsonNode list) {
    return IntStream.range(0, list.size()).map(i -> list.get(i).asInt()).toArray();
  }
}
