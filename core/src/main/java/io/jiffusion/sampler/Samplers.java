package io.jiffusion.sampler;

import io.jiffusion.base.Spec;
import io.jiffusion.process.OptimalVariance;
import io.jiffusion.process.Variance;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;

/** The samplers by name: one row each, and all that a user can choose of them. */
public final class Samplers {
  private static final String HO = "Ho and others 2020, arXiv 2006.11239";
  private static final String DDIM = "Song and others 2021, arXiv 2010.02502";
  private static final String DPM_SOLVER = "Lu and others 2022, arXiv 2206.00927";
  private static final String DPM_SOLVER_PP = "Lu and others 2022, arXiv 2211.01095";
  private static final String UNIPC = "Zhao and others 2023, arXiv 2302.04867";
  private static final String DEIS = "Zhang and Chen 2023, arXiv 2204.13902";
  private static final String PNDM = "Liu and others 2022, arXiv 2202.09778";
  private static final String SA_SOLVER = "Xue and others 2023, arXiv 2309.05019";
  private static final String EDM = "Karras and others 2022, arXiv 2206.00364";
  private static final String CROWSON = "Crowson 2022, k-diffusion";
  private static final String RESTART = "Xu and others 2023, arXiv 2306.14878";
  private static final String SCORE_SDE = "Song and others 2021, arXiv 2011.13456";
  private static final String ANALYTIC = "Bao and others 2022, arXiv 2201.06503";

  private static final String SINGLE = "type=dpm-solver|taylor, inner=logsnr|time|time-quadratic";
  private static final String ENDS = "final=few|always|never|below-15|last|counted";
  private static final String MULTI = "type=dpm-solver|taylor, " + ENDS;
  private static final String FLOW = "type=dpm-solver|taylor, form=noise|data, eta=0, snoise=1";
  private static final String ADAPTIVE = "order=3, rtol=0.05, atol=0.0078, " + FLOW;
  private static final String PID = ", pcoeff=0, icoeff=1, dcoeff=0, safety=0.81";
  private static final String FULL_END = "full-order-end";
  private static final String CHURN = "churn=0, smin=0, smax=Infinity, snoise=1";
  private static final String ETA = "eta=1, snoise=1";

  private static final Map<String, Boolean> EPS = words("derived", true, "network", false);
  private static final Map<String, DpmType> SDE_TYPES =
      words("midpoint", DpmType.DPM_SOLVER, "heun", DpmType.TAYLOR);
  private static final Map<String, Sampler> PREDICTORS =
      words("reverse-diffusion", new ReverseDiffusion(), "euler-maruyama", new EulerMaruyama());
  private static final Map<String, Method> METHODS = new LinkedHashMap<>();

  /**
   * A sampler as the list of them tells it.
   *
   * @param name as the field writes it
   * @param options what can be set, with the values that stand where nothing is: {@code eta=0}
   * @param order of convergence to the exact flow, or of mean and variance to the exact ones if
   *     stochastic, at the times that the sampler is best known with; {@code adaptive} for one that
   *     keeps to a tolerance, {@code biased} for one whose variance stays off however many steps it
   *     takes
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
    Sampler make(Spec spec, Context given);
  }

  /**
   * What the model and the request say where the text of the sampler says nothing.
   *
   * @param variance of an ancestral step
   * @param deriveEps whether DDIM derives the noise again from clipped data
   * @param optimal finds the variance that fits the data, or tells why it is not known; asked by
   *     the sampler that needs it
   */
  public record Context(Variance variance, boolean deriveEps, Supplier<OptimalVariance> optimal) {
    /** A model that says nothing of variance and clipping, a request without budget. */
    public static final Context NONE =
        new Context(
            Variance.SMALL,
            true,
            () -> {
              throw new IllegalArgumentException(
                  "illegal sampler: analytic-ddpm, must be one whose variance the model knows: that of"
                      + " this one was not measured; measure it with jiffusion measure RUN, or take ddpm");
            });
  }

  // name, order, evaluations in a step, spacing, paper, options, maker
  static {
    PREDICTORS.put("ddpm", new Ancestral(Variance.LARGE));

    // Denoising diffusion
    String variances = "variance=small|large|learned-range|learned";
    add("ddpm", "1", "1", "uniform", HO, variances, Samplers::ddpm);
    add("ddim", "1", "1", "uniform", DDIM, "eta=0, sigma-hat, eps=derived|network", Samplers::ddim);

    // DPM-Solver, DPM-Solver++; dpm-fast and dpm-adaptive are k-diffusion's names
    for (int order : new int[] {1, 2, 3}) {
      String n = "" + order;
      add("dpm-solver-" + n, n, n, "logsnr", DPM_SOLVER, SINGLE, singleStep(DpmForm.NOISE, order));
    }
    for (String name : List.of("dpm-solver-fast", "dpm-fast")) {
      add(name, "2", "1", "dpm-solver-fast", DPM_SOLVER, "order=3, " + FLOW, Samplers::fast);
    }
    String multistep = "order=2, " + MULTI + ", exact";
    add("dpm-solver-multistep", "2", "1", "logsnr", DPM_SOLVER, multistep, Samplers::multistep);
    String singlestep = "order=2, form=data|noise, type=dpm-solver|taylor, " + FULL_END;
    Maker single = Samplers::singlestep;
    add("dpm-solver-singlestep", "2", "1", "logsnr", DPM_SOLVER_PP, singlestep, single);
    Maker proportional = adaptive(spec -> new StepControl.Proportional());
    add("dpm-solver-adaptive", "adaptive", "3", "logsnr", DPM_SOLVER, ADAPTIVE, proportional);
    String crowson = CROWSON + "; " + DPM_SOLVER;
    Maker pid = adaptive(Samplers::pid);
    add("dpm-adaptive", "adaptive", "3", "logsnr", crowson, ADAPTIVE + PID, pid);
    add("dpmpp-2s", "2", "2", "logsnr", DPM_SOLVER_PP, SINGLE, singleStep(DpmForm.DATA, 2));
    add("dpmpp-3s", "3", "3", "logsnr", DPM_SOLVER_PP, SINGLE, singleStep(DpmForm.DATA, 3));
    add("dpmpp-2m", "2", "1", "logsnr", DPM_SOLVER_PP, MULTI, Samplers::dpmpp2m);
    add("dpmpp-3m", "2", "1", "logsnr", DPM_SOLVER_PP, MULTI + ", exact", Samplers::dpmpp3m);
    String crowsonPp = CROWSON + "; " + DPM_SOLVER_PP;
    add("dpmpp-sde", "2", "2", "karras", crowsonPp, ETA, ancestral(SdeDpmSolver::new));
    String types = "type=midpoint|heun, ";
    add("dpmpp-2m-sde", "2", "1", "logsnr", DPM_SOLVER_PP, types + ETA, Samplers::dpmpp2mSde);
    add("dpmpp-3m-sde", "2", "1", "logsnr", crowsonPp, ETA, ancestral(Samplers::dpmpp3mSde));

    // UniPC, DEIS, PNDM; ipndm-v, which is iPNDM for any steps, and lms are one
    String unipc = "order=3, variant=bh2|bh1|varying, form=data|noise, predictor-only, ";
    String orders = "final=always|few|never|below-15|last|counted";
    add("unipc", "2", "1", "logsnr", UNIPC, unipc + orders, Samplers::unipc);
    String deis = "degree=3, axis=time|rho|log-rho, final=never|few|always|below-15|last|counted";
    add("deis", "1.4", "1", "uniform", DEIS, deis, Samplers::deis);
    Maker pndm = pndm(Pndm.Start.RUNGE_KUTTA);
    add("pndm", "1.4", "1, 4 in the first 3 steps", "uniform", PNDM, FULL_END, pndm);
    add("plms", "1.4", "1, 2 in the first step", "uniform", PNDM, FULL_END, pndm(Pndm.Start.HEUN));
    Maker ipndm = pndm(Pndm.Start.LOWER_ORDER);
    add("ipndm", "2", "1", "karras", DEIS, "order=4, " + FULL_END, ipndm);
    add("ipndm-v", "2", "1", "karras", DEIS, "order=4, " + FULL_END, Samplers::lms);
    add("lms", "2", "1", "karras", CROWSON, "order=4, " + FULL_END, Samplers::lms);
    String saSolver = "predictor=3, corrector=4, tau=1, low=0, high=1, " + orders;
    add("sa-solver", "1", "1", "logsnr", SA_SOLVER, saSolver, Samplers::saSolver);

    // EDM and k-diffusion
    add("euler", "1", "1", "karras", EDM, CHURN, churned(Euler::new));
    add("euler-a", "1", "1", "karras", CROWSON, ETA, ancestral(EulerAncestral::new));
    add("heun", "2", "2", "karras", EDM, CHURN, churned(Heun::new));
    add("dpm-2", "2", "2", "karras", crowson, CHURN, churned(Dpm2::new));
    add("dpm-2-a", "2", "2", "karras", crowson, ETA, ancestral(Dpm2Ancestral::new));
    add("dpmpp-2s-a", "2", "2", "karras", crowsonPp, ETA, ancestral(DpmPlusPlus2SAncestral::new));
    String restart = "min=0.06, max=0.3, steps=2, times=2";
    add("restart", "2", "2", "karras", RESTART, restart, Samplers::restart);

    // Score SDE, Analytic-DPM
    add(
        "euler-maruyama",
        "1",
        "1",
        "time",
        SCORE_SDE,
        "flow",
        (spec, x) -> new EulerMaruyama(spec.flag("flow")));
    add(
        "reverse-diffusion",
        "1",
        "1",
        "time",
        SCORE_SDE,
        "flow",
        (spec, x) -> new ReverseDiffusion(spec.flag("flow")));
    String pc = "snr=0.16, corrector=langevin|annealed, steps=1, predictor=";
    String predictors = String.join("|", PREDICTORS.keySet());
    add("pc", "biased", "2", "time", SCORE_SDE, pc + predictors, Samplers::predictorCorrector);
    add("rk45", "adaptive", "6", "time", SCORE_SDE, "rtol=1e-5, atol=1e-5", Samplers::rk45);
    Maker analytic = (spec, given) -> new Ancestral(given.optimal().get());
    add("analytic-ddpm", "1", "1", "uniform", ANALYTIC, "", analytic);
  }

  private Samplers() {}

  private static void add(
      String name,
      String order,
      String evaluations,
      String spacing,
      String paper,
      String options,
      Maker maker) {
    Context all = new Context(Variance.SMALL, true, () -> new OptimalVariance(new double[] {1}));
    boolean stochastic = maker.make(new Spec("sampler", name, Set.of(name)), all).stochastic();
    METHODS.put(
        name, new Method(name, options, order, stochastic, evaluations, spacing, paper, maker));
  }

  private static Sampler ddpm(Spec spec, Context given) {
    return new Ancestral(spec.choice("variance", given.variance()));
  }

  private static Sampler ddim(Spec spec, Context given) {
    boolean sigmaHat = spec.flag("sigma-hat");
    double eta = spec.number("eta", sigmaHat ? 1 : 0);
    return new Ddim(eta, sigmaHat, spec.choice("eps", EPS, given.deriveEps()));
  }

  private static Maker singleStep(DpmForm form, int order) {
    return (spec, given) ->
        new DpmSolver(form, order, type(spec), spec.choice("inner", DpmSolver.Inner.LOGSNR));
  }

  private static Sampler fast(Spec spec, Context given) {
    return new DpmSolverFast(
        spec.choice("form", DpmForm.NOISE),
        spec.whole("order", 3),
        type(spec),
        spec.number("eta", 0),
        spec.number("snoise", 1));
  }

  private static Sampler multistep(Spec spec, Context given) {
    int order = spec.whole("order", 2);
    return multistep(spec, DpmForm.NOISE, order, spec.flag("exact"));
  }

  private static Sampler singlestep(Spec spec, Context given) {
    return new DpmSolverSinglestep(
        spec.choice("form", DpmForm.DATA), spec.whole("order", 2), type(spec), spec.flag(FULL_END));
  }

  private static Sampler dpmpp2m(Spec spec, Context given) {
    return multistep(spec, DpmForm.DATA, 2, false);
  }

  private static Sampler dpmpp3m(Spec spec, Context given) {
    return multistep(spec, DpmForm.DATA, 3, spec.flag("exact"));
  }

  private static Sampler multistep(Spec spec, DpmForm form, int order, boolean exact) {
    return new DpmSolverMultistep(
        form, order, type(spec), spec.choice("final", LowerOrder.FEW), exact);
  }

  private static DpmType type(Spec spec) {
    return spec.choice("type", DpmType.DPM_SOLVER);
  }

  private static Maker adaptive(Function<Spec, StepControl> control) {
    return (spec, given) ->
        new DpmSolverAdaptive(
            spec.choice("form", DpmForm.NOISE),
            spec.whole("order", 3),
            type(spec),
            control.apply(spec),
            new Tolerance(spec.number("rtol", 0.05), spec.number("atol", 0.0078)),
            spec.number("eta", 0),
            spec.number("snoise", 1),
            1);
  }

  private static StepControl pid(Spec spec) {
    return new StepControl.Pid(
        StepControl.FIRST,
        spec.number("pcoeff", 0),
        spec.number("icoeff", 1),
        spec.number("dcoeff", 0),
        spec.number("safety", 0.81));
  }

  private static Sampler dpmpp2mSde(Spec spec, Context given) {
    DpmType type = spec.choice("type", SDE_TYPES, DpmType.DPM_SOLVER);
    return ancestral((eta, noise) -> new SdeDpmSolverMultistep(2, type, eta, noise))
        .make(spec, given);
  }

  private static Sampler dpmpp3mSde(double eta, double noise) {
    return new SdeDpmSolverMultistep(3, DpmType.TAYLOR, eta, noise);
  }

  private static Sampler unipc(Spec spec, Context given) {
    return new UniPc(
        spec.whole("order", 3),
        spec.choice("variant", UniPc.Variant.BH2),
        spec.choice("form", DpmForm.DATA),
        !spec.flag("predictor-only"),
        spec.choice("final", LowerOrder.ALWAYS));
  }

  private static Sampler deis(Spec spec, Context given) {
    return new Deis(
        spec.whole("degree", 3),
        spec.choice("axis", Deis.Axis.TIME),
        spec.choice("final", LowerOrder.NEVER));
  }

  /** Of order 4 where there is no option for it. */
  private static Maker pndm(Pndm.Start start) {
    return (spec, given) ->
        new Pndm(
            start == Pndm.Start.LOWER_ORDER ? spec.whole("order", 4) : 4,
            start,
            !spec.flag(FULL_END));
  }

  private static Sampler lms(Spec spec, Context given) {
    return new Lms(spec.whole("order", 4), !spec.flag(FULL_END));
  }

  private static Sampler saSolver(Spec spec, Context given) {
    return new SaSolver(
        spec.whole("predictor", 3),
        spec.whole("corrector", 4),
        spec.number("tau", 1),
        spec.number("low", 0),
        spec.number("high", 1),
        spec.choice("final", LowerOrder.ALWAYS));
  }

  private static Maker churned(Function<Churn, Sampler> sampler) {
    return (spec, given) ->
        sampler.apply(
            new Churn(
                spec.number("churn", 0),
                spec.number("smin", 0),
                spec.number("smax", Double.POSITIVE_INFINITY),
                spec.number("snoise", 1)));
  }

  /** A sampler that takes eta, 1 where nothing is said, and a factor of its noise. */
  private static Maker ancestral(BiFunction<Double, Double, Sampler> sampler) {
    return (spec, given) -> sampler.apply(spec.number("eta", 1), spec.number("snoise", 1));
  }

  private static Sampler restart(Spec spec, Context given) {
    Restart.Interval interval =
        new Restart.Interval(
            spec.number("min", 0.06),
            spec.number("max", 0.3),
            spec.whole("steps", 2),
            spec.whole("times", 2));
    return new Restart(new Heun(), List.of(interval));
  }

  private static Sampler predictorCorrector(Spec spec, Context given) {
    double snr = spec.number("snr", 0.16);
    Corrector langevin = new Langevin(snr);
    Map<String, Corrector> correctors =
        words("langevin", langevin, "annealed", new AnnealedLangevin(snr));
    return new PredictorCorrector(
        spec.choice("predictor", PREDICTORS, new ReverseDiffusion()),
        spec.choice("corrector", correctors, langevin),
        spec.whole("steps", 1),
        true);
  }

  private static Sampler rk45(Spec spec, Context given) {
    return new Rk45(spec.number("rtol", 1e-5), spec.number("atol", 1e-5));
  }

  /** The words of an option with what they mean, in the order in which messages list them. */
  private static <T> Map<String, T> words(String word, T value, String other, T otherValue) {
    Map<String, T> words = new LinkedHashMap<>();
    words.put(word, value);
    words.put(other, otherValue);
    return words;
  }

  /** Reads a text, the name of which may be another program's. */
  private static Spec spec(String text) {
    String own = SamplerNames.own(text);
    String name = own.replaceFirst(":.*", "").strip();
    if (!METHODS.containsKey(name)) {
      throw new IllegalArgumentException(
          "illegal sampler: "
              + text
              + ", must be one of those that jiffusion samplers lists; the nearest is "
              + SamplerNames.neighbour(name));
    }
    String spacing = SamplerNames.spacing(text);
    if (spacing != null) {
      throw new IllegalArgumentException(
          "illegal sampler: " + text + ", must be " + own + " with the spacing " + spacing);
    }
    return new Spec("sampler", own, METHODS.keySet());
  }

  /** All samplers, in the order in which the program lists them. */
  public static List<Method> methods() {
    return List.copyOf(METHODS.values());
  }

  /** The row of the sampler that a text such as {@code ddim:eta=0.5} names. */
  public static Method method(String text) {
    return METHODS.get(spec(text).name());
  }

  /**
   * Reads a sampler: its name, or one that {@link SamplerNames} knows, then options, as {@link
   * Method#options} lists them: {@code ddim:eta=0.5}.
   *
   * @throws IllegalArgumentException if a name, an option or a value is unknown; it names the
   *     nearest
   */
  public static Sampler parse(String text, Context given) {
    Spec spec = spec(text);
    Sampler sampler = METHODS.get(spec.name()).maker().make(spec, given);
    spec.done();
    return sampler;
  }

  /** Reads a sampler for a model that says nothing of variance and clipping. */
  public static Sampler parse(String text) {
    return parse(text, Context.NONE);
  }
}
