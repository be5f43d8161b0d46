package io.jiffusion.checkpoint;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.weights.ArrayFile;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Pattern;

/**
 * What a training puts around a network's names: {@code module.} of DataParallel, {@code
 * _orig_mod.} of torch.compile, the attribute of a trainer as {@code unet.}, the key of a saved
 * dictionary as {@code model/}, and averages beside the weights as {@code ema_model.}. A layer of
 * it is taken off only where all of the network's tensors have it.
 *
 * @param arrays what is inside
 * @param averaged whether a layer that was taken off says that these are averages
 */
record Wrapping(ArrayFile arrays, boolean averaged) {
  private static final Set<String> AVERAGES =
      Set.of("ema", "ema_model", "ema_unet", "ema_state_dict", "model_ema", "unet_ema");

  private static final Set<String> NETWORKS =
      Set.of(
          "denoiser",
          "diffusion_model",
          "model",
          "model_state_dict",
          "module",
          "net",
          "network",
          "online_model",
          "state_dict",
          "transformer",
          "unet");

  /** Of what lies beside a network in a checkpoint. */
  private static final Pattern BESIDE =
      Pattern.compile(
          "callbacks|image_encoder|loops|rng.*|safety_checker|text_encoder.*|vae"
              + "|((lr_)?scheduler|optim|optimizer|opt|(grad_)?scaler)(s|_states?|_state_dict)?");

  /** Tables of a process, and the counters of averages. */
  private static final Pattern TABLES =
      Pattern.compile(
          "betas|(sqrt_|log_|sqrt_recip_|sqrt_recipm1_)?(one_minus_)?alphas_cumprod(_prev)?"
              + "|posterior_(variance|log_variance_clipped|mean_coef[12])");

  /**
   * Takes off layers until what is inside is known.
   *
   * @param weights ema, raw, or auto for the averages where both are there
   * @param knows what is looked for
   * @return null if it is never found
   */
  static Wrapping off(ArrayFile arrays, String weights, Predicate<ArrayFile> knows) {
    Wrapping inside = new Wrapping(arrays, false);
    while (inside != null && !knows.test(inside.arrays)) {
      inside = inside.once(weights);
    }
    return inside;
  }

  /** Without the outermost layer; null if there is none that can be taken off. */
  private Wrapping once(String weights) {
    Set<String> layers = new LinkedHashSet<>();
    for (var array : arrays.arrays().entrySet()) {
      String name = array.getKey();
      if (array.getValue().shape().length > 0 && !TABLES.matcher(name).matches()) {
        layers.add(name.substring(0, length(name)));
      }
    }
    if (layers.size() > 1) {
      layers.removeIf(layer -> BESIDE.matcher(word(layer)).matches());
    }
    if (layers.contains("")) {
      return null;
    }
    if (layers.size() == 1) {
      return of(layers.iterator().next());
    }
    List<String> averages = layers.stream().filter(l -> AVERAGES.contains(word(l))).toList();
    List<String> networks = layers.stream().filter(l -> NETWORKS.contains(word(l))).toList();
    if (layers.size() != 2 || averages.size() != 1 || networks.size() != 1) {
      return null;
    }
    Wrapping average = of(averages.get(0));
    Wrapping network = of(networks.get(0));
    // a list of averages, as diffusers' EMAModel keeps them, has no names
    boolean named = average.arrays.arrays().keySet().stream().noneMatch(n -> n.contains("shadow_"));
    if (weights.equals("ema") && !named) {
      throw new JiffusionException(
          arrays.path() + " has averaged weights without names; take --weights raw");
    }
    return weights.equals("raw") || !named ? network : average;
  }

  private Wrapping of(String layer) {
    return new Wrapping(arrays.under(layer), averaged || AVERAGES.contains(word(layer)));
  }

  /** Letters of a name's first part with its separator; 0 if it has one part only. */
  private static int length(String name) {
    for (int i = 0; i < name.length(); i++) {
      if (name.charAt(i) == '.' || name.charAt(i) == '/') {
        return i + 1;
      }
    }
    return 0;
  }

  private static String word(String layer) {
    return layer.isEmpty() ? "" : layer.substring(0, layer.length() - 1);
  }
}
