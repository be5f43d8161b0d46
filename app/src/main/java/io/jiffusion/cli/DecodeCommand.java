package io.jiffusion.cli;

import io.jiffusion.checkpoint.Checkpoints;
import io.jiffusion.checkpoint.StoredModel;
import io.jiffusion.config.Home;
import io.jiffusion.pipeline.ArrayFiles;
import io.jiffusion.pipeline.Codec;
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

@Command(name = "decode", description = "Latents to images, by an autoencoder.")
final class DecodeCommand implements Callable<Integer> {
  @ParentCommand Console console;

  @Parameters(
      paramLabel = "MODEL",
      description = "An autoencoder, or a latent model that contains one.")
  Path model;

  @Option(
      names = "--z",
      paramLabel = "FILE",
      required = true,
      description =
          "The latents [N, C, H, W]: npy, npz or safetensors; FILE:NAME where it has several"
              + " arrays.")
  String z;

  @Option(names = "--scaled", description = "They are scaled as the diffusion model wants them.")
  boolean scaled;

  @Option(
      names = "--no-quantize",
      description = "Do not move the latents to their nearest codes first.")
  boolean raw;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "FILE",
      required = true,
      description = "The images: png, or an array as npy, npz or safetensors, as its name says.")
  Path out;

  @Mixin CheckpointOptions checkpoint;

  @Override
  public Integer call() {
    try (StoredModel stored =
        Checkpoints.open(Home.model(model.toString()), checkpoint.options())) {
      Codec codec = Codec.of(stored);
      Values latents = ArrayFiles.values(z);
      Values images = codec.decode(scaled ? codec.unscaled(latents) : latents, !raw);
      if (out.toString().endsWith(".png")) {
        ArrayFiles.writePictures(out, images, codec.signed(), console.origin(model.toString()));
      } else {
        ArrayFiles.write(out, Map.of("images", images));
      }
      console.out.printf("%s: %s%n", out, Arrays.toString(images.shape()));
    }
    return 0;
  }
}
