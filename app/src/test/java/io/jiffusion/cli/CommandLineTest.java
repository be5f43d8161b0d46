package io.jiffusion.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.base.Draft;
import io.jiffusion.checkpoint.RunFolder;
import io.jiffusion.config.Home;
import io.jiffusion.data.Images;
import io.jiffusion.data.Png;
import io.jiffusion.pipeline.Provenance;
import io.jiffusion.pipeline.SampleRequest;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The program as a process of its own: what it says, where, and with which exit code. */
@Timeout(120)
class CommandLineTest {
  @TempDir Path folder;

  private record Ended(int code, String out, String err) {}

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "smaple | 2 | Unmatched argument at index 0: 'smaple'",
        "sample --stps 3 | 2 | Unknown options: '--stps', '3'",
        "sample --steps ten | 2 | Invalid value for option '--steps': 'ten' is not an int",
        "sample --model nowhere --sampler dimm | 2 | illegal sampler: dimm, must be one of those that jiffusion samplers lists",
        "sample --model nowhere --guide weak | 2 | illegal option '' of guide weak, must be at least model=…",
        "edit --model nowhere --digit 0 --how inpant | 2 | illegal edit: inpant, must be one of none, inpaint, ",
        "schedule --model cifar10 --steps 0 | 2 | illegal steps: 0, must be 1 or more",
        "schedule --model cifar10 --steps 1001 | 2 | illegal steps: 1001, must be from 1 to 1000",
        "schedule --model cifar10 --sampler dim | 2 | illegal sampler: dim, must be one of those that jiffusion samplers lists; the nearest is ddim",
        "schedule --model cifar10 --sampler LCM | 2 | illegal sampler: LCM, must be one of those that jiffusion samplers lists; the nearest is dpmpp-2m-sde, as these need a model distilled for them",
        "schedule --model cifar10 --evaluations 0 | 2 | illegal evaluations: 0, must be 1 or more",
        "schedule --model cifar10 --gflops NaN | 2 | illegal gflops: NaN, must be above 0",
        "edit --digit 0 --hole 1,1,2147483647,2147483647 | 2 | illegal hole: [1, 1, 2147483647, 2147483647], must be",
        "sample --count 1000000000 | 2 | illegal count: 1000000000, must be at most",
        "sample --block 1000000000 --count 1 | 1 | the memory of this machine",
        "train toy-scurve --size 8 | 2 | illegal size: 8, must be left out",
        "help smaple | 2 | Unknown subcommand 'smaple'",
        "train mnist --ema 0.9 | 2 | --ema is a setting: --set train.ema=0.9",
        "schedule --model cifar10 --sampler ddpm --eta 1 | 2 | illegal --eta 1.0 with --sampler ddpm, must go with ddim alone",
        "schedule --model cifar10 --guidance 2 | 2 | illegal guidance: 2.0, must be 1 (none) where no class is given",
        "schedule --model nowhere | 1 | no model in nowhere: there is no such file or folder",
        "sample --count 1000000000 | 2 | illegal count: 1000000000, must be at most ",
        "interpolate --count 1000000000 | 2 | illegal count: 1000000000, must be at most ",
        "sample --null-class 3 | 1 | illegal nullClass: 3, must be 10 as in the training, or left out",
        "sample --model nowhere | 1 | no model in nowhere: there is no such file or folder",
        "inspect nowhere | 1 | no model in nowhere: there is no such file or folder",
        "show nothing.png | 1 | cannot read nothing.png",
        "train | 2 | missing PRESET, must be given: one of mnist, toy-scurve, cifar10, folder, or a file; or --resume with --out RUN",
        "train mnits | 1 | no file or preset mnits, presets are mnist, toy-scurve, cifar10, folder; did you mean mnist?",
        "train mnist --set train.bach=3 | 1 | unknown key train.bach (--set train.bach=3), did you mean train.batch?",
        "train mnist --set train.batch=0 | 1 | illegal train.batch: 0, must be from 1 to 1048576 (--set train.batch=0)",
        "train mnist --set train.batch | 2 | illegal --set train.batch, must be key=value, such as train.batch=32",
        "likelihood --method sum | 2 | Invalid value for option '--method'",
        "likelihood --plot a.png --method exact | 2 | illegal --plot with --method exact, must go with the bound, whose terms it shows",
        "likelihood --class --images a.png | 2 | illegal --class with --images, must be left out: pictures do not say their class",
        "likelihood --probes 0 | 2 | illegal probes: 0, must be 1 or more",
        "likelihood --variance best | 2 | illegal variance: best, must be one of auto, optimal, small, large, learned-range, learned",
        "likelihood nowhere | 1 | no model in nowhere: there is no such file or folder",
        "measure nowhere | 1 | no model in nowhere: there is no such file or folder",
        "edit | 2 | missing --image FILE or --digit N, must be given",
        "edit --image a.png --digit 3 | 2 | illegal --image FILE with --digit N, must be one of them",
        "edit --digit 10000 | 2 | illegal digit: 10000, must be from 0 to 9999",
        "edit --digit 0 --hole 8,8,30,16 | 2 | illegal hole: [8, 8, 30, 16], must be x,y,width,height within 32x32 pixels, such as 8,8,16,16",
        "edit --digit 0 --evaluations 5 | 2 | illegal edit: inpaint, must have a mask of the known pixels; give one",
        "edit --digit 0 --hole 8,8,16,16 --how colour | 2 | illegal edit: colour, must be inpaint or repaint to have a mask; leave the mask out",
        "edit --digit 0 --hole 8,8,16,16 --how repaint --evaluations 20 | 2 | illegal edit: repaint, must have a smaller jump",
        "interpolate --sampler ddpm | 2 | illegal sampler: ddpm, must be deterministic, such as ddim",
        "reconstruct --images nothing.png | 1 | cannot read nothing.png",
        "bench --unet imagenet | 2 | Invalid value for option '--unet'",
      })
  void aMistakeIsToldOnStderrWithItsExitCode(String arguments, int code, String message)
      throws Exception {
    Ended ended = run(arguments.split(" "));
    assertThat(ended.err).contains(message).doesNotContain("Exception").doesNotContain("\tat ");
    assertThat(ended.out).isEmpty();
    assertThat(ended.code).isEqualTo(code);
  }

  @Test
  void helpNamesEveryCommandAndLoadsNoNativeClass() throws Exception {
    Ended ended = run(List.of("-Xlog:class+load:file=" + folder.resolve("classes.txt")), "--help");
    assertThat(ended.code).isZero();
    assertThat(ended.err).isEmpty();
    assertThat(ended.out)
        .contains(
            "demo",
            "train",
            "sample",
            "show",
            "inspect",
            "schedule",
            "toy",
            "evaluate",
            "bench",
            "edit",
            "interpolate",
            "reconstruct",
            "import",
            "export",
            "check",
            "predict",
            "encode",
            "decode");
    assertThat(Files.readString(folder.resolve("classes.txt")))
        .doesNotContain("org.bytedeco")
        .doesNotContain("tools.jackson")
        .doesNotContain("org.knowm");
  }

  @Test
  void samplingDoesNotLoadLibtorchWherePlansSuffice() throws Exception {
    Path classes = folder.resolve("loaded.txt");
    Ended ended =
        run(
            List.of("-Xlog:class+load:file=" + classes),
            "sample",
            "--count",
            "1",
            "--steps",
            "1",
            "--out",
            folder.resolve("one").toString());
    assertThat(ended.code).as(ended.err).isZero();
    assertThat(folder.resolve("one").resolve("image-0000.png")).exists();
    assertThat(Files.readString(classes))
        .contains("org.bytedeco.dnnl.global.dnnl ")
        .doesNotContain("org.bytedeco.pytorch.global.torch ");
  }

  @Test
  void aPlanIsListedAsATableAndAsJson() throws Exception {
    Ended table = run("inspect", "--plan", "--precision", "fp32", "--block", "2");
    assertThat(table.code).as(table.err).isZero();
    assertThat(table.out.lines().findFirst().orElseThrow())
        .matches(
            "plan of bundled: \\d+ operations for 2 images in fp32 on one thread, .+ ms, \\d+ GFLOP/s");
    assertThat(table.out)
        .contains("MB of packed weights")
        .containsPattern("(?m)^up\\.2\\.sample\\.conv +upsample \\+ conv3x3 ")
        .containsPattern("(?m)^all \\d+ of +conv3x3 ");
    Ended json = run("inspect", "--plan", "--json");
    assertThat(json.out).startsWith("{\"precision\":\"").contains("\"kind\":\"conv3x3\"");
  }

  @ParameterizedTest
  @CsvSource({
    "demo",
    "train",
    "sample",
    "show",
    "inspect",
    "schedule",
    "toy",
    "evaluate",
    "likelihood",
    "measure",
    "bench",
    "samplers",
    "compare",
    "completion",
    "edit",
    "interpolate",
    "reconstruct",
    "import",
    "export",
    "check",
    "predict",
    "encode",
    "decode"
  })
  void everyCommandHasHelp(String command) {
    java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
    Main main = new Main(new java.io.PrintStream(out, true, StandardCharsets.UTF_8), System.err);
    assertThat(main.run(command, "--help")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .startsWith("Usage: jiffusion " + command)
        .contains("130   interrupted");
  }

  @ParameterizedTest
  @CsvSource({"--steps 20, dpmpp-2m-sde", "--evaluations 21, ddim", "--eta 0.5, ddim:eta=0.5"})
  void choosesTheSamplerThatIsBestForSoManyEvaluations(String option, String sampler) {
    java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
    Main main = new Main(new java.io.PrintStream(out, true, StandardCharsets.UTF_8), System.err);
    String[] words = ("schedule --model cifar10 " + option).split(" ");
    assertThat(main.run(words)).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8)).startsWith(sampler + " in ");
  }

  @Test
  void aRunFolderIsCopiedByImport() throws Exception {
    Path copy = folder.resolve("copy");
    Ended ended = run("import", Home.model("bundled").toString(), "--out", copy.toString());
    assertThat(ended.code).as(ended.err).isZero();
    assertThat(ended.out).contains(" from a run folder of jiffusion");
    assertThat(copy).isDirectoryContaining("glob:**noise.json");
  }

  /** The network of a pipeline without its scheduler, as a training's checkpoint is. */
  @Test
  void aCheckpointIsSampledWithTheSchedulerThatIsNamed() throws Exception {
    String pipeline = folder.resolve("pipeline").toString();
    assertThat(run("export", "bundled", "--out", pipeline).code).isZero();
    String unet = folder.resolve("pipeline").resolve("unet").toString();
    Path out = folder.resolve("out");
    String[] sample = {
      "sample", "--model", unet, "--count", "1", "--steps", "1", "--out", out + ""
    };
    for (String scheduler : new String[] {"DDPMScheduler", null}) {
      List<String> words = new ArrayList<>(List.of("schedule", "--model", unet, "--steps", "2"));
      words.addAll(scheduler == null ? List.of() : List.of("--scheduler", scheduler));
      Ended explained = run(words.toArray(String[]::new));
      assertThat(explained.code).as(explained.err).isEqualTo(scheduler == null ? 1 : 0);
      assertThat(explained.err).doesNotContain("Exception");
    }
    Ended alone = run(sample);
    assertThat(alone.code).isEqualTo(1);
    assertThat(alone.err).contains("tells no process").contains("--scheduler");
    Ended imported = run("import", unet, "--out", folder.resolve("imported").toString());
    assertThat(imported.code).as(imported.err).isZero();
    assertThat(imported.out).contains("it tells no process, so it cannot be sampled yet");
    List<String> told = new ArrayList<>(List.of(sample));
    told.addAll(List.of("--scheduler", "DDPMScheduler", "--class", "3"));
    Ended ended = run(told.toArray(String[]::new));
    assertThat(ended.code).as(ended.err).isZero();
    assertThat(run("show", out.resolve("image-0000.png").toString()).out)
        .contains("--model " + unet + " --scheduler DDPMScheduler --sampler");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--sampler DDIM | --sampler ddim",
        "--sampler Euler_A | --sampler euler-a",
        "--sampler dpmpp_2m_k | --sampler dpmpp-2m --spacing karras",
        "--sampler UniPCMultistepScheduler | --sampler unipc",
        "--class 1 2 3 --guidance 2 | --class 1,2,3 --guidance 2",
        "--class=1,2 --class 3 --guidance 2 | --class 1,2,3 --guidance 2",
        "-c 1 -s 7 -n 3 -m bundled | --class 1 --steps 7 --count 3 --model bundled",
      })
  void theSameIsUnderstoodHoweverItIsTyped(String typed, String plain) {
    assertThat(scheduled(typed)).isEqualTo(scheduled(plain)).contains("\"evaluations\":");
  }

  private static String scheduled(String options) {
    java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
    Main main = new Main(new java.io.PrintStream(out, true, StandardCharsets.UTF_8), System.err);
    assertThat(main.run(("schedule --json " + options).split(" "))).isZero();
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void helpHasEveryCommandInAGroup() {
    Main main = new Main(System.out, System.err);
    assertThat(Layout.GROUPS.values().stream().flatMap(List::stream).toList())
        .containsExactlyInAnyOrderElementsOf(
            new picocli.CommandLine(main).getSubcommands().keySet());
  }

  @Test
  void completesTheNamesOfSamplers() {
    java.io.ByteArrayOutputStream out = new java.io.ByteArrayOutputStream();
    Main main = new Main(new java.io.PrintStream(out, true, StandardCharsets.UTF_8), System.err);
    assertThat(main.run("completion")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8))
        .contains("complete -F _complete_jiffusion")
        .contains("\"dpmpp-2m-sde\"")
        .contains("\"rk45\"");
  }

  @Test
  void scheduleExplainsAPlanWithoutANativeClass() throws Exception {
    Ended ended =
        run(
            List.of("-Xlog:class+load:file=" + folder.resolve("classes.txt")),
            "schedule",
            "--model",
            "cifar10",
            "--sampler",
            "ddim",
            "--steps",
            "10");
    assertThat(ended.code).isZero();
    assertThat(ended.out)
        .contains("ddim in 10 of the 1000 steps of the linear schedule, uniform spacing")
        .contains("    1   0.901000        900    0.016439    0.999865     -4.1080")
        .contains("evaluations    10 an image")
        .contains("no noise: the predicted image");
    assertThat(Files.readString(folder.resolve("classes.txt"))).doesNotContain("org.bytedeco");
  }

  @Test
  void schedulePrintsJsonForPrograms() throws Exception {
    Ended ended =
        run(
            "schedule",
            "--model",
            "mnist",
            "--sampler",
            "ddim",
            "--steps",
            "2",
            "--class",
            "3",
            "--guidance",
            "2",
            "--json");
    assertThat(ended.out)
        .startsWith("{\"evaluations\":2,\"passes\":4,\"seconds\":")
        .contains("\"label\":500,")
        .endsWith("}]}" + System.lineSeparator());
  }

  @Test
  void inspectsAFileOfThreeGigabytesInLittleMemory() throws Exception {
    Path file = folder.resolve("large.safetensors");
    long bytes = 3L << 30;
    String header =
        "{\"large\":{\"dtype\":\"F32\",\"shape\":[%d],\"data_offsets\":[0,%d]}}"
            .formatted(bytes / 4, bytes);
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.WRITE,
            StandardOpenOption.SPARSE)) {
      ByteBuffer start = ByteBuffer.allocate(8 + header.length()).order(ByteOrder.LITTLE_ENDIAN);
      start.putLong(header.length()).put(header.getBytes(StandardCharsets.US_ASCII));
      channel.write(start.flip());
      channel.write(ByteBuffer.allocate(1), 8 + header.length() + bytes - 1);
    }
    Ended ended = run(List.of("-Xmx64m"), "inspect", "--tensors", file.toString());
    assertThat(ended.err).isEmpty();
    assertThat(ended.out).contains("F32", "[805306368]", "805,306,368 numbers in 1 tensors");
  }

  private static Provenance provenance(String model, Integer nullClass) {
    Provenance.Text by =
        Draft.of(Provenance.Text.class)
            .set("version", RunFolder.VERSION)
            .set("model", model)
            .set("precision", "fp32")
            .set("block", 4)
            .set("nullClass", nullClass)
            .make();
    return new Provenance(by, "", List.of(), List.of(), List.of());
  }

  @Test
  void aPictureTellsWhichRowStoodForNoClass() {
    SampleRequest request = SampleRequest.of(1).steps(3).classes(3).guidance(2);
    Map<String, String> texts = provenance("run", 9).texts(request);
    assertThat(texts.get(Provenance.REQUEST)).contains("\"nullClass\":9");
    assertThat(texts.get(Provenance.COMMAND)).contains(" --guidance 2.0 --null-class 9 ");
  }

  @Test
  void showPrintsTheRequestAndTheCommandThatMakesThePictureAgain() throws Exception {
    Path file = folder.resolve("a.png");
    SampleRequest request =
        SampleRequest.of(1).sampler("ddim:eta=0.5").steps(20).seed(7).classes(3).guidance(2);
    Png.write(file, new Images(1, 2, 2, 1, new byte[4]), provenance("my run", null).texts(request));
    Ended ended = run("show", file.toString());
    assertThat(ended.code).isZero();
    assertThat(ended.out.lines())
        .containsExactly(
            "{\"version\":\"0.1.0\",\"model\":\"my run\",\"precision\":\"fp32\",\"block\":4,\"request\":"
                + request.toJson()
                + "}",
            "jiffusion sample --model 'my run' --sampler ddim:eta=0.5 --steps 20 --count 1 --seed 7 --class 3 --guidance 2.0"
                + " --precision fp32 --block 4");
  }

  @Test
  void aPictureWithoutARequestIsTold() throws Exception {
    Path file = folder.resolve("a.png");
    Png.write(file, new Images(1, 2, 2, 1, new byte[4]), Map.of());
    Ended ended = run("show", file.toString());
    assertThat(ended.code).isEqualTo(1);
    assertThat(ended.err.strip())
        .isEqualTo(file + " does not say how it was made, must be a PNG file that jiffusion wrote");
  }

  private static Ended run(String... arguments) throws IOException, InterruptedException {
    return run(List.of(), arguments);
  }

  private static Ended run(List<String> options, String... arguments)
      throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path")));
    command.addAll(options);
    command.add(Main.class.getName());
    command.addAll(List.of(arguments));
    File out = File.createTempFile("out", ".txt");
    File err = File.createTempFile("err", ".txt");
    ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(out).redirectError(err);
    builder.environment().put("OMP_NUM_THREADS", "1"); // as the launcher does
    int code = builder.start().waitFor();
    Ended ended = new Ended(code, Files.readString(out.toPath()), Files.readString(err.toPath()));
    out.delete();
    err.delete();
    return ended;
  }
}
