package io.jiffusion.checkpoint;

import io.jiffusion.base.Check;
import io.jiffusion.base.Draft;
import io.jiffusion.network.DitConfig;
import java.util.Map;

/**
 * The configuration of diffusers' DiTTransformer2DModel, and of the older Transformer2DModel as far
 * as it is the same network.
 */
final class DiffusersDit {
  /** Settings of other transformers, with the value that leaves them out. */
  private static final Map<String, String> ONLY =
      Map.ofEntries(
          Map.entry("norm_type", "ada_norm_zero"),
          Map.entry("activation_fn", "gelu-approximate"),
          Map.entry("attention_bias", "true"),
          Map.entry("norm_elementwise_affine", "false"),
          Map.entry("num_vector_embeds", "null"),
          Map.entry("cross_attention_dim", "null"),
          Map.entry("double_self_attention", "false"),
          Map.entry("only_cross_attention", "false"),
          Map.entry("attention_type", "default"),
          Map.entry("caption_channels", "null"),
          Map.entry("use_additional_conditions", "false"));

  private DiffusersDit() {}

  static DiffusersPart read(PeerConfig c) {
    ONLY.forEach(c::must);
    if (c.text("_class_name").equals("Transformer2DModel")) { // its defaults are another network's
      c.text("norm_type");
      c.text("activation_fn");
      c.whole("patch_size");
      c.whole("num_embeds_ada_norm");
      Check.that(
          !c.flag("norm_elementwise_affine", true) && c.flag("attention_bias", false),
          "attention_bias and norm_elementwise_affine",
          c.place(),
          "must be true and false, no others are known here");
    }
    int[] size = c.has("sample_size") ? c.size("sample_size") : new int[] {32, 32};
    if (size[0] != size[1]) {
      c.fail("sample_size", "must be one number: these images are square");
    }
    int heads = c.whole("num_attention_heads", 16);
    int in = c.whole("in_channels", 4);
    DitConfig dit =
        Draft.of(DitConfig.class)
            .set("inputChannels", in)
            .set("outputChannels", c.whole("out_channels", in))
            .set("size", size[0])
            .set("patch", c.whole("patch_size", 2))
            .set("width", heads * c.whole("attention_head_dim", 72))
            .set("heads", heads)
            .set("depth", c.whole("num_layers", 28))
            .set("classes", c.whole("num_embeds_ada_norm", 1000) + 1)
            .set("shift", 1)
            .set("feedEps", c.number("norm_eps", 1e-5))
            .make();
    return DiffusersPart.of(c, dit, NameMap.of("diffusers-dit", Map.of()));
  }
}
