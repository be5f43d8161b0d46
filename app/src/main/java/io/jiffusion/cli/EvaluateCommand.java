package io.jiffusion.cli;

import io.jiffusion.config.Home;
import io.jiffusion.data.ImageSet;
import io.jiffusion.evaluate.Evaluation;
import io.jiffusion.evaluate.Report;
import io.jiffusion.pipeline.ImageClassifier;
import io.jiffusion.pipeline.Model;
import io.jiffusion.pipeline.ModelOptions;
import io.jiffusion.sampler.SamplerNames;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "evaluate",
    description =
        "Measure how good a model of digits is: the share of the right class as judged by a classifier, the Frechet"
            + " distance of its features to those of the test digits, and the distance to the nearest training digit.")
final class EvaluateCommand implements Callable<Integer> {
  @ParentCommand Console console;

  @Parameters(
      paramLabel = "MODEL",
      arity = "0..1",
      defaultValue = Home.BUNDLED,
      description = "A run folder of jiffusion train, or bundled.")
  String model;

  @Option(
      names = "--classifier",
      paramLabel = "DIR",
      description =
          "A folder of jiffusion train-classifier. Default: the one that comes with the program.")
  Path classifier;

  @Option(
      names = "--data",
      paramLabel = "DIR",
      description =
          "Folder of the training and test digits. Default: the one that comes with the program.")
  Path data;

  @Option(
      names = {"-n", "--count"},
      paramLabel = "N",
      defaultValue = "100",
      description = "Images of each class.")
  int count;

  @Option(
      names = "--sampler",
      paramLabel = "NAME",
      arity = "1..*",
      defaultValue = "ddim",
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
      defaultValue = "1,2",
      description = "Strengths of guidance, each measured; 1 is none.")
  List<Double> guidance;

  @Option(
      names = "--seed",
      paramLabel = "S",
      defaultValue = "0",
      description = "Seed of the first image; image i has the seed S+i.")
  long seed;

  @Option(
      names = "--precision",
      paramLabel = "P",
      defaultValue = "auto",
      description = "fp32, bf16, or auto: bf16 where this machine computes it faster.")
  String precision;

  @Option(
      names = "--null-class",
      paramLabel = "N",
      description =
          "The row of the class table that stands for no class, if the model does not say it.")
  Integer nullClass;

  @Option(
      names = "--images",
      paramLabel = "FILE",
      description =
          "In place of making images: judge those of sample --class 0,1,2,3,4,5,6,7,8,9 --format npz.")
  String images;

  @Option(names = "--json", description = "Print JSON.")
  boolean json;

  @Override
  public Integer call() {
    Evaluation evaluation =
        new Evaluation(
            count, SamplerNames.list(String.join(" ", samplers)), evaluations, guidance, seed);
    Path judges =
        classifier != null ? classifier : Home.folder().resolve(TrainClassifierCommand.BUNDLED);
    if (images != null) {
      try (ImageClassifier judge = ImageClassifier.load(judges)) {
        ImageSet test = TrainClassifierCommand.digits(data, false, judge.size());
        print(Evaluation.given(judge, images, test));
      }
      return 0;
    }
    try (ImageClassifier judge = ImageClassifier.load(judges);
        Model loaded =
            Model.load(
                Home.model(model), ModelOptions.of().precision(precision).nullClass(nullClass))) {
      ImageSet train = TrainClassifierCommand.digits(data, true, judge.size());
      ImageSet test = TrainClassifierCommand.digits(data, false, judge.size());
      Report report;
      try (Bar bar = new Bar(console.err)) {
        report = evaluation.run(loaded, judge, train, test, bar, console.cancellation);
      }
      print(report);
    }
    return 0;
  }

  private void print(Report report) {
    console.out.println(json ? Evaluation.json(report) : report.table());
  }
}
