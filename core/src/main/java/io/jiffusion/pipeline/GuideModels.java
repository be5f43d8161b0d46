package io.jiffusion.pipeline;

import io.jiffusion.base.Check;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.checkpoint.Checkpoints;
import io.jiffusion.checkpoint.StoredModel;
import io.jiffusion.config.Home;
import io.jiffusion.config.RunConfig;
import io.jiffusion.network.Execution;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Weaker models and classifiers that guide a model: loaded when they are first asked for, freed
 * with the model. Of one thread, the model's.
 */
final class GuideModels implements AutoCloseable {
  /** A weaker model. */
  record Guiding(RunConfig config, Execution execution) {}

  private final RunConfig guided;
  private final ModelOptions options;
  private final Map<String, Guiding> models = new HashMap<>();
  private final Map<String, ImageClassifier> classifiers = new HashMap<>();

  /**
   * Of a model.
   *
   * @param options how weaker models are run: as the model itself
   */
  GuideModels(RunConfig guided, ModelOptions options) {
    this.guided = guided;
    this.options = options;
  }

  /** The weaker model in a run folder. */
  Guiding model(String folder) {
    return models.computeIfAbsent(
        folder,
        name -> {
          StoredModel stored = Checkpoints.open(Home.model(name));
          RunConfig own = like(guided, stored.run().config());
          Check.that(
              own.network().network().input().equals(guided.network().network().input())
                  && own.classes() == guided.classes(),
              "guide",
              name,
              "must make the same images as the model, and have its classes");
          return new Guiding(own, Executions.load(stored, options));
        });
  }

  /** With the guided model's row for "no class", where the weaker model does not say one. */
  private static RunConfig like(RunConfig guided, RunConfig own) {
    boolean same = own.network().classes() == guided.network().classes();
    return same && own.nullClass() < 0
        ? own.withNullClass(guided.process().known().nullClass())
        : own;
  }

  /** The classifier of noisy images in a folder. */
  ImageClassifier classifier(String folder) {
    return classifiers.computeIfAbsent(
        folder,
        name -> {
          ImageClassifier judge =
              ImageClassifier.load(
                  name.equals(Home.BUNDLED) ? Home.noisyClassifier() : Path.of(name));
          if (judge.config().classes() == guided.classes()) {
            return judge;
          }
          judge.close();
          throw new JiffusionException(
              "illegal classifier: of "
                  + judge.config().classes()
                  + " classes, must know the model's "
                  + guided.classes());
        });
  }

  @Override
  public void close() {
    models.values().forEach(model -> model.execution().close());
    classifiers.values().forEach(ImageClassifier::close);
  }
}
