package io.jiffusion.pipeline;

import io.jiffusion.network.Execution;
import io.jiffusion.process.Clip;
import io.jiffusion.process.Conditioned;
import io.jiffusion.process.Denoiser;
import io.jiffusion.process.Guidance;
import io.jiffusion.process.NetworkDenoiser;
import io.jiffusion.process.Threshold;
import io.jiffusion.run.Spec;
import io.jiffusion.schedule.NoiseSchedule;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * The denoiser that a request means for a model: the network, then guidance, then thresholding, and
 * the counts of what went through it.
 */
final class Denoisers {
  /** Guidance by the model without a class; {@code low} and {@code high} are noise levels. */
  static final String FREE = "free";

  /** Guidance by another, weaker model. */
  static final String WEAK = "weak";

  private static final Collection<String> GUIDES = List.of(FREE, WEAK);
  private static final Collection<String> THRESHOLDS = List.of("auto", "none", "static", "dynamic");

  private final RunConfig config;
  private final NoiseSchedule schedule;
  private final NetworkDenoiser network;
  private final Function<String, Guide> guides;
  private NetworkDenoiser weaker;

  /**
   * For one batch.
   *
   * @param guides loads the weaker model of a path
   */
  Denoisers(RunConfig config, Execution execution, Function<String, Guide> guides) {
    this.config = config;
    this.schedule = config.process().noiseSchedule();
    this.network = network(config, execution);
    this.guides = guides;
  }

  /** A weaker model. */
  record Guide(RunConfig config, Execution execution) {}

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
    Denoiser model = conditioned(config, network, request);
    return thresholded(request.guidance() == 1 ? model : guided(model, request), request);
  }

  private Guidance guided(Denoiser model, SampleRequest request) {
    Spec spec = new Spec("guide", request.guide(), GUIDES);
    Denoiser weak;
    if (spec.name().equals(FREE)) {
      weak = network.all(request.count(), config.nullClass());
    } else {
      Guide guide = guides.apply(spec.text("model"));
      weaker = network(guide.config, guide.execution);
      weak = conditioned(guide.config, weaker, request);
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
    Spec spec = new Spec("threshold", request.threshold(), THRESHOLDS);
    Denoiser thresholded =
        switch (spec.name()) {
          case "auto" -> config.process().clip() ? new Clip(denoiser) : denoiser;
          case "none" -> denoiser;
          case "static" -> new Clip(denoiser);
          default ->
              new Threshold(denoiser, spec.number("quantile", 0.995), spec.number("limit", 1));
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

  private static NetworkDenoiser network(RunConfig config, Execution execution) {
    ProcessConfig process = config.process();
    return new NetworkDenoiser(
        execution, process.noiseSchedule(), process.prediction(), process.label());
  }
}
