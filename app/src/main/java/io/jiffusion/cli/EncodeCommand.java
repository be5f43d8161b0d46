package io.jiffusion.cli;

import io.jiffusion.checkpoint.Checkpoints;
import io.jiffusion.checkpoint.StoredModel;
import io.jiffusion.config.Home;
import io.jiffusion.pipeline.ArrayFiles;
import io.jiffusion.pipeline.Codec;
import io.jiffusion.pipeline.Values;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(name = "encode", description = "Images to latents, by an autoencoder.")
final class EncodeCommand implements Callable<Integer> {
  @ParentCommand Console console;

  @Parameters(
      paramLabel = "MODEL",
      description = "An autoencoder, or a latent model that contains one.")
  Path model;

  @Option(
      names = "--x",
      paramLabel = "FILE",
      required = true,
      description =
          "The images: a picture, or an array [N, C, H, W] as npy, npz or safetensors; FILE:NAME"
              + " where it has several arrays.")
  String x;

  @Option(
      names = "--noise",
      paramLabel = "FILE",
      description = "Normal noise, to draw latents from their distribution; by default the mean.")
  String noise;

  @Option(names = "--scaled", description = "Scale the latents as the diffusion model wants them.")
  boolean scaled;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "FILE",
      required = true,
      description =
          "The latents: npy has the latents alone; npz and safetensors all that is known, such as"
              + " mean and logvar, or indices.")
  Path out;

  @Mixin CheckpointOptions checkpoint;

  @Override
  public Integer call() {
    try (StoredModel stored =
        Checkpoints.open(Home.model(model.toString()), checkpoint.options())) {
      Codec codec = Codec.of(stored);
      Map<String, Values> all =
          codec.encode(
              ArrayFiles.pictures(x, codec.signed()),
              noise == null ? null : ArrayFiles.values(noise));
      if (scaled) {
        all = scaled(all, codec);
      }
      ArrayFiles.write(out, all);
      console.out.printf(
          "%s: %s%n",
          out,
          String.join(
              ", ",
              all.entrySet().stream()
                  .map(each -> each.getKey() + " " + Arrays.toString(each.getValue().shape()))
                  .toList()));
    }
    return 0;
  }

  private static Map<String, Values> scaled(Map<String, Values> all, Codec codec) {
    Map<String, Values> scaled = new LinkedHashMap<>(all);
    scaled.replaceAll(
        (name, values) ->
            name.equals("indices") || name.equals("logvar") ? values : codec.scaled(values));
    return scaled;
  }
}
