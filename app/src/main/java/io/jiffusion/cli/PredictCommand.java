package io.jiffusion.cli;

import io.jiffusion.checkpoint.Checkpoints;
import io.jiffusion.checkpoint.StoredModel;
import io.jiffusion.config.Home;
import io.jiffusion.pipeline.ArrayFiles;
import io.jiffusion.pipeline.Predict;
import io.jiffusion.pipeline.Values;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "predict",
    description =
        "Write a network's raw output for given inputs, to compare it with the program that a"
            + " checkpoint is from.")
final class PredictCommand implements Callable<Integer> {
  @ParentCommand Console console;

  @Parameters(paramLabel = "MODEL", description = "A run folder, a checkpoint, or bundled.")
  String model;

  @Option(
      names = "--x",
      paramLabel = "FILE",
      required = true,
      description =
          "The inputs [N, C, H, W]: npy, npz or safetensors; FILE:NAME where it has several"
              + " arrays.")
  String x;

  @Option(
      names = "--t",
      paramLabel = "T",
      split = RequestOptions.LIST,
      splitSynopsisLabel = ",",
      required = true,
      description =
          "The times as the original program gives them to the network: one, or one an image.")
  float[] times;

  @Option(
      names = {"-c", "--class"},
      paramLabel = "C",
      split = RequestOptions.LIST,
      splitSynopsisLabel = ",",
      description = "The classes: one, or one an image.")
  int[] classes;

  @Option(
      names = "--context",
      paramLabel = "FILE",
      description = "A sequence [N, L, D] for each image to attend to.")
  String context;

  @Option(
      names = "--low-res",
      paramLabel = "FILE",
      description = "The small images [N, C, H, W] of super-resolution.")
  String lowRes;

  @Option(
      names = "--augment",
      paramLabel = "FILE",
      description = "Augmentation labels [N, A] of EDM's networks; by default zeros.")
  String augment;

  @Option(
      names = "--denoised",
      description =
          "In place of the raw output the image that the model sees: x is an image plus sigma times"
              + " noise, and --t is sigma (EDM's D).")
  boolean denoised;

  @Option(
      names = "--precision",
      paramLabel = "P",
      defaultValue = "fp32",
      description = "fp32, bf16, or auto: bf16 where this machine computes it faster.")
  String precision;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "FILE",
      required = true,
      description = "The output: npy, npz or safetensors, as its name says.")
  Path out;

  @Mixin CheckpointOptions checkpoint;

  @Override
  public Integer call() {
    Values inputs = ArrayFiles.values(x);
    try (StoredModel stored = Checkpoints.open(Home.model(model), checkpoint.options())) {
      Predict.Inputs given =
          new Predict.Inputs(classes, values(context), values(lowRes), values(augment));
      Values output =
          denoised
              ? Predict.denoised(stored, inputs, times, given, precision)
              : Predict.of(stored, inputs, times, given, precision);
      ArrayFiles.write(out, Map.of("output", output));
      console.out.printf("%s: %s%n", out, Arrays.toString(output.shape()));
    }
    return 0;
  }

  private static Values values(String file) {
    return file == null ? null : ArrayFiles.values(file);
  }
}
