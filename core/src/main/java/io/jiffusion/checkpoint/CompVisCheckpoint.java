package io.jiffusion.checkpoint;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.config.NetworkConfig;
import io.jiffusion.config.PredictionType;
import io.jiffusion.config.ProcessConfig;
import io.jiffusion.config.RunConfig;
import io.jiffusion.config.ScheduleType;
import io.jiffusion.network.Parameter;
import io.jiffusion.network.Shapes;
import io.jiffusion.network.Unet;
import io.jiffusion.process.Variance;
import io.jiffusion.weights.ArrayFile;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Checkpoints of CompVis' latent-diffusion: the U-Net twice, as trained and averaged, the
 * autoencoder before it, and what makes a context of a class or a text. Of the last only the table
 * of classes is read; a text's context must be given.
 */
final class CompVisCheckpoint implements Format {
  private static final String STATE = "state_dict/";
  private static final String RAW = "model.diffusion_model.";
  private static final String AVERAGE = "model_ema.";
  private static final String FIRST_STAGE = "first_stage_model.";
  private static final String CONDITION = "cond_stage_model.";
  private static final String CLASSES = CONDITION + "embedding.weight";

  /** Tables of the process, which its arguments give, and numbers of its training. */
  private static final String TABLES =
      "betas|(sqrt_|log_|sqrt_recip_|sqrt_recipm1_)?(one_minus_)?alphas_cumprod(_prev)?"
          + "|posterior_(variance|log_variance_clipped|mean_coef[12])|logvar|lvlb_weights"
          + "|scale_factor|model_ema\\.(decay|num_updates)";

  @Override
  public boolean knows(ArrayFile arrays, PeerConfig config) {
    return state(arrays).keySet().stream()
        .anyMatch(name -> name.startsWith(RAW) || name.startsWith(average("")));
  }

  @Override
  public StoredModel open(Path path, ArrayFile arrays, PeerConfig config, ReadOptions options) {
    if (config == null) {
      throw new JiffusionException(
          path
              + " is a checkpoint of latent-diffusion, which does not say what its network is: put"
              + " its configuration as config.yaml beside it, or name a file by --config");
    }
    PeerConfig c = config.has("model") ? config.group("model").group("params") : config;
    PeerConfig arguments =
        c.has("unet_config") ? c.group("unet_config").group("params") : c.group("unet");
    Map<String, String> state = state(arrays);
    boolean crosses = arguments.flag("use_spatial_transformer", false);
    int tokens =
        crosses && state.containsKey(CLASSES) && rank(arrays, state.get(CLASSES)) == 2
            ? (int) arrays.arrays().get(state.get(CLASSES)).shape()[0]
            : 0;
    CompVisUnet unet = CompVisUnet.of(arguments, tokens, tokens > 0 && hasNullClass(c, tokens));
    boolean averaged = averaged(path, state, options.weights());
    boolean encodes =
        state.keySet().stream()
            .anyMatch(name -> name.startsWith(CONDITION) && !(tokens > 0 && name.equals(CLASSES)));
    StoredModel model =
        StoredModel.of(
            new RunConfig(null, NetworkConfig.of(unet.config()), process(c), null),
            new RunFolder.Source(
                "latent-diffusion" + (encodes ? ", its encoder of conditions left aside" : ""),
                path.getFileName().toString(),
                averaged ? "ema" : "raw"),
            arrays.renamed(names(state, unet, averaged)),
            unet.map());
    return new StoredModel(model.run(), model.weights(), firstStage(c, path, arrays, state));
  }

  /** The autoencoder before it, which is closed by itself; null if the file has none. */
  private StoredModel firstStage(
      PeerConfig c, Path path, ArrayFile arrays, Map<String, String> state) {
    Map<String, String> names = new LinkedHashMap<>();
    state.forEach(
        (name, theirs) -> {
          if (name.startsWith(FIRST_STAGE)) {
            names.put(name.substring(FIRST_STAGE.length()), theirs);
          }
        });
    if (names.isEmpty()) {
      return null;
    }
    PeerConfig arguments =
        c.has("first_stage_config")
            ? c.group("first_stage_config").group("params")
            : c.group("first_stage");
    if (!arguments.has("ddconfig")) {
      throw new JiffusionException(
          path
              + " has an autoencoder, but its configuration does not tell it: must have"
              + " first_stage_config ("
              + c.place()
              + ")");
    }
    double scale =
        state.containsKey("scale_factor")
            ? arrays.doubles(state.get("scale_factor"))[0]
            : c.number("scale_factor", 1);
    ArrayFile own = CheckpointFile.open(path); // the network closes its file when it is loaded
    try {
      return CompVisAutoencoder.read(
          arguments,
          Wrapping.off(own, "auto", each -> knows(each, c)).arrays().renamed(names),
          scale,
          new RunFolder.Source(
              "latent-diffusion first stage", path.getFileName().toString(), "raw"));
    } catch (RuntimeException e) {
      own.close();
      throw e;
    }
  }

  /** The file's name of each of the model's arrays; what its training keeps is left out. */
  private static Map<String, String> state(ArrayFile arrays) {
    Set<String> all = arrays.arrays().keySet();
    boolean nested = all.stream().anyMatch(name -> name.startsWith(STATE));
    Map<String, String> state = new LinkedHashMap<>();
    for (String name : all) {
      if (!nested) {
        state.put(name, name);
      } else if (name.startsWith(STATE)) {
        state.put(name.substring(STATE.length()), name);
      }
    }
    return state;
  }

  private static int rank(ArrayFile arrays, String name) {
    return arrays.arrays().get(name).shape().length;
  }

  private static boolean averaged(Path path, Map<String, String> state, String wanted) {
    boolean average = state.keySet().stream().anyMatch(name -> name.startsWith(average("")));
    boolean raw = state.keySet().stream().anyMatch(name -> name.startsWith(RAW));
    if (wanted.equals("ema") && !average || wanted.equals("raw") && !raw) {
      throw new JiffusionException(
          path
              + " has no weights "
              + wanted
              + ", only "
              + (raw ? "raw" : "ema")
              + "; take --weights auto");
    }
    return average && !wanted.equals("raw");
  }

  /**
   * The file's name of each of the model's arrays that a U-Net should have, and of unknown ones.
   */
  private static Map<String, String> names(
      Map<String, String> state, CompVisUnet unet, boolean averaged) {
    Map<String, String> names = new LinkedHashMap<>();
    Map<String, String> dotted = averaged ? dotted(unet) : Map.of();
    state.forEach(
        (name, theirs) -> {
          if (name.startsWith(RAW)) {
            if (!averaged) {
              names.put(name.substring(RAW.length()), theirs);
            }
          } else if (name.startsWith(average(""))) {
            if (averaged) {
              names.put(dotted.getOrDefault(name, name), theirs);
            }
          } else if (name.equals(CLASSES) && unet.config().transformer() != null
              || !name.startsWith(CONDITION)
                  && !name.startsWith(FIRST_STAGE)
                  && !name.matches(TABLES)) {
            names.put(name, theirs);
          }
        });
    return names;
  }

  /** The names of the average have no dots: what each of the network's names becomes there. */
  private static Map<String, String> dotted(CompVisUnet unet) {
    Map<String, String> dotted = new LinkedHashMap<>();
    for (Parameter parameter : Shapes.of(new Unet(unet.config()), 1).parameters()) {
      for (NameMap.Place place : unet.map().places(parameter.name())) {
        dotted.put(average(place.name()), place.name());
      }
    }
    return dotted;
  }

  private static String average(String name) {
    return AVERAGE + "diffusion_model" + name.replace(".", "");
  }

  /** Where nothing is said of dropped labels, a class more than ImageNet's tells it. */
  private static boolean hasNullClass(PeerConfig c, int rows) {
    boolean told = c.has("cond_stage_config") && c.group("cond_stage_config").has("params");
    PeerConfig embedder = told ? c.group("cond_stage_config").group("params") : PeerConfig.none("");
    return embedder.has("ucg_rate") ? embedder.number("ucg_rate", 0) > 0 : rows == 1001;
  }

  private static ProcessConfig process(PeerConfig c) {
    c.must("given_betas", null);
    ScheduleType schedule =
        switch (c.text("beta_schedule", "linear")) {
          case "linear" -> ScheduleType.QUADRATIC; // the roots are linear
          case "sqrt_linear" -> ScheduleType.LINEAR;
          case "cosine" -> ScheduleType.COSINE;
          default -> c.fail("beta_schedule", "must be linear, sqrt_linear or cosine");
        };
    if (schedule == ScheduleType.COSINE && c.number("cosine_s", 8e-3) != 8e-3) {
      c.fail("cosine_s", "must be 0.008");
    }
    PredictionType predicts =
        switch (c.text("parameterization", "eps")) {
          case "eps" -> PredictionType.EPS;
          case "x0" -> PredictionType.X0;
          case "v" -> PredictionType.V;
          default -> c.fail("parameterization", "must be eps, x0 or v");
        };
    double posterior = c.number("v_posterior", 0);
    if (posterior != 0 && posterior != 1) {
      c.fail("v_posterior", "must be 0 or 1");
    }
    return ProcessConfig.draft(schedule, predicts)
        .set("steps", c.whole("timesteps", 1000))
        .set("betaStart", c.number("linear_start", 1e-4))
        .set("betaEnd", c.number("linear_end", 2e-2))
        .set("variance", posterior == 0 ? Variance.SMALL : Variance.LARGE)
        .make();
  }
}
