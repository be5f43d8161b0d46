package io.jiffusion.cli;

import io.jiffusion.base.AtomicFile;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.LeftOut;
import io.jiffusion.config.RunConfig;
import io.jiffusion.config.Tree;
import io.jiffusion.evaluate.Bench;
import io.jiffusion.evaluate.Bench.Result;
import io.jiffusion.sampler.Samplers;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CancellationException;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "bench",
    description =
        "Measure this machine: network evaluations and training images a second, beside the best"
            + " convolution measured in the same run.")
final class BenchCommand implements Callable<Integer> {
  enum Unet {
    cifar10,
    mnist
  }

  @ParentCommand Console console;

  @Option(
      names = "--unet",
      paramLabel = "NAME",
      split = RequestOptions.LIST,
      splitSynopsisLabel = ",",
      defaultValue = "cifar10,mnist",
      description = "${COMPLETION-CANDIDATES}, or both with a comma.")
  List<Unet> unets;

  @Option(
      names = "--batch",
      paramLabel = "B",
      split = RequestOptions.LIST,
      splitSynopsisLabel = ",",
      defaultValue = "1,8,32",
      description = "Images at a time, several with commas.")
  List<Integer> batches;

  @Option(
      names = "--precision",
      paramLabel = "P",
      split = RequestOptions.LIST,
      splitSynopsisLabel = ",",
      description =
          "fp32, bf16, or both with a comma. Default: both, but fp32 alone on a processor without"
              + " instructions for bf16.")
  List<String> precisions;

  @Option(
      names = "--threads",
      paramLabel = "T",
      defaultValue = "0",
      description = "Threads of the network; 0 is one a processor.")
  int threads;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "3",
      description = "Time that each measurement takes at least.")
  double seconds;

  @Option(names = "--no-training", description = "Leave training out.")
  boolean noTraining;

  @Option(
      names = "--no-start",
      description = "Leave out the time from a command's start to its picture.")
  boolean noStart;

  @Option(
      names = "--train-batch",
      paramLabel = "B",
      description = "Images a training step. Default: 16 for cifar10, 64 for mnist.")
  Integer trainBatch;

  @Option(
      names = "--overhead",
      description =
          "In place of all else: what each sampler costs beside the network, for 64 images of the first --unet, in 10 and"
              + " 50 evaluations.")
  boolean overhead;

  @Option(names = "--json", description = "Print JSON.")
  boolean json;

  private static final int BATCH = 64;
  private static final int EVALUATIONS = 10;
  private static final int STARTS = 3;

  private record Line(String network, Result result, double best) {}

  @Override
  public Integer call() {
    if (precisions == null) {
      precisions = Bench.precisions();
    }
    Bench bench = new Bench(seconds, threads, console.cancellation);
    if (overhead) {
      overhead(bench);
      return 0;
    }
    List<Line> lines = new ArrayList<>();
    if (!json) {
      console.out.printf(
          "%s%n%n%-12s %-9s %5s %6s %14s %10s %8s%n",
          machine(), "what", "network", "batch", "", "per second", "GFLOP/s", "of best");
    }
    for (String precision : precisions) {
      Result best = bench.convolution(precision);
      show(lines, new Line("3x3", best, best.gflops()));
      for (Unet unet : unets) {
        RunConfig config = RunConfig.of(unet.name(), List.of());
        for (int batch : batches) {
          show(
              lines,
              new Line(unet.name(), bench.sampling(config, precision, batch), best.gflops()));
        }
        if (!noTraining) {
          int batch = trainBatch != null ? trainBatch : unet == Unet.cifar10 ? 16 : 64;
          show(
              lines,
              new Line(unet.name(), bench.training(config, precision, batch), best.gflops()));
        }
      }
    }
    RunConfig first = RunConfig.of(unets.get(0).name(), List.of());
    Map<String, Double> beside = new LinkedHashMap<>();
    for (String sampler : List.of("ddim", "dpmpp-2m-sde")) {
      beside.put(sampler, 1e3 * bench.overhead(first, sampler, BATCH, EVALUATIONS));
    }
    if (!json) {
      console.out.printf(
          "%nbeside the network, for %d images of %s: %s an evaluation%n",
          BATCH,
          unets.get(0),
          beside.entrySet().stream()
              .map(e -> String.format(Locale.ROOT, "%s %.2f ms", e.getKey(), e.getValue()))
              .collect(Collectors.joining(", ")));
    }
    double start = noStart ? Double.NaN : start();
    if (!json && !noStart) {
      console.out.printf(
          Locale.ROOT,
          "from a command's start to its end: one digit by DDIM-20 in %.2f s, the best of %d%n",
          start,
          STARTS);
    }
    if (json) {
      beside.replaceAll((sampler, milliseconds) -> rounded(milliseconds, 3));
      Report report =
          new Report(
              machine(),
              noStart ? null : rounded(start, 3),
              beside,
              lines.stream().map(Row::of).toList());
      console.out.println(Tree.of(report).toJson());
    }
    return 0;
  }

  /** Seconds of a whole command of this program, as it was started itself. */
  private double start() {
    double best = Double.POSITIVE_INFINITY;
    try {
      Path folder = Files.createTempDirectory("jiffusion-bench");
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
      command.addAll(
          List.of(
              "-XX:TieredStopAtLevel=1", // as the launcher does where time is the network's
              "-cp",
              System.getProperty("java.class.path"),
              Main.class.getName(),
              "sample"));
      command.addAll(List.of("--sampler", "ddim", "--steps", "20", "--count", "1"));
      command.addAll(List.of("--out", folder.toString()));
      for (int i = 0; i < STARTS; i++) {
        console.cancellation.check();
        long began = System.nanoTime();
        int code =
            new ProcessBuilder(command)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start()
                .waitFor();
        if (code != 0) {
          throw new JiffusionException("the program that bench started ended with " + code);
        }
        best = Math.min(best, (System.nanoTime() - began) * 1e-9);
      }
      Files.deleteIfExists(folder.resolve("image-0000.png"));
      Files.deleteIfExists(folder);
    } catch (IOException e) {
      throw new JiffusionException("cannot start the program: " + AtomicFile.reason(e), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancellationException("cancelled");
    }
    return best;
  }

  private void overhead(Bench bench) {
    RunConfig config = RunConfig.of(unets.get(0).name(), List.of());
    String precision = precisions.get(precisions.size() - 1);
    double network = BATCH / bench.sampling(config, precision, BATCH).rate();
    console.out.printf(
        Locale.ROOT,
        "%s%n%n%s, %d images: the network takes %.1f ms an evaluation in %s%n%n%-22s %20s %20s%n",
        machine(),
        unets.get(0),
        BATCH,
        1e3 * network,
        precision,
        "ms beside it, in",
        "10 evaluations",
        "50 evaluations");
    for (Samplers.Method method : Samplers.methods()) {
      if (method.order().equals("adaptive") || method.name().startsWith("analytic")) {
        continue;
      }
      console.out.printf("%-22s", method.name());
      for (int evaluations : new int[] {10, 50}) {
        console.out.print(beside(bench, config, method.name(), evaluations, network));
      }
      console.out.println();
      console.out.flush();
    }
  }

  private static String beside(
      Bench bench, RunConfig config, String sampler, int evaluations, double network) {
    try {
      double seconds = bench.overhead(config, sampler, BATCH, evaluations);
      return String.format(
          Locale.ROOT, " %11.2f (%4.1f %%)", 1e3 * seconds, 100 * seconds / network);
    } catch (IllegalArgumentException e) { // too few for this sampler
      return String.format("%21s", "-");
    }
  }

  private void show(List<Line> lines, Line line) {
    lines.add(line);
    if (!json) {
      Result result = line.result;
      console.out.printf(
          Locale.ROOT,
          "%-12s %-9s %5d %6s %14.2f %10.1f %7.0f%%%n",
          result.what(),
          line.network,
          result.batch(),
          result.precision(),
          result.rate(),
          result.gflops(),
          100 * result.gflops() / line.best);
      console.out.flush();
    }
  }

  private record Report(
      String machine,
      @LeftOut Double startSeconds,
      Map<String, Double> besideMilliseconds,
      List<Row> results) {}

  private record Row(
      String what,
      String network,
      int batch,
      String precision,
      double perSecond,
      double gflops,
      double bestConvolution) {

    static Row of(Line line) {
      Result result = line.result;
      return new Row(
          result.what(),
          line.network,
          result.batch(),
          result.precision(),
          rounded(result.rate(), 3),
          rounded(result.gflops(), 2),
          rounded(line.best, 2));
    }
  }

  private static double rounded(double value, int digits) {
    return BigDecimal.valueOf(value).setScale(digits, RoundingMode.HALF_UP).doubleValue();
  }

  /** Processor, cores, Java. */
  private static String machine() {
    String processor = System.getProperty("os.arch");
    Path info = Path.of("/proc/cpuinfo");
    if (Files.isReadable(info)) {
      try (Stream<String> lines = Files.lines(info)) {
        processor =
            lines
                .filter(line -> line.startsWith("model name"))
                .findFirst()
                .map(line -> line.substring(line.indexOf(':') + 2))
                .orElse(processor);
      } catch (IOException e) {
        // The architecture says enough.
      }
    }
    return processor
        + ", "
        + Runtime.getRuntime().availableProcessors()
        + " processors, "
        + System.getProperty("os.name")
        + ", Java "
        + System.getProperty("java.version");
  }
}
