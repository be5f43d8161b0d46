package io.jiffusion.network;

import io.jiffusion.base.Draft;
import io.jiffusion.network.Ops.Order;
import io.jiffusion.network.Ops.Padding;
import io.jiffusion.network.UnetConfig.Activation;
import io.jiffusion.network.UnetConfig.Resample;
import io.jiffusion.network.UnetConfig.Timing;
import io.jiffusion.network.UnetLevel.Attention;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/**
 * Small networks that together use every option of a configuration, with the names of these
 * options.
 */
public final class Networks {
  private Networks() {}

  public static Stream<Arguments> all() {
    Map<String, Network> all = new LinkedHashMap<>();
    all.put("plain U-Net", unet(Map.of()));
    all.put("scale and shift", unet(Map.of("timing", Timing.SCALE_SHIFT)));
    all.put("resized by residual blocks", unet(Map.of("resample", Resample.RESIDUAL)));
    all.put(
        "scale and shift, resized by residual blocks",
        unet(Map.of("timing", Timing.SCALE_SHIFT, "resample", Resample.RESIDUAL)));
    all.put("padded below and to the right", unet(Map.of("padding", Padding.BOTTOM_RIGHT)));
    all.put("improved-diffusion's embedding", unet(Map.of("order", Order.COS_SIN, "shift", 0)));
    all.put("GELU", unet(Map.of("activation", Activation.GELU)));
    all.put("several heads", unet(Map.of("headWidth", 4)));
    all.put("classes", unet(Map.of("classes", 5)));
    all.put(
        "classes like times",
        unet(Map.of("classes", 5, "classEmbedding", UnetConfig.ClassEmbedding.TIMESTEP)));
    all.put("other heads on the way up", unet(Map.of("headWidth", 4, "upHeads", 2)));
    all.put("learned variance", unet(Map.of("learnedVariance", true)));
    all.put("attention in the middle only", unet(Map.of("attention", List.of())));
    all.put("no attention", unet(Map.of("attention", List.of(), "middleAttention", false)));
    all.put("centred input", unet(Map.of("centerInput", true)));
    all.put("middle scaled and not normed", unet(Map.of("middleScale", 1.5, "middleNorm", false)));
    all.put("one level", unet(Map.of("multipliers", List.of(1), "attention", List.of(8))));
    all.put(
        "three levels, not square, two blocks each",
        unet(Map.of("height", 16, "multipliers", List.of(1, 3, 2), "resBlocks", 2)));
    all.put("cross attention", crossing(new TransformerConfig(6, true, null, false)));
    all.put("classes as a context", crossing(new TransformerConfig(6, true, 5, true)));
    all.put(
        "cross attention, not in the middle",
        crossing(new TransformerConfig(6, false, null, false)));
    all.put("DiT", new Dit(new DitConfig(2, 2, 8, 2, 16, 4, 2, 5, 1, 1e-5)));
    all.put("one block in the middle", unet(Map.of("middleAttention", false, "middleBlocks", 1)));
    all.put("no middle", unet(Map.of("middleAttention", false, "middleBlocks", 0)));
    all.put("filters and pools of any window", new Windows());
    all.put("MLP", new Mlp(new MlpConfig(2, 16, 2, 8)));
    all.put("MLP of one number", new Mlp(new MlpConfig(1, 16, 2, 8)));
    all.put(
        "DiT, every pixel a patch of one",
        new Dit(new DitConfig(1, 1, 4, 1, 16, 4, 2, 5, 1, 1e-5)));
    return all.entrySet().stream().map(entry -> Arguments.of(entry.getKey(), entry.getValue()));
  }

  /** A small U-Net with transformers of two blocks on the second level, and self attention. */
  private static Unet crossing(TransformerConfig transformer) {
    return unet(
        Map.of(
            "multipliers",
            List.of(),
            "attention",
            List.of(),
            "levels",
            List.of(
                new UnetLevel(8, Attention.SELF, Attention.NONE, 2, null, null, null),
                new UnetLevel(16, Attention.NONE, Attention.CROSS, 4, 2, null, null)),
            "transformer",
            transformer));
  }

  /** A small U-Net for [2, 8, 8] with some settings changed. */
  public static Unet unet(Map<String, Object> changes) {
    Map<String, Object> all =
        new HashMap<>(
            Map.of(
                "inputChannels",
                2,
                "height",
                8,
                "width",
                8,
                "channels",
                8,
                "multipliers",
                List.of(1, 2),
                "resBlocks",
                1,
                "attention",
                List.of(4),
                "middleAttention",
                true,
                "headWidth",
                0,
                "groups",
                4));
    all.putAll(
        Map.of(
            "eps",
            1e-5,
            "order",
            Order.SIN_COS,
            "shift",
            1,
            "timing",
            Timing.ADD,
            "padding",
            Padding.SYMMETRIC,
            "resample",
            Resample.CONV,
            "activation",
            Activation.SILU,
            "dropout",
            0.0));
    all.putAll(
        Map.of(
            "classes",
            0,
            "zeroInit",
            false,
            "learnedVariance",
            false,
            "centerInput",
            false,
            "middleScale",
            1.0,
            "middleNorm",
            true));
    all.putAll(changes);
    Draft<UnetConfig> draft = Draft.of(UnetConfig.class);
    all.forEach(draft::set);
    return new Unet(draft.make());
  }
}
