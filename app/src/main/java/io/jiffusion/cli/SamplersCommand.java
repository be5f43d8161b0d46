package io.jiffusion.cli;

import io.jiffusion.config.Tree;
import io.jiffusion.sampler.Samplers;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Function;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "samplers",
    description =
        "List the samplers: order of convergence, evaluations of the network in a step, default times, paper, options.")
final class SamplersCommand implements Callable<Integer> {
  @ParentCommand Console console;

  @Option(names = "--json", description = "Print JSON.")
  boolean json;

  @Override
  public Integer call() {
    List<Samplers.Method> methods = Samplers.methods();
    console.out.println(json ? json(methods) : table(methods));
    return 0;
  }

  private static String table(List<Samplers.Method> methods) {
    String line =
        String.format(
            Locale.ROOT,
            "%%-%ds  %%-8s  %%-5s  %%-%ds  %%-%ds  %%s%%n",
            widest(methods, Samplers.Method::name),
            widest(methods, Samplers.Method::evaluations),
            widest(methods, Samplers.Method::spacing));
    StringBuilder text =
        new StringBuilder(
            String.format(
                Locale.ROOT, line, "name", "order", "noise", "evaluations", "times", "paper"));
    for (Samplers.Method method : methods) {
      text.append(
          String.format(
              Locale.ROOT,
              line,
              method.name(),
              method.order(),
              method.stochastic() ? "yes" : "no",
              method.evaluations(),
              method.spacing(),
              method.paper()));
      if (!method.options().isEmpty()) {
        text.append("    ").append(method.options()).append(System.lineSeparator());
      }
    }
    text.append(
        """

        order: at the times named; of the distance to the exact flow, or of mean and variance where noise is added.
        dpmpp-3m, unipc, ipndm and lms have 2 in the limit, for the sake of their first or last steps. biased: the
        variance of pc stays too large by snr² of it, 2.6 % with 0.16, however many steps. See docs/samplers.md.
        noise: whether the sampler adds some on the way.
        evaluations: of the network in a step; guidance sends each image through it twice.
        times: --spacing where it is not given. Options: --sampler NAME:option=value,option=value.""");
    return text.toString();
  }

  private static int widest(
      List<Samplers.Method> methods, Function<Samplers.Method, String> column) {
    return methods.stream().map(column).mapToInt(String::length).max().orElse(1);
  }

  private record Line(
      String name,
      String order,
      boolean stochastic,
      String evaluations,
      String spacing,
      String options,
      String paper) {

    static Line of(Samplers.Method method) {
      return new Line(
          method.name(),
          method.order(),
          method.stochastic(),
          method.evaluations(),
          method.spacing(),
          method.options(),
          method.paper());
    }
  }

  private static String json(List<Samplers.Method> methods) {
    return methods.stream()
        .map(method -> Tree.of(Line.of(method)).toJson())
        .collect(Collectors.joining(",\n ", "[", "]"));
  }
}
