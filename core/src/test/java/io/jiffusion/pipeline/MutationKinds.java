package io.jiffusion.pipeline;

import io.jiffusion.checkpoint.CheckpointFile;
import io.jiffusion.checkpoint.Checkpoints;
import io.jiffusion.checkpoint.DiffusersScheduler;
import io.jiffusion.checkpoint.NoiseTable;
import io.jiffusion.checkpoint.PeerConfig;
import io.jiffusion.checkpoint.RunFolder;
import io.jiffusion.checkpoint.StoredModel;
import io.jiffusion.config.RunConfig;
import io.jiffusion.config.Tree;
import io.jiffusion.data.Cifar10;
import io.jiffusion.data.Idx;
import io.jiffusion.data.ImageFile;
import io.jiffusion.data.Images;
import io.jiffusion.data.Npy;
import io.jiffusion.data.Npz;
import io.jiffusion.data.Png;
import io.jiffusion.evaluate.Inspection;
import io.jiffusion.network.Shapes;
import io.jiffusion.weights.ArrayFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BiFunction;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipFile;

/** All kinds of files that are read: sound ones, how they are changed, and who reads them. */
final class MutationKinds {
  private static final String SHARDS = "diffusion_pytorch_model.safetensors.index.json";

  /** What reads a file. */
  interface Reader {
    void read(Path file) throws IOException;
  }

  /**
   * A sound file.
   *
   * @param file where its mutants are put, beside the files that it needs
   */
  // Numbers that are never compared.
  @SuppressWarnings("ArrayRecordComponent")
  record Sound(Path file, byte[] bytes) {}

  /**
   * A kind of files.
   *
   * @param sounds of which one is changed each time
   */
  // Numbers that are never compared.
  @SuppressWarnings("ArrayRecordComponent")
  record Kind(
      String name, List<Sound> sounds, BiFunction<byte[], Random, byte[]> change, Reader reader) {}

  private final Path folder;

  MutationKinds(Path folder) {
    this.folder = folder;
  }

  /** Names of all kinds. */
  static final List<String> NAMES =
      List.of(
          "safetensors",
          "torch-zip",
          "torch-legacy",
          "pickle",
          "index",
          "run",
          "peer-config",
          "peer-file-config",
          "scheduler",
          "yaml",
          "setting",
          "request",
          "noise",
          "metrics",
          "npy",
          "npz",
          "idx",
          "cifar",
          "png-texts",
          "png",
          "jpeg",
          "gif",
          "bmp",
          "webp",
          "tiff");

  /** Makes the sound files of a kind. */
  Kind make(String name) throws IOException {
    return switch (name) {
      case "safetensors" ->
          kind(
              name,
              List.of(
                  sound("weights/bad/ok-minimal.safetensors", "a.safetensors"),
                  sound("weights/bad/ok-unicode-escape.safetensors", "a.safetensors"),
                  sound("torch-files/nested.pt.expected.safetensors", "a.safetensors")),
              Mutant::ofSafetensors,
              MutationKinds::arrays);
      case "torch-zip" ->
          kind(
              name,
              List.of(
                  zipped("torch-files/nested.pt", "a.pt"),
                  zipped("torch-files/own/protocol5.pt", "a.pt"),
                  zipped("torch-files/views.pt", "a.pt")),
              Mutant::ofZip,
              MutationKinds::arrays);
      case "torch-legacy" ->
          kind(
              name,
              List.of(
                  sound("torch-files/nested.legacy.pt", "a.pt"),
                  sound("torch-files/own/protocol1.legacy.pt", "a.pt")),
              Mutant::ofBytes,
              MutationKinds::arrays);
      case "pickle" -> kind(name, List.of(pickle()), Mutant::ofBytes, MutationKinds::arrays);
      case "index" -> {
        for (int i = 1; i <= 2; i++) {
          String shard = "diffusion_pytorch_model-0000" + i + "-of-00002.safetensors";
          copy("bad-files/index/ok/" + shard, shard);
        }
        yield kind(
            name,
            List.of(sound("bad-files/index/ok/" + SHARDS, SHARDS)),
            texts(),
            MutationKinds::arrays);
      }
      case "run" -> kind(name, runs(), texts(), file -> stored(file.getParent()));
      case "peer-config" ->
          kind(
              name,
              peers(
                  "diffusers-unet2d/defaults-heads8",
                  "diffusers-unet2d/ncsnpp-fourier-skip",
                  "unet-condition/sd-like",
                  "unet-condition/dit-2-layers",
                  "autoencoders/vq"),
              texts(),
              file -> stored(file.getParent()));
      case "peer-file-config" ->
          kind(
              name,
              peers(
                  "openai/improved-learn",
                  "openai/guided-new",
                  "edm/adm-edm",
                  "dit/original",
                  "score-sde/ve-ncsnpp",
                  "ddim-checkpoint/ddim-small"),
              texts(),
              MutationKinds::peerFile);
      case "scheduler" ->
          kind(
              name,
              List.of(
                  sound(
                      "diffusers-unet2d/ddpm-cifar10-narrow/scheduler_config.json",
                      "scheduler_config.json")),
              texts(),
              file -> DiffusersScheduler.read(PeerConfig.read(file)).noiseSchedule());
      case "yaml" ->
          kind(
              name,
              List.of(preset("mnist"), preset("cifar10"), preset("toy-scurve"), preset("folder")),
              texts(),
              file -> look(RunConfig.of(file.toString(), List.of())));
      case "setting" ->
          kind(
              name,
              List.of(
                  text("s", "train.batch=32"),
                  text("s", "network.unet={channels: 32, multipliers: [1, 2, 2], resBlocks: 1}"),
                  text("s", "train.betas=[0.9, 0.999]")),
              texts(),
              file -> look(RunConfig.of("mnist", List.of(Files.readString(file)))));
      case "request" ->
          kind(
              name,
              List.of(
                  text("r", SampleRequest.of(16).classes(1, 2).guidance(2).toJson()),
                  text("r", "{\"count\":2,\"noise\":[0.5,-1,2],\"threshold\":\"dynamic\"}")),
              texts(),
              file -> SampleRequest.ofJson(Files.readString(file)).toJson());
      case "noise" -> noise();
      case "metrics" ->
          kind(
              name,
              List.of(
                  text(
                      "metrics.jsonl", "{\"step\":1,\"loss\":0.5,\"gradientNorm\":2}\n".repeat(9))),
              texts(),
              file -> new Metrics(file.getParent(), 5).close());
      case "npy" ->
          kind(
              name,
              List.of(
                  sound("data/npz/ok-big-endian.npy", "a.npy"),
                  written("a.npy", file -> Npy.of(new float[12], 3, 4).write(file))),
              Mutant::ofBytes,
              Npy::read);
      case "npz" ->
          kind(
              name,
              List.of(
                  zipped("data/npz/ok.npz", "a.npz"),
                  written("a.npz", file -> Npz.write(file, Map.of("x", Npy.of(new long[9], 9))))),
              Mutant::ofZip,
              Npz::read);
      case "idx" -> kind(name, idx(), Mutant::ofBytes, Idx::read);
      case "cifar" ->
          kind(
              name,
              List.of(new Sound(folder.resolve("test_batch.bin"), new byte[3 * 3073])),
              Mutant::ofBytes,
              file -> Cifar10.read(file.getParent(), false));
      case "png-texts" -> kind(name, List.of(png()), Mutant::ofPng, Png::texts);
      case "png" ->
          kind(name, pictures("bug-exif6.png", "exif1.png"), Mutant::ofPng, ImageFile::read);
      case "jpeg" ->
          kind(
              name,
              pictures("bug-rgb.jpg", "bug-cmyk.jpg", "exif5.jpg"),
              Mutant::ofBytes,
              ImageFile::read);
      case "webp" ->
          kind(
              name,
              pictures("exif3.webp", "webp-lossy-alpha.webp", "webp-lossless.webp"),
              Mutant::ofBytes,
              ImageFile::read);
      case "tiff" ->
          kind(
              name,
              pictures(
                  "exif3.tif", "tiff-lzw.tif", "tiff-deflate.tif", "tiff-jpeg.tif", "tiff-g4.tif"),
              Mutant::ofBytes,
              ImageFile::read);
      case "gif" -> kind(name, gifs(), Mutant::ofBytes, ImageFile::read);
      default ->
          kind(
              name,
              pictures("bmp24.bmp", "bmp8.bmp", "bmp16.bmp"),
              Mutant::ofBytes,
              ImageFile::read);
    };
  }

  // ---- sound files ----

  private Kind kind(
      String name, List<Sound> sounds, BiFunction<byte[], Random, byte[]> change, Reader reader) {
    return new Kind(name, sounds, change, reader);
  }

  private static BiFunction<byte[], Random, byte[]> texts() {
    return (bytes, random) ->
        Mutant.ofText(new String(bytes, StandardCharsets.UTF_8), random)
            .getBytes(StandardCharsets.UTF_8);
  }

  private Sound sound(String resource, String name) throws IOException {
    return new Sound(folder.resolve(name), Files.readAllBytes(resource(resource)));
  }

  /** Packed again, without marks of the program that packed it. */
  private Sound zipped(String resource, String name) throws IOException {
    List<String> names = new ArrayList<>();
    List<byte[]> contents = new ArrayList<>();
    try (ZipFile zip = new ZipFile(resource(resource).toFile())) {
      for (var entry : zip.stream().toList()) {
        names.add(entry.getName());
        contents.add(zip.getInputStream(entry).readAllBytes());
      }
    }
    return new Sound(folder.resolve(name), Mutant.zip(names, contents));
  }

  private Sound text(String name, String text) {
    return new Sound(folder.resolve(name), text.getBytes(StandardCharsets.UTF_8));
  }

  private Sound preset(String name) throws IOException {
    return sound("presets/" + name + ".yaml", "a.yaml");
  }

  private Sound written(String name, Reader writer) throws IOException {
    Path file = folder.resolve(name);
    writer.read(file);
    return new Sound(file, Files.readAllBytes(file));
  }

  private void copy(String resource, String name) throws IOException {
    Files.copy(resource(resource), folder.resolve(name));
  }

  private Sound pickle() throws IOException {
    try (ZipFile zip = new ZipFile(resource("torch-files/nested.pt").toFile())) {
      var entry =
          zip.stream()
              .filter(each -> each.getName().endsWith("data.pkl"))
              .findFirst()
              .orElseThrow();
      return new Sound(folder.resolve("a.pt"), zip.getInputStream(entry).readAllBytes());
    }
  }

  /** Run folders of all families of networks. */
  private List<Sound> runs() throws IOException {
    copy("weights/bad/ok-minimal.safetensors", "weights.safetensors");
    List<Sound> runs = new ArrayList<>();
    runs.add(run(RunFolder.of(RunConfig.of("mnist", List.of()), 7)));
    runs.add(run(RunFolder.of(RunConfig.of("toy-scurve", List.of()), 7)));
    for (String peer :
        List.of(
            "diffusers-unet2d/ncsnpp-fourier-skip",
            "unet-condition/sd-like",
            "unet-condition/dit-2-layers",
            "autoencoders/kl-quant",
            "openai/superres",
            "edm/adm-edm")) {
      try (StoredModel stored = Checkpoints.open(resource(peer))) {
        runs.add(run(stored.run()));
      }
    }
    return runs;
  }

  private Sound run(RunFolder run) {
    return text("run.json", Tree.of(run).toPrettyJson());
  }

  /** Configurations, each in a folder of its own, with the weights beside them. */
  private List<Sound> peers(String... resources) throws IOException {
    List<Sound> sounds = new ArrayList<>();
    for (String resource : resources) {
      Path copy = Files.createDirectories(folder.resolve(resource));
      try (var files = Files.list(resource(resource))) {
        for (Path file : files.toList()) {
          if (!file.endsWith("io.safetensors")) {
            Files.copy(file, copy.resolve(file.getFileName()));
          }
        }
      }
      Path config = copy.resolve("config.json");
      sounds.add(new Sound(config, Files.readAllBytes(config)));
    }
    return sounds;
  }

  private Kind noise() {
    RunFolder run = RunFolder.of(RunConfig.of("mnist", List.of("process.steps=10")), 7);
    NoiseTable table = new NoiseTable(1, 7, run.config().process(), 4, 0, new double[10]);
    return kind(
        "noise",
        List.of(text("noise.json", Tree.of(table).toPrettyJson())),
        texts(),
        file -> NoiseTable.read(file.getParent(), run).variance());
  }

  private List<Sound> idx() throws IOException {
    byte[] plain = ByteBuffer.allocate(76).putInt(0x803).putInt(3).putInt(4).putInt(5).array();
    ByteArrayOutputStream gzip = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(gzip)) {
      out.write(plain);
    }
    Path file = folder.resolve("idx");
    return List.of(new Sound(file, plain), new Sound(file, gzip.toByteArray()));
  }

  private Sound png() throws IOException {
    return written(
        "a.png",
        file ->
            Png.write(
                file,
                new Images(1, 4, 4, 3, new byte[48]),
                Map.of("jiffusion", "{\"steps\":50}", "Title", "漢字")));
  }

  private List<Sound> pictures(String... names) throws IOException {
    List<Sound> sounds = new ArrayList<>();
    for (String name : names) {
      sounds.add(sound("data/pictures/" + name, name));
    }
    return sounds;
  }

  private List<Sound> gifs() throws IOException {
    java.awt.image.BufferedImage picture =
        new java.awt.image.BufferedImage(9, 7, java.awt.image.BufferedImage.TYPE_INT_RGB);
    picture.setRGB(3, 3, 0xFF8040);
    return List.of(
        written("a.gif", file -> javax.imageio.ImageIO.write(picture, "gif", file.toFile())));
  }

  // ---- readers, which read all that there is ----

  private static void arrays(Path path) {
    try (ArrayFile file = CheckpointFile.open(path)) {
      file.arrays()
          .forEach(
              (name, info) -> {
                if (info.type().floating()) {
                  file.floats(name);
                } else {
                  file.longs(name);
                }
              });
    }
  }

  private static void peerFile(Path config) throws IOException {
    try (var files = Files.list(config.getParent())) {
      Path weights =
          files.filter(file -> !file.toString().endsWith(".json")).findFirst().orElseThrow();
      stored(weights);
    }
  }

  private static void stored(Path path) {
    try (StoredModel stored = Checkpoints.open(path)) {
      look(stored.run().config());
      if (stored.autoencoder() != null) {
        look(stored.autoencoder().run().config());
      }
    }
  }

  /** As inspect does, and further: the schedule, and all parameters. */
  private static void look(RunConfig config) {
    Inspection.of(config).toJson();
    config.toYaml();
    if (!config.network().isAutoencoder()) {
      Shapes.of(config.network().network(), 2).parameterCount();
    }
    if (config.process() != null) {
      config.process().noiseSchedule().alpha(0.5);
      config.process().timeLabel();
    }
  }

  private static Path resource(String name) {
    try {
      return Path.of(MutationKinds.class.getResource("/" + name).toURI());
    } catch (URISyntaxException e) {
      throw new UncheckedIOException(new IOException(e));
    }
  }
}
