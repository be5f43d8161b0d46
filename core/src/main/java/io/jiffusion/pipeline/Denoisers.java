package io.jiffusion.pipeline;

import io.jiffusion.base.Check;
import io.jiffusion.base.Spec;
import io.jiffusion.config.Conventions;
import io.jiffusion.config.Home;
import io.jiffusion.config.ProcessConfig;
import io.jiffusion.config.RunConfig;
import io.jiffusion.network.Execution;
import io.jiffusion.process.ClassifierGuidance;
import io.jiffusion.process.Clip;
import io.jiffusion.process.Conditioned;
import io.jiffusion.process.Denoiser;
import io.jiffusion.process.Gradient;
import io.jiffusion.process.Guidance;
import io.jiffusion.process.MeanShift;
import io.jiffusion.process.NetworkDenoiser;
import io.jiffusion.process.Threshold;
import io.jiffusion.sampler.Samplers;
import io.jiffusion.schedule.NoiseSchedule;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;

/**
 * The denoiser that a request means for a model: the network, then guidance, then thresholding, and
 * the counts of what went through it.
 */
final class Denoisers {

  /** Guidance by another, weaker model. */
  static final String WEAK = "weak";

  /** Guidance by a classifier of noisy images. */
  static final String CLASSIFIER = "classifier";

  private static final Collection<String> GUIDES = List.of(SampleRequest.FREE, WEAK, CLASSIFIER);
  private static final Collection<String> THRESHOLDS = List.of("auto", "none", "static", "dynamic");

  private final RunConfig config;
  private final NoiseSchedule schedule;
  private final NetworkDenoiser network;
  private final GuideModels guides;
  private NetworkDenoiser weaker;

  /** For one batch. */
  Denoisers(RunConfig config, Execution execution, GuideModels guides) {
    this.config = config;
    this.schedule = config.process().noiseSchedule();
    this.network = config.process().denoiser(execution);
    this.guides = guides;
  }

  /** Evaluations of the model that is guided. */
  long evaluations() {
    return network.evaluations();
  }

  /** Images that went through networks. */
  long passes() {
    return network.passes() + (weaker == null ? 0 : weaker.passes());
  }

  /** The denoiser of the images of a request. */
  Denoiser of(SampleRequest request) {
    Spec guide = new Spec("guide", request.guide(), GUIDES);
    Denoiser denoiser;
    if (guide.name().equals(CLASSIFIER)) {
      denoiser = classified(guide, request);
    } else {
      Denoiser model = conditioned(config, network, request);
      denoiser =
          thresholded(request.guidance() == 1 ? model : guided(guide, model, request), request);
    }
    return denoiser;
  }

  /** The classifier stands outside of the threshold: its push is not clipped again. */
  private Denoiser classified(Spec spec, SampleRequest request) {
    Check.that(
        !request.classes().isEmpty(), "guide", CLASSIFIER, "must know which classes to draw");
    Check.that(
        request.guidance() == 1,
        "guidance",
        request.guidance(),
        "must be 1 (none) with a classifier, whose strength is scale=");
    ImageClassifier classifier = guides.classifier(spec.text("model", Home.BUNDLED));
    double scale = spec.number("scale", 1);
    boolean shiftsTheMean = spec.flag("mean");
    boolean unconditional = spec.flag("unconditional");
    spec.done();
    Check.that(
        !unconditional || config.network().classes() == 0 || config.nullClass() >= 0,
        "guide",
        request.guide(),
        "must be without unconditional: the model has classes and does not say which stands for no"
            + " class; if it was trained with one, name it by --null-class");
    Check.that(
        !shiftsTheMean || Samplers.method(request.sampler()).name().equals("ddpm"),
        "sampler",
        request.sampler(),
        "must be ddpm to have its mean shifted; leave mean out for the others");
    Denoiser model =
        unconditional
            ? network.all(request.count(), config.nullClass())
            : conditioned(config, network, request);
    Denoiser thresholded = thresholded(model, request);
    int[] classes = IntStream.range(0, request.count()).map(request::label).toArray();
    Gradient gradient = classifier.gradient(config.process(), classes);
    return shiftsTheMean
        ? new MeanShift(thresholded, gradient, scale)
        : new ClassifierGuidance(thresholded, schedule, gradient, scale);
  }

  private Guidance guided(Spec spec, Denoiser model, SampleRequest request) {
    Denoiser weak;
    if (spec.name().equals(SampleRequest.FREE)) {
      weak = network.all(request.count(), config.nullClass());
    } else {
      GuideModels.Guide guide = guides.model(spec.text("model"));
      weaker = guide.config().process().denoiser(guide.execution());
      weak = conditioned(guide.config(), weaker, request);
    }
    double low = spec.number("low", 0);
    double high = spec.number("high", Double.POSITIVE_INFINITY);
    double rescale = spec.number("rescale", 0);
    spec.done();
    return new Guidance(model, weak, request.guidance())
        .duringLevels(schedule, low, high)
        .rescaled(rescale);
  }

  private Denoiser thresholded(Denoiser denoiser, SampleRequest request) {
    Conventions known = config.process().known();
    boolean own = request.threshold().equals("auto");
    String text = own && known.threshold() != null ? known.threshold() : request.threshold();
    return thresholded(denoiser, config.process(), text);
  }

  /** A denoiser whose predicted image is kept in range as a text says; auto is the process's. */
  static Denoiser thresholded(Denoiser denoiser, ProcessConfig process, String text) {
    Spec spec = new Spec("threshold", text, THRESHOLDS);
    Denoiser thresholded =
        switch (spec.name()) {
          case "auto" -> {
            double range = Objects.requireNonNullElse(process.known().clipRange(), 1.0);
            yield process.clip() ? new Clip(denoiser, -range, range) : denoiser;
          }
          case "none" -> denoiser;
          case "static" -> new Clip(denoiser);
          default ->
              new Threshold(
                  denoiser,
                  spec.number("quantile", 0.995),
                  spec.number("limit", 1),
                  spec.number("most", Double.POSITIVE_INFINITY));
        };
    spec.done();
    return thresholded;
  }

  private static Conditioned conditioned(
      RunConfig config, NetworkDenoiser network, SampleRequest request) {
    if (config.network().classes() == 0) {
      return network.of((int[]) null);
    }
    return request.classes().isEmpty()
        ? network.all(request.count(), config.nullClass())
        : network.of(IntStream.range(0, request.count()).map(request::label).toArray());
  }
}
