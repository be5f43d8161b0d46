package io.jiffusion.sampler;

import io.jiffusion.process.OptimalVariance;
import io.jiffusion.process.Variance;
import io.jiffusion.run.Spec;
import io.jiffusion.sampler.DpmSolverMultistep.LowerOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

/** The samplers by name: one row each, and all that a user can choose of them. */
public final class Samplers {
  private static final Map<String, Method> METHODS = new LinkedHashMap<>();
  private static final Map<String, Boolean> EPS = new LinkedHashMap<>();
  private static final Map<String, Sampler> PREDICTORS = new LinkedHashMap<>();
  private static final String CHURN = "churn=0, smin=0, smax=Infinity, snoise=1";
  private static final String ANCESTRAL = "eta=1, snoise=1";
  private static final String FLOW = "eta=0, snoise=1";
  private static final String DPM_SOLVER = "Lu and others 2022, arXiv 2206.00927";
  private static final String DPM_SOLVER_PP = "Lu and others 2022, arXiv 2211.01095";
  private static final Map<String, DpmType> SDE_TYPES = new LinkedHashMap<>();
  private static final String SCORE_SDE = "Song and others 2021, arXiv 2011.13456";

  /**
   * A sampler as the list of them tells it.
   *
   * @param name as the field writes it
   * @param options what can be set, with the values that stand where nothing is: {@code eta=0}
   * @param order of convergence to the exact flow, or to the exact distribution if stochastic
   * @param stochastic whether noise is added on the way, with the options as they stand
   * @param evaluations of the denoiser in a step
   * @param spacing the times it is best known with, where the request says nothing; the name of a
   *     spacing
   * @param paper who described it
   * @param maker makes it from a text and what the model says
   */
  public record Method(
      String name,
      String options,
      String order,
      boolean stochastic,
      String evaluations,
      String spacing,
      String paper,
      Maker maker) {}

  /** Makes a sampler. */
  @FunctionalInterface
  public interface Maker {
    /** Makes the sampler that the options of the text describe. */
    Sampler make(Spec spec, Given given);
  }

  /**
   * What the model and the request say where the text of the sampler says nothing.
   *
   * @param variance of an ancestral step
   * @param deriveEps whether DDIM derives the noise again from clipped data
   * @param optimal finds the variance that fits the data, or tells why it is not known; asked by
   *     the sampler that needs it
   */
  public record Given(Variance variance, boolean deriveEps, Supplier<OptimalVariance> optimal) {
    /** A model that says nothing of variance and clipping, a request without budget. */
    public static final Given NOTHING =
        new Given(
            Variance.SMALL,
            true,
            () -> {
              throw new IllegalArgumentException(
                  "illegal sampler: analytic-ddpm, must be one whose variance the model knows: that of"
                      + " this one was not measured; measure it with jiffusion measure RUN, or take ddpm");
            });
  }

  static {
    EPS.put("derived", true);
    EPS.put("network", false);

    // Denoising diffusion
    add(
        "ddpm",
        "variance=small|large|learned-range|learned",
        "1",
        true,
        "1",
        "uniform",
        "Ho, Jain, Abbeel 2020, arXiv 2006.11239",
        (spec, given) -> new Ancestral(spec.choice("variance", given.variance())));
    add(
        "ddim",
        "eta=0, sigma-hat, eps=derived|network",
        "1",
        false,
        "1",
        "uniform",
        "Song, Meng, Ermon 2021, arXiv 2010.02502",
        (spec, given) -> {
          boolean sigmaHat = spec.flag("sigma-hat");
          return new Ddim(
              spec.number("eta", sigmaHat ? 1 : 0),
              sigmaHat,
              spec.choice("eps", EPS, given.deriveEps()));
        });

    // DPM-Solver, DPM-Solver++
    SDE_TYPES.put("midpoint", DpmType.DPM_SOLVER);
    SDE_TYPES.put("heun", DpmType.TAYLOR);
    for (int order = 1; order <= 3; order++) {
      addSingleStep("dpm-solver-" + order, DpmForm.NOISE, order, DPM_SOLVER);
    }
    for (String name : List.of("dpm-solver-fast", "dpm-fast")) { // the paper's and k-diffusion's
      add(
          name,
          "order=3, type=dpm-solver|taylor, form=noise|data, " + FLOW,
          "2",
          false,
          "1",
          "dpm-solver-fast",
          DPM_SOLVER,
          (spec, given) ->
              new DpmSolverFast(
                  spec.choice("form", DpmForm.NOISE),
                  spec.whole("order", 3),
                  spec.choice("type", DpmType.DPM_SOLVER),
                  spec.number("eta", 0),
                  spec.number("snoise", 1)));
    }
    addMultistep("dpm-solver-multistep", DpmForm.NOISE, 0, DPM_SOLVER);
    addAdaptive("dpm-solver-adaptive", DPM_SOLVER, spec -> new StepControl.Proportional());
    addAdaptive(
        "dpm-adaptive",
        "Crowson 2022, k-diffusion; " + DPM_SOLVER,
        spec ->
            new StepControl.Pid(
                StepControl.FIRST,
                spec.number("pcoeff", 0),
                spec.number("icoeff", 1),
                spec.number("dcoeff", 0),
                spec.number("safety", 0.81)));
    addSingleStep("dpmpp-2s", DpmForm.DATA, 2, DPM_SOLVER_PP);
    addSingleStep("dpmpp-3s", DpmForm.DATA, 3, DPM_SOLVER_PP);
    addMultistep("dpmpp-2m", DpmForm.DATA, 2, DPM_SOLVER_PP);
    addMultistep("dpmpp-3m", DpmForm.DATA, 3, DPM_SOLVER_PP);
    add(
        "dpmpp-sde",
        ANCESTRAL,
        "2",
        true,
        "2",
        "karras",
        "Crowson 2022, k-diffusion; " + DPM_SOLVER_PP,
        (spec, given) -> new SdeDpmSolver(spec.number("eta", 1), spec.number("snoise", 1)));
    add(
        "dpmpp-2m-sde",
        "type=midpoint|heun, " + ANCESTRAL,
        "2",
        true,
        "1",
        "logsnr",
        DPM_SOLVER_PP,
        (spec, given) ->
            new SdeDpmSolverMultistep(
                2,
                spec.choice("type", SDE_TYPES, DpmType.DPM_SOLVER),
                spec.number("eta", 1),
                spec.number("snoise", 1)));
    add(
        "dpmpp-3m-sde",
        ANCESTRAL,
        "2",
        true,
        "1",
        "logsnr",
        "Crowson 2022, k-diffusion; " + DPM_SOLVER_PP,
        (spec, given) ->
            new SdeDpmSolverMultistep(
                3, DpmType.TAYLOR, spec.number("eta", 1), spec.number("snoise", 1)));

    // UniPC, DEIS, PNDM
    add(
        "unipc",
        "order=3, variant=bh2|bh1|varying, form=data|noise, predictor-only, final=always|few|never",
        "2",
        false,
        "1",
        "logsnr",
        "Zhao et al. 2023, arXiv 2302.04867",
        (spec, given) ->
            new UniPc(
                spec.whole("order", 3),
                spec.choice("variant", UniPc.Variant.BH2),
                spec.choice("form", DpmForm.DATA),
                !spec.flag("predictor-only"),
                spec.choice("final", LowerOrder.ALWAYS)));
    add(
        "deis",
        "degree=3, axis=time|rho|log-rho, final=never|few|always",
        "2",
        false,
        "1",
        "uniform",
        "Zhang, Chen 2023, arXiv 2204.13902",
        (spec, given) ->
            new Deis(
                spec.whole("degree", 3),
                spec.choice("axis", Deis.Axis.TIME),
                spec.choice("final", LowerOrder.NEVER)));
    add(
        "pndm",
        "full-order-end",
        "2",
        false,
        "1, 4 in the first 3 steps",
        "uniform",
        "Liu, Ren, Lin, Zhao 2022, arXiv 2202.09778",
        (spec, given) -> new Pndm(4, Pndm.Start.RUNGE_KUTTA, !spec.flag("full-order-end")));
    add(
        "plms",
        "full-order-end",
        "2",
        false,
        "1, 2 in the first step",
        "uniform",
        "Liu, Ren, Lin, Zhao 2022, arXiv 2202.09778",
        (spec, given) -> new Pndm(4, Pndm.Start.HEUN, !spec.flag("full-order-end")));
    add(
        "ipndm",
        "order=4, full-order-end",
        "2",
        false,
        "1",
        "karras",
        "Zhang, Chen 2023, arXiv 2204.13902",
        (spec, given) ->
            new Pndm(spec.whole("order", 4), Pndm.Start.LOWER_ORDER, !spec.flag("full-order-end")));
    add(
        "ipndm-v",
        "order=4, full-order-end",
        "2",
        false,
        "1",
        "karras",
        "Zhang, Chen 2023, arXiv 2204.13902",
        (spec, given) -> new Lms(spec.whole("order", 4), !spec.flag("full-order-end")));
    add(
        "lms",
        "order=4, full-order-end",
        "2",
        false,
        "1",
        "karras",
        "Crowson 2022, k-diffusion",
        (spec, given) -> new Lms(spec.whole("order", 4), !spec.flag("full-order-end")));
    add(
        "sa-solver",
        "predictor=3, corrector=4, tau=1, final=always|few|never",
        "1",
        true,
        "1",
        "logsnr",
        "Xue et al. 2023, arXiv 2309.05019",
        (spec, given) ->
            new SaSolver(
                spec.whole("predictor", 3),
                spec.whole("corrector", 4),
                spec.number("tau", 1),
                spec.choice("final", LowerOrder.ALWAYS)));

    // EDM and k-diffusion
    add(
        "euler",
        CHURN,
        "1",
        false,
        "1",
        "karras",
        "Karras, Aittala, Aila, Laine 2022, arXiv 2206.00364",
        (spec, given) -> new Euler(churn(spec)));
    add(
        "euler-a",
        ANCESTRAL,
        "1",
        true,
        "1",
        "karras",
        "Crowson 2022, k-diffusion",
        (spec, given) -> new EulerAncestral(spec.number("eta", 1), spec.number("snoise", 1)));
    add(
        "heun",
        CHURN,
        "2",
        false,
        "2",
        "karras",
        "Karras, Aittala, Aila, Laine 2022, arXiv 2206.00364",
        (spec, given) -> new Heun(churn(spec)));
    add(
        "dpm-2",
        CHURN,
        "2",
        false,
        "2",
        "karras",
        "Crowson 2022, k-diffusion; Lu and others 2022, arXiv 2206.00927",
        (spec, given) -> new Dpm2(churn(spec)));
    add(
        "dpm-2-a",
        ANCESTRAL,
        "2",
        true,
        "2",
        "karras",
        "Crowson 2022, k-diffusion; Lu and others 2022, arXiv 2206.00927",
        (spec, given) -> new Dpm2Ancestral(spec.number("eta", 1), spec.number("snoise", 1)));
    add(
        "dpmpp-2s-a",
        ANCESTRAL,
        "2",
        true,
        "2",
        "karras",
        "Crowson 2022, k-diffusion; Lu and others 2022, arXiv 2211.01095",
        (spec, given) ->
            new DpmPlusPlus2SAncestral(spec.number("eta", 1), spec.number("snoise", 1)));
    add(
        "restart",
        "min=0.06, max=0.3, steps=2, times=2",
        "2",
        true,
        "2",
        "karras",
        "Xu and others 2023, arXiv 2306.14878",
        (spec, given) ->
            new Restart(
                new Heun(),
                List.of(
                    new Restart.Interval(
                        spec.number("min", 0.06),
                        spec.number("max", 0.3),
                        spec.whole("steps", 2),
                        spec.whole("times", 2)))));

    // Score SDE, Analytic-DPM
    add(
        "euler-maruyama",
        "",
        "1",
        true,
        "1",
        "time",
        SCORE_SDE,
        (spec, given) -> new EulerMaruyama());
    add(
        "reverse-diffusion",
        "",
        "1",
        true,
        "1",
        "time",
        SCORE_SDE,
        (spec, given) -> new ReverseDiffusion());
    PREDICTORS.put("reverse-diffusion", new ReverseDiffusion());
    PREDICTORS.put("euler-maruyama", new EulerMaruyama());
    PREDICTORS.put("ddpm", new Ancestral(Variance.LARGE));
    add(
        "pc",
        "snr=0.16, corrector=langevin|annealed, steps=1, predictor=reverse-diffusion|euler-maruyama|ddpm",
        "1",
        true,
        "2",
        "time",
        SCORE_SDE,
        (spec, given) -> {
          double snr = spec.number("snr", 0.16);
          Map<String, Corrector> correctors = new LinkedHashMap<>();
          correctors.put("langevin", new Langevin(snr));
          correctors.put("annealed", new AnnealedLangevin(snr));
          Corrector corrector = spec.choice("corrector", correctors, new Langevin(snr));
          return new PredictorCorrector(
              spec.choice("predictor", PREDICTORS, new ReverseDiffusion()),
              corrector,
              spec.whole("steps", 1),
              true);
        });
    add(
        "rk45",
        "rtol=1e-5, atol=1e-5",
        "adaptive",
        false,
        "6",
        "time",
        SCORE_SDE,
        (spec, given) -> new Rk45(spec.number("rtol", 1e-5), spec.number("atol", 1e-5)));
    add(
        "analytic-ddpm",
        "",
        "1",
        true,
        "1",
        "uniform",
        "Bao, Li, Zhu, Zhang 2022, arXiv 2201.06503",
        (spec, given) -> new Ancestral(given.optimal().get()));
  }

  private Samplers() {}

  private static void addSingleStep(String name, DpmForm form, int order, String paper) {
    add(
        name,
        "type=dpm-solver|taylor, inner=logsnr|time|time-quadratic",
        "" + order,
        false,
        "" + order,
        "logsnr",
        paper,
        (spec, given) ->
            new DpmSolver(
                form,
                order,
                spec.choice("type", DpmType.DPM_SOLVER),
                spec.choice("inner", DpmSolver.Inner.LOGSNR)));
  }

  /** With an option for the order where that is 0. */
  private static void addMultistep(String name, DpmForm form, int order, String paper) {
    add(
        name,
        (order == 0 ? "order=2, " : "")
            + "type=dpm-solver|taylor, final=few|always|never"
            + (order == 2 ? "" : ", exact"),
        "2",
        false,
        "1",
        "logsnr",
        paper,
        (spec, given) ->
            new DpmSolverMultistep(
                form,
                order == 0 ? spec.whole("order", 2) : order,
                spec.choice("type", DpmType.DPM_SOLVER),
                spec.choice("final", LowerOrder.FEW),
                order != 2 && spec.flag("exact")));
  }

  private static void addAdaptive(String name, String paper, Function<Spec, StepControl> control) {
    add(
        name,
        "order=3, rtol=0.05, atol=0.0078, type=dpm-solver|taylor, form=noise|data, "
            + (name.equals("dpm-adaptive") ? "pcoeff=0, icoeff=1, dcoeff=0, safety=0.81, " : "")
            + FLOW,
        "adaptive",
        false,
        "3",
        "logsnr",
        paper,
        (spec, given) ->
            new DpmSolverAdaptive(
                spec.choice("form", DpmForm.NOISE),
                spec.whole("order", 3),
                spec.choice("type", DpmType.DPM_SOLVER),
                control.apply(spec),
                spec.number("rtol", 0.05),
                spec.number("atol", 0.0078),
                spec.number("eta", 0),
                spec.number("snoise", 1),
                1));
  }

  private static Churn churn(Spec spec) {
    return new Churn(
        spec.number("churn", 0),
        spec.number("smin", 0),
        spec.number("smax", Double.POSITIVE_INFINITY),
        spec.number("snoise", 1));
  }

  private static void add(
      String name,
      String options,
      String order,
      boolean stochastic,
      String evaluations,
      String spacing,
      String paper,
      Maker maker) {
    METHODS.put(
        name, new Method(name, options, order, stochastic, evaluations, spacing, paper, maker));
  }

  /** All of them, in the order of the list. */
  public static List<Method> methods() {
    return List.copyOf(METHODS.values());
  }

  /** The row of the sampler that a text such as {@code ddim:eta=0.5} names. */
  public static Method method(String text) {
    return METHODS.get(new Spec("sampler", text, METHODS.keySet()).name());
  }

  /**
   * Reads a sampler: its name, then options, as {@link Method#options} lists them: {@code
   * ddim:eta=0.5}.
   *
   * @throws IllegalArgumentException if a name, an option or a value is unknown; it names the
   *     nearest
   */
  public static Sampler parse(String text, Given given) {
    Spec spec = new Spec("sampler", text, METHODS.keySet());
    Sampler sampler = METHODS.get(spec.name()).maker().make(spec, given);
    spec.done();
    return sampler;
  }

  /** Reads a sampler for a model that says nothing of variance and clipping. */
  public static Sampler parse(String text) {
    return parse(text, Given.NOTHING);
  }
}
