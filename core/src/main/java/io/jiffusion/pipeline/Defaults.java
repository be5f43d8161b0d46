package io.jiffusion.pipeline;

import io.jiffusion.config.Conventions;
import io.jiffusion.config.ProcessConfig;
import io.jiffusion.sampler.Samplers;

/**
 * What a request leaves open, as a model fills it.
 *
 * <ul>
 *   <li>Sampler: an imported model's own, with its steps and times; else {@code dpmpp-2m-sde} for
 *       up to 20 steps or evaluations, where its images are the best (docs/samplers.md), and {@code
 *       ddim} for more.
 *   <li>Steps: 50 evaluations' worth, at most those of the training; all steps of the training for
 *       {@code ddpm}; the two ends for an adaptive sampler, which steps between them as it needs.
 *   <li>Times: those that the sampler is best known with, which {@link ResolvedRequest} knows.
 * </ul>
 */
public final class Defaults {
  private static final int FEW = 20;
  private static final int MANY = 50;

  /** From the first time to the last noisy one, and to no noise. */
  private static final int ENDS = 2;

  private Defaults() {}

  /**
   * The request with nothing left open that a process decides.
   *
   * @throws IllegalArgumentException if there is no such sampler
   */
  public static SampleRequest fill(SampleRequest request, ProcessConfig process) {
    Conventions known = process.known();
    boolean own = own(request, process);
    boolean open = isOpen(request);
    SampleRequest filled = request;
    if (request.sampler().isAuto()) {
      filled = filled.sampler(own ? known.sampler() : bestFor(request));
    }
    if (own && known.spacing() != null && request.spacing().equals(SampleRequest.AUTO)) {
      filled = filled.spacing(known.spacing());
    }
    if (!open) {
      return filled;
    }
    return own && known.steps() != null
        ? filled.steps(known.steps())
        : steps(filled, filled.sampler().method(), process);
  }

  /**
   * What is not as in the program that the model is from, where its own sampler is taken; empty if
   * nothing.
   */
  public static String differs(SampleRequest request, ProcessConfig process) {
    String differs = process.known().differs();
    return differs == null || !own(request, process) ? "" : differs;
  }

  /** Whether sampler or steps are left to the model. */
  static boolean leavesOpen(SampleRequest request) {
    return request.sampler().isAuto() || isOpen(request);
  }

  private static SampleRequest steps(
      SampleRequest request, Samplers.Method method, ProcessConfig process) {
    if (method.order().equals("adaptive")) {
      return request.steps(ENDS);
    }
    return method.name().equals("ddpm")
        ? request.steps(process.steps())
        : request.evaluations(Math.min(MANY, process.steps()));
  }

  private static String bestFor(SampleRequest request) {
    int number = isOpen(request) ? MANY : Math.max(request.steps(), request.evaluations());
    return number <= FEW ? "dpmpp-2m-sde" : "ddim";
  }

  /** Whether the sampler that the model came with is taken. */
  private static boolean own(SampleRequest request, ProcessConfig process) {
    return request.sampler().isAuto() && process.known().sampler() != null;
  }

  private static boolean isOpen(SampleRequest request) {
    return request.steps() == 0 && request.evaluations() == 0;
  }
}
