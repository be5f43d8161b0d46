package io.jiffusion.sampler;

import io.jiffusion.base.Suggestion;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The names that people type for a sampler: ours in any writing ({@code DPMPP_2M}, {@code DPM++
 * 2M}), those of k-diffusion ({@code sample_euler_ancestral}, {@code k_euler_a}), of the web user
 * interfaces ({@code Euler a}, {@code dpmpp_2m_sde_gpu}, {@code DPM++ 2M Karras}), and the classes
 * of diffusers ({@code UniPCMultistepScheduler}).
 *
 * <p>Two names are one if they have the same letters and digits, {@code ++} being {@code pp}. What
 * those programs add for the times, {@code Karras} or {@code _k}, {@code Exponential}, is a
 * spacing, which a sampler has not: {@link #spacing} tells it.
 */
public final class SamplerNames {
  /** What is written round a name, squeezed. */
  private static final Pattern WRAPPED =
      Pattern.compile("(?:sample|k)?(.+?)(?:scheduler|sampler)?");

  /** What a name says of the times, the longer first. */
  private static final Map<String, String> TIMES = new LinkedHashMap<>();

  private static final Map<String, String> OTHERS = new LinkedHashMap<>();
  private static final Map<String, String> FOREIGN = new LinkedHashMap<>();

  static {
    TIMES.put("polyexponential", "polyexponential");
    TIMES.put("exponential", "exponential");
    TIMES.put("karras", "karras");
    TIMES.put("k", "karras"); // InvokeAI's dpmpp_2m_k

    // k-diffusion, and the user interfaces that write "ancestral" as a letter or in full
    other("euler-a", "euler ancestral");
    other("dpm-2-a", "dpm 2 ancestral");
    other("dpmpp-2s-a", "dpm++ 2s ancestral");
    other("dpmpp-sde", "dpm++ sde gpu");
    other("dpmpp-2m", "dpm++");
    other("dpmpp-2m-sde", "dpm++ 2m sde gpu", "sde-dpm-solver++", "dpm++ 2m sde midpoint");
    other("dpmpp-2m-sde:type=heun", "dpm++ 2m sde heun", "dpm++ 2m sde heun gpu");
    other("dpmpp-3m-sde", "dpm++ 3m sde gpu");
    other("unipc", "uni pc bh2");
    other("dpm-solver-multistep", "dpm-solver", "dpm-solver 2m");

    // The classes of diffusers, the word Scheduler left out
    other("euler", "EulerDiscrete", "EDMEuler", "FlowMatchEulerDiscrete");
    other("euler-a", "EulerAncestralDiscrete");
    other("heun", "HeunDiscrete", "FlowMatchHeunDiscrete");
    other("dpm-2", "DPM2Discrete");
    other("dpm-2-a", "DPM2AncestralDiscrete");
    other("lms", "LMSDiscrete");
    other("dpmpp-2m", "DPMSolverMultistepScheduler", "EDMDPMSolverMultistep");
    other("dpmpp-sde", "DPMSolverSDE");
    other("dpmpp-2m-sde", "CosineDPMSolverMultistep");
    other("unipc", "UniPCMultistep");
    other("deis", "DEISMultistep");
    other("pc", "ScoreSdeVe");
    other("euler-maruyama", "ScoreSdeVp");

    // What others have and we do not, with the neighbour that goes with any model
    foreign("heun", "heunpp2", "heun++ 2");
    foreign("dpmpp-2m", "res_multistep", "res_2m", "exp_heun_2_x0");
    foreign("dpmpp-2m-sde", "er_sde", "seeds_2", "seeds_3", "exp_heun_2_x0_sde");
    foreign("dpmpp-2m-sde, as these need a model distilled for them", "lcm", "tcd", "turbo");
    foreign("ddim", "ddim cfg++");
    foreign("euler", "euler cfg++");
    foreign("euler-a", "euler a cfg++");
    foreign("the edit repaint", "RePaint");
  }

  private SamplerNames() {}

  private static void other(String own, String... names) {
    for (String name : names) {
      OTHERS.put(squeezed(name), own);
    }
  }

  private static void foreign(String neighbour, String... names) {
    for (String name : names) {
      FOREIGN.put(squeezed(name), neighbour);
    }
  }

  /**
   * The text of a sampler with our name in place of the one that was typed: {@code
   * dpmpp-2m:final=never} of {@code DPM++ 2M:final=never}. A name that means nothing stays.
   */
  public static String own(String text) {
    return meaning(text).sampler;
  }

  /** The spacing that the name of a sampler says too, such as {@code karras}; else null. */
  public static String spacing(String text) {
    return meaning(text).spacing;
  }

  /**
   * Several samplers of one text, with spaces or commas between them: {@code ddim:eta=0.5,sigma-hat
   * DPM++ 2M, heun}. What follows a comma and is no sampler is an option of the one before.
   */
  public static List<String> list(String text) {
    List<String> all = new ArrayList<>();
    for (String part : text.strip().split("\\s*,\\s*")) {
      String word = part.split("\\s+")[0];
      String last = all.isEmpty() ? "" : all.get(all.size() - 1);
      if (last.contains(":") && !isName(word) && !isName(part)) {
        all.set(all.size() - 1, last + "," + word);
        part = part.substring(word.length());
      }
      separate(part, all);
    }
    return all;
  }

  /** The longest names first, as words may belong to one: {@code Euler a}. */
  private static void separate(String text, List<String> to) {
    String[] words = text.strip().split("\\s+");
    for (int i = 0; i < words.length; ) {
      int end = words.length;
      while (end > i + 1 && !isName(String.join(" ", Arrays.copyOfRange(words, i, end)))) {
        end--;
      }
      String name = String.join(" ", Arrays.copyOfRange(words, i, end));
      if (!name.isEmpty()) {
        to.add(spacing(name) == null ? own(name) : name);
      }
      i = end;
    }
  }

  private static boolean isName(String text) {
    boolean oneWordOfOptions = !text.matches(".*:.*\\s.*");
    return oneWordOfOptions
        && (!own(text).equals(text) || find(squeezed(text.replaceFirst(":.*", ""))) != null);
  }

  /** The nearest of ours to a name that means nothing here. */
  static String neighbour(String name) {
    String core = core(squeezed(name));
    if (FOREIGN.containsKey(core)) {
      return FOREIGN.get(core);
    }
    Map<String, String> all = new LinkedHashMap<>();
    Samplers.methods().forEach(method -> all.put(squeezed(method.name()), method.name()));
    OTHERS.forEach(all::putIfAbsent);
    return all.get(Suggestion.nearest(core, all.keySet()));
  }

  /**
   * What a text means.
   *
   * @param spacing null if the name says nothing of it
   */
  private record Meaning(String sampler, String spacing) {}

  private static Meaning meaning(String text) {
    int colon = text.indexOf(':');
    String name = squeezed(colon < 0 ? text : text.substring(0, colon));
    String options = colon < 0 ? "" : text.substring(colon); // with the colon
    String own = find(name);
    if (own != null) {
      return new Meaning(with(own, options), null);
    }
    for (Map.Entry<String, String> times : TIMES.entrySet()) {
      if (name.endsWith(times.getKey())) {
        own = find(name.substring(0, name.length() - times.getKey().length()));
        if (own != null) {
          return new Meaning(with(own, options), times.getValue());
        }
      }
    }
    return new Meaning(text, null);
  }

  private static String with(String own, String options) {
    return own.contains(":") && !options.isEmpty()
        ? own + "," + options.substring(1)
        : own + options;
  }

  /** Our name of a squeezed one; null if there is none. */
  private static String find(String squeezed) {
    for (String key : List.of(squeezed, core(squeezed))) {
      for (Samplers.Method method : Samplers.methods()) {
        if (squeezed(method.name()).equals(key)) {
          return method.name();
        }
      }
      if (OTHERS.containsKey(key)) {
        return OTHERS.get(key);
      }
    }
    return null;
  }

  private static String core(String squeezed) {
    Matcher matcher = WRAPPED.matcher(squeezed);
    return matcher.matches() ? matcher.group(1) : squeezed;
  }

  private static String squeezed(String name) {
    return name.toLowerCase(Locale.ROOT)
        .replace("++", "pp")
        .replaceAll("[^a-z0-9]", "")
        .replace("dpmsolverpp", "dpmpp"); // DPM-Solver++ (2M)
  }
}
