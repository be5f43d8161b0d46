package io.jiffusion.cli;

import io.jiffusion.base.AtomicFile;
import io.jiffusion.base.Sha256;
import io.jiffusion.checkpoint.Checkpoints;
import io.jiffusion.checkpoint.RunFolder;
import io.jiffusion.checkpoint.StoredModel;
import io.jiffusion.config.DataConfig;
import io.jiffusion.config.Home;
import io.jiffusion.config.ImageSpec;
import io.jiffusion.config.RunConfig;
import io.jiffusion.config.Tree;
import io.jiffusion.data.ImageSource;
import io.jiffusion.data.ImageSources;
import io.jiffusion.evaluate.Evaluation;
import io.jiffusion.evaluate.Evaluation.Judged;
import io.jiffusion.evaluate.FeatureExtractor;
import io.jiffusion.evaluate.FeatureStore;
import io.jiffusion.evaluate.Measure;
import io.jiffusion.evaluate.ModelImages;
import io.jiffusion.evaluate.QualityReport;
import io.jiffusion.evaluate.Reference;
import io.jiffusion.evaluate.StoredStatistics;
import io.jiffusion.pipeline.Engine;
import io.jiffusion.pipeline.Model;
import io.jiffusion.pipeline.ModelOptions;
import io.jiffusion.pipeline.Provenance;
import io.jiffusion.pipeline.SampleRequest;
import io.jiffusion.sampler.SamplerNames;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "evaluate",
    description = {
      "Measure how good models, or sets of images, are: Frechet distance, KID, precision, recall and more, each with its"
          + " standard error and what real images reach, as a table, JSON and a page.",
      "Images and features are kept in the folder of results: the same command goes on where it was stopped."
    })
final class EvaluateCommand implements Callable<Integer> {
  @ParentCommand Console console;

  @Parameters(
      paramLabel = "MODEL",
      arity = "0..*",
      showDefaultValue = Visibility.NEVER,
      description =
          "Run folders, checkpoints of other programs, or bundled. Default: bundled, unless there are --images.")
  List<String> models = List.of();

  @Option(
      names = "--images",
      paramLabel = "DATA",
      arity = "1..*",
      showDefaultValue = Visibility.NEVER,
      description =
          "Images to judge, in place of a model's or beside them: a .npz with arr_0, a folder or .zip of pictures, or a"
              + " data set such as mnist:test.")
  List<String> images = List.of();

  @Option(
      names = "--against",
      paramLabel = "DATA",
      description =
          "What they shall be like: images as above, or statistics (.npz with mu and sigma, .safetensors of jiffusion"
              + " statistics). Default: the test images of the data set that the model was trained on.")
  String against;

  @Mixin FeatureOptions features;

  @Option(
      names = "--measures",
      paramLabel = "M",
      split = RequestOptions.LIST,
      splitSynopsisLabel = ",",
      showDefaultValue = Visibility.NEVER,
      description =
          "What is measured: frechet, frechet-infinity, spatial-frechet, kid, kid-subsets, cmmd, mind, precision, recall,"
              + " density, coverage, inception-score, accuracy, nearest. Default: all that can be.")
  List<String> measures = List.of();

  @Option(
      names = {"-n", "--count"},
      paramLabel = "N",
      defaultValue = "1000",
      description = "Images of each model, sampler and budget; the field compares 50000.")
  int count;

  @Option(
      names = "--sampler",
      paramLabel = "NAME",
      arity = "1..*",
      defaultValue = "auto",
      completionCandidates = RequestOptions.Candidates.class,
      description = "As in jiffusion sample; several with spaces or commas between, each measured.")
  List<String> samplers;

  @Option(
      names = "--evaluations",
      paramLabel = "N",
      split = RequestOptions.LIST,
      splitSynopsisLabel = ",",
      defaultValue = "50",
      description = "Network evaluations of an image; several with commas, each measured.")
  List<Integer> evaluations;

  @Option(
      names = "--guidance",
      paramLabel = "G",
      split = RequestOptions.LIST,
      splitSynopsisLabel = ",",
      defaultValue = "1",
      description = "Strengths of guidance, each measured; 1 is none.")
  List<Double> guidance;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "0",
      description = "Seed of the first image; image i has the seed S+i. Also of random subsets.")
  long seed;

  @Option(
      names = "--precision",
      paramLabel = "P",
      defaultValue = "auto",
      description = "fp32, bf16, or auto: bf16 where this machine computes it faster.")
  String precision;

  @Option(
      names = "--device",
      paramLabel = "D",
      defaultValue = "auto",
      description = TrainCommand.DEVICE)
  String device;

  @Option(
      names = "--null-class",
      paramLabel = "N",
      description =
          "The row of the class table that stands for no class, if the model does not say it.")
  Integer nullClass;

  @Mixin CheckpointOptions checkpoint;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "DIR",
      defaultValue = "evaluation",
      description = "Folder of report.html and report.json, and of images and features.")
  Path out;

  @Option(names = "--json", description = "Print JSON.")
  boolean json;

  @Override
  public Integer call() {
    List<String> names = models.isEmpty() && images.isEmpty() ? List.of(Home.BUNDLED) : models;
    List<SampleRequest> requests = names.isEmpty() ? List.of() : requests();
    Set<Measure> wanted = measures.isEmpty() ? EnumSet.allOf(Measure.class) : Measure.of(measures);
    List<StoredModel> stored = names.stream().map(this::open).toList();
    try (FeatureExtractor extractor = features.open(names)) {
      int side = side(extractor, stored);
      List<ImageSource> given =
          images.stream().map(text -> features.images(ImageSpec.of(text), side)).toList();
      int size = given.isEmpty() ? side : given.get(0).height();
      try (Reference reference = reference(stored, size)) {
        Output.folder(out);
        FeatureStore store = new FeatureStore(out.resolve("features"));
        Evaluation evaluation = new Evaluation(extractor, reference, wanted, store, seed);
        List<Judged> judged = new ArrayList<>();
        try (Bar bar = new Bar(console.err)) {
          for (int i = 0; i < names.size(); i++) {
            judge(names.get(i), stored.get(i), requests, evaluation, bar, judged);
          }
          for (ImageSource source : given) {
            judged.add(evaluation.judge(source.name(), null, source, bar, console.cancellation));
          }
        }
        write(evaluation, judged);
      } catch (CancellationException e) {
        console.err.println(
            "what is done is kept in " + out + "; the same command goes on with it");
        throw e;
      } finally {
        given.forEach(ImageSource::close);
      }
    } finally {
      stored.forEach(StoredModel::close);
    }
    return 0;
  }

  private StoredModel open(String model) {
    StoredModel stored = Checkpoints.open(Home.model(model), checkpoint.options());
    stored.mustBeSampled();
    return stored;
  }

  /** Height and width of the images, where they are known before any is opened; else 0. */
  private static int side(FeatureExtractor extractor, List<StoredModel> stored) {
    return stored.isEmpty() ? extractor.side() : stored.get(0).run().config().height();
  }

  private Reference reference(List<StoredModel> stored, int side) {
    String text = against != null ? against : usual(stored);
    boolean array = text.endsWith(".npz") || text.endsWith(".safetensors");
    Path file = array ? Path.of(text) : null; // a data set's name need be no path
    StoredStatistics statistics =
        array && Files.isRegularFile(file) && StoredStatistics.isOne(file)
            ? StoredStatistics.read(file)
            : null;
    if (statistics != null && !StoredStatistics.hasImages(file)) {
      return new Reference(null, statistics, null, null);
    }
    ImageSpec spec = ImageSpec.of(text);
    ImageSource beside = features.images(spec, side);
    ImageSource other = spec.parted() ? features.images(spec.otherPart(), side) : null;
    return new Reference(beside, statistics, other, spec.test() ? other : beside);
  }

  /** What a model that tells its data is compared with. */
  private String usual(List<StoredModel> stored) {
    DataConfig data = stored.isEmpty() ? null : stored.get(0).run().config().data();
    if (data != null && ImageSpec.SETS.contains(data.set())) {
      return data.set() + (data.path().isEmpty() ? "" : "=" + data.path()) + ":test";
    }
    if (data != null && data.set().equals("folder")) {
      return data.path();
    }
    throw new IllegalArgumentException(
        "illegal --against: none, must name the images or statistics that the others shall be like, such"
            + " as mnist:test, a folder, a .zip or a .npz");
  }

  /** Every sampler with every budget and every guidance. */
  private List<SampleRequest> requests() {
    List<SampleRequest> requests = new ArrayList<>();
    for (String sampler : SamplerNames.list(String.join(" ", samplers))) {
      for (int budget : evaluations) {
        for (double strength : guidance) {
          SampleRequest request =
              SampleRequest.auto(count).sampler(sampler).evaluations(budget).seed(seed);
          // classes, without which there is no guidance, are the model's, known later
          requests.add(strength == 1 ? request : request.classes(0).guidance(strength));
        }
      }
    }
    return requests;
  }

  private void judge(
      String name,
      StoredModel stored,
      List<SampleRequest> requests,
      Evaluation evaluation,
      Bar bar,
      List<Judged> judged) {
    Engine.use(device);
    String weights = Sha256.of(stored.path());
    try (Model model =
        Model.load(
            Home.model(name), checkpoint.options(), new ModelOptions(precision, 0, 0, nullClass))) {
      Provenance provenance = Provenance.of(name, model).told(checkpoint.words()).weights(weights);
      for (SampleRequest asked : requests) {
        SampleRequest request = model.resolve(withClasses(asked, model.config()));
        ModelImages made =
            ModelImages.make(
                model, request, provenance, out.resolve("samples"), bar, console.cancellation);
        try (ImageSource source = ImageSources.open(made.file(), 0)) {
          judged.add(
              evaluation.judge(
                  row(name, request, made), made.run(), source, bar, console.cancellation));
        }
      }
    }
  }

  /** All classes in turn, where the model has some. */
  private static SampleRequest withClasses(SampleRequest request, RunConfig config) {
    return request.classes(IntStream.range(0, config.classes()).toArray());
  }

  /** Such as {@code ddim-50, guidance 2}, after the model's name where there are several. */
  private String row(String name, SampleRequest request, ModelImages made) {
    String row = request.sampler() + "-" + made.run().evaluations();
    if (request.guidance() != 1) {
      row +=
          ", guidance " + new BigDecimal(request.guidance()).stripTrailingZeros().toPlainString();
    }
    return models.size() > 1 ? name + ", " + row : row;
  }

  private void write(Evaluation evaluation, List<Judged> judged) {
    Map<String, String> provenance = new LinkedHashMap<>();
    provenance.put("command", console.origin("").get(Provenance.COMMAND));
    provenance.put("version", RunFolder.VERSION);
    provenance.put("java", Runtime.version().toString());
    provenance.put(
        "machine",
        System.getProperty("os.arch")
            + ", "
            + Runtime.getRuntime().availableProcessors()
            + " processors");
    provenance.put(
        "memory",
        "at most " + (evaluation.bytes() >> 20) + " MB of features at a time, in float32");
    QualityReport report = evaluation.report(judged.stream().map(Judged::row).toList(), provenance);
    String text = Tree.of(report).toJson();
    Path file = out.resolve("report.json");
    AtomicFile.write(
        file,
        channel -> channel.write(ByteBuffer.wrap((text + "\n").getBytes(StandardCharsets.UTF_8))));
    Path page = out.resolve("report.html");
    QualityPage.write(page, report, judged, evaluation.unseen());
    console.out.println(json ? text : QualityTable.of(report));
    if (!json) {
      List.of(page, file).forEach(written -> console.out.println("  " + written));
    }
  }
}
