package io.jiffusion.evaluate;

import io.jiffusion.base.Check;
import io.jiffusion.base.Sha256;
import io.jiffusion.checkpoint.RunFolder;
import io.jiffusion.data.ImageSet;
import io.jiffusion.data.Images;
import io.jiffusion.measure.Features;
import io.jiffusion.network.ClassifierConfig;
import io.jiffusion.pipeline.ImageClassifier;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.IntStream;

/** A classifier that was trained here, as a network of features: those of its last layer. */
public final class ClassifierExtractor implements FeatureExtractor {
  private final ImageClassifier classifier;
  private final FeatureSource source;

  private ClassifierExtractor(ImageClassifier classifier, FeatureSource source) {
    this.classifier = classifier;
    this.source = source;
  }

  /**
   * Opens a folder of {@code jiffusion train-classifier}.
   *
   * @throws io.jiffusion.base.JiffusionException if there is none, or its file is damaged
   * @throws IllegalArgumentException if it was trained on noisy images, which it needs to see
   */
  public static ClassifierExtractor open(Path folder) {
    ImageClassifier classifier = ImageClassifier.load(folder);
    if (classifier.noisy()) {
      classifier.close();
      throw new IllegalArgumentException(
          "illegal classifier "
              + folder
              + ": trained on noisy images, must be trained on clean ones to judge; train one with"
              + " jiffusion train-classifier");
    }
    String sha256 = Sha256.of(folder.resolve(RunFolder.WEIGHTS));
    String name = folder.toAbsolutePath().normalize().getFileName().toString();
    return new ClassifierExtractor(
        classifier,
        new FeatureSource(name, "", sha256, "none", FeatureSource.frechet(name, sha256)));
  }

  @Override
  public FeatureSource source() {
    return source;
  }

  @Override
  public int side() {
    return classifier.size();
  }

  /** Names of the classes that it tells apart, in the order of the logits. */
  @Override
  public List<String> classes() {
    return classifier.classNames();
  }

  @Override
  public Extraction extract(Images images) {
    ClassifierConfig config = classifier.config();
    String must = config.size() + "x" + config.size() + "x" + config.inputChannels();
    String given = images.width() + "x" + images.height() + "x" + images.channels();
    Check.that(
        given.equals(must),
        "images",
        given,
        "must be "
            + must
            + " as the classifier's; read them with --resize "
            + config.size()
            + ", or train a classifier on such images with jiffusion train-classifier --data");
    float[] values =
        ImageClassifier.examples(
            new ImageSet(images, null, List.of()), IntStream.range(0, images.count()).toArray());
    ImageClassifier.Classification seen = classifier.classify(values);
    return new Extraction(
        new Features(images.count(), config.features(), seen.features()),
        new Features(images.count(), config.classes(), seen.logits()),
        null);
  }

  @Override
  public void close() {
    classifier.close();
  }
}
