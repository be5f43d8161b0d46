package io.jiffusion.pipeline;

import io.jiffusion.process.Batch;
import io.jiffusion.process.Denoiser;
import io.jiffusion.process.Prediction;

/** A denoiser that keeps what it said last. */
final class LastPrediction implements Denoiser {
  private final Denoiser model;
  private Batch x0;

  LastPrediction(Denoiser model) {
    this.model = model;
  }

  /** The data that it predicted last. */
  Batch x0() {
    return x0;
  }

  @Override
  public Prediction at(Batch xt, double t) {
    return kept(model.at(xt, t));
  }

  @Override
  public Prediction at(Batch xt, double[] t) {
    return kept(model.at(xt, t));
  }

  private Prediction kept(Prediction prediction) {
    x0 = prediction.x0();
    return prediction;
  }
}
