package io.jiffusion.pipeline;

import io.jiffusion.base.Check;
import io.jiffusion.config.RunConfig;
import io.jiffusion.network.Execution;
import io.jiffusion.process.ClassifierGuidance;
import io.jiffusion.process.Conditioned;
import io.jiffusion.process.Denoiser;
import io.jiffusion.process.Gradient;
import io.jiffusion.process.Guidance;
import io.jiffusion.process.MeanShift;
import io.jiffusion.process.NetworkDenoiser;
import io.jiffusion.schedule.NoiseSchedule;
import java.util.stream.IntStream;

/**
 * The denoiser that a request means for a model: the network, then guidance, then thresholding, and
 * the counts of what went through it.
 */
final class Denoisers {

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
    if (request.guide().by() instanceof Guide.Classifier guide) {
      return classified(guide, request);
    }
    Denoiser model = conditioned(config, network, request);
    return thresholded(request.guidance() == 1 ? model : guided(model, request), request);
  }

  /** The classifier stands outside of the threshold: its push is not clipped again. */
  private Denoiser classified(Guide.Classifier guide, SampleRequest request) {
    Check.that(
        !request.classes().isEmpty(), "guide", "classifier", "must know which classes to draw");
    Check.that(
        request.guidance() == 1,
        "guidance",
        request.guidance(),
        "must be 1 (none) with a classifier, whose strength is scale=");
    ImageClassifier classifier = guides.classifier(guide.model());
    Check.that(
        !guide.unconditional() || config.network().classes() == 0 || config.nullClass() >= 0,
        "guide",
        request.guide(),
        "must be without unconditional: the model has classes and does not say which stands for no"
            + " class; if it was trained with one, name it by --null-class");
    Check.that(
        !guide.mean() || request.sampler().method().name().equals("ddpm"),
        "sampler",
        request.sampler(),
        "must be ddpm to have its mean shifted; leave mean out for the others");
    Denoiser model =
        guide.unconditional()
            ? network.all(request.count(), config.nullClass())
            : conditioned(config, network, request);
    Denoiser thresholded = thresholded(model, request);
    int[] classes = IntStream.range(0, request.count()).map(request::label).toArray();
    Gradient gradient = classifier.gradient(config.process(), classes);
    return guide.mean()
        ? new MeanShift(thresholded, gradient, guide.scale())
        : new ClassifierGuidance(thresholded, schedule, gradient, guide.scale());
  }

  private Guidance guided(Denoiser model, SampleRequest request) {
    if (request.guide().by() instanceof Guide.Weak weak) {
      GuideModels.Guiding guiding = guides.model(weak.model());
      weaker = guiding.config().process().denoiser(guiding.execution());
      Denoiser other = conditioned(guiding.config(), weaker, request);
      return weak.limits().of(new Guidance(model, other, request.guidance()), schedule);
    }
    Guide.Free free = (Guide.Free) request.guide().by();
    Denoiser other = network.all(request.count(), config.nullClass());
    return free.limits().of(new Guidance(model, other, request.guidance()), schedule);
  }

  private Denoiser thresholded(Denoiser denoiser, SampleRequest request) {
    return request.threshold().rule().over(denoiser, config.process());
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
