package io.jiffusion.evaluate;

import io.jiffusion.base.AtomicFile;
import io.jiffusion.base.Cancellation;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.Progress;
import io.jiffusion.base.Sha256;
import io.jiffusion.config.Binder;
import io.jiffusion.config.Tree;
import io.jiffusion.pipeline.Model;
import io.jiffusion.pipeline.Provenance;
import io.jiffusion.pipeline.SamplePlan;
import io.jiffusion.pipeline.SampleRequest;
import io.jiffusion.pipeline.SampleStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * A set of images that a model makes to be judged, in a file: a call that was stopped goes on where
 * it was, one that was done is not done again.
 *
 * @param run how they were made, and how fast
 * @param file npz with the bytes as {@code arr_0}, and their classes as {@code arr_1} if they have
 *     any
 */
public record ModelImages(QualityReport.Run run, Path file) {
  private static final String TIMES = "run.json";

  /**
   * Makes what is not there yet.
   *
   * @param provenance of the model, with the SHA-256 of its weights
   * @param folder of all sets; each has a folder of its own in it, named after its request
   * @param progress in evaluations
   * @throws IllegalArgumentException if the request does not fit the model
   * @throws java.util.concurrent.CancellationException if somebody cancelled; what is done stays
   */
  public static ModelImages make(
      Model model,
      SampleRequest asked,
      Provenance provenance,
      Path folder,
      Consumer<Progress> progress,
      Cancellation cancellation) {
    SampleRequest request = model.resolve(asked);
    model.check(request.only(0));
    String text = provenance.texts(request).get(Provenance.REQUEST);
    Path own = folder.resolve(Sha256.of(text).substring(0, 16));
    Path file = own.resolve("images.npz");
    Path times = own.resolve(TIMES);
    try {
      Files.createDirectories(own);
      if (Files.exists(file) && Files.exists(times)) {
        Tree tree = Tree.json(Files.readString(times), times.toString());
        return new ModelImages(Binder.bind(QualityReport.Run.class, tree), file);
      }
      SampleStream.Made made =
          new SampleStream(model, request, provenance, own, "npz", SampleStream.Shard.ALL)
              .run(true, false, progress, sentence -> {}, cancellation);
      QualityReport.Run run = run(model, request, provenance, made);
      ByteBuffer json = ByteBuffer.wrap(Tree.of(run).toJson().getBytes(StandardCharsets.UTF_8));
      AtomicFile.write(times, channel -> channel.write(json));
      return new ModelImages(run, file);
    } catch (IOException e) {
      throw new JiffusionException("cannot write " + own + ": " + AtomicFile.reason(e), e);
    }
  }

  private static QualityReport.Run run(
      Model model, SampleRequest request, Provenance provenance, SampleStream.Made made) {
    long evaluations =
        made.images() > 0
            ? made.evaluations()
            : SamplePlan.of(model.config().process(), request).evaluations();
    return new QualityReport.Run(
        provenance.by().model(),
        provenance.by().sha256(),
        request.sampler().text(),
        evaluations,
        request.guidance(),
        request.seed(),
        made.images() > 0 ? made.seconds() / made.images() : null);
  }
}
