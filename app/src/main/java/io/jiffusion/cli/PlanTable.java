package io.jiffusion.cli;

import io.jiffusion.evaluate.PlanReport;
import io.jiffusion.evaluate.PlanReport.Operation;
import java.io.PrintStream;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** A compiled network as a table: its operations in order, then what each kind takes. */
final class PlanTable {
  private static final int NAME = 44;
  private static final String LINE = "%-" + NAME + "s %-21s %-28s %9s %9s %6s %8s%n";

  private final PrintStream out;
  private final PlanReport report;
  private final double seconds;

  PlanTable(PrintStream out, PlanReport report) {
    this.out = out;
    this.report = report;
    this.seconds = seconds(report.operations());
  }

  void print(String model) {
    List<Operation> all = report.operations();
    out.printf(
        Locale.ROOT,
        "plan of %s: %d operations for %d image%s in %s on one thread, %.2f ms, %.0f GFLOP/s%n",
        model,
        all.size(),
        report.block(),
        report.block() == 1 ? "" : "s",
        report.precision(),
        1e3 * seconds,
        flops(all) / seconds / 1e9);
    out.printf(
        Locale.ROOT,
        "memory: %.1f MB of packed weights for all threads, and for each %.1f MB of values (%.1f MB"
            + " if no two shared a place)%n%n",
        report.weightBytes() / 1e6,
        report.valueBytes() / 1e6,
        report.unsharedBytes() / 1e6);
    out.printf(LINE, "operation", "kind", "kernel", "MFLOP", "us", "share", "GFLOP/s");
    all.forEach(one -> line(one.name(), one.kind(), one.kernel(), List.of(one)));
    out.println();
    Map<String, List<Operation>> kinds =
        all.stream()
            .collect(
                Collectors.groupingBy(Operation::kind, LinkedHashMap::new, Collectors.toList()));
    kinds.values().stream()
        .sorted(Comparator.comparingDouble(kind -> -seconds(kind)))
        .forEach(kind -> line("all " + kind.size() + " of", kind.get(0).kind(), "", kind));
  }

  private void line(String name, String kind, String kernel, List<Operation> all) {
    double own = seconds(all);
    double flops = flops(all);
    out.printf(
        LINE,
        name.length() <= NAME ? name : name.substring(0, NAME - 3) + "...",
        kind,
        kernel,
        flops == 0 ? "" : number("%.1f", flops / 1e6),
        number("%.1f", 1e6 * own),
        number("%.1f%%", 100 * own / seconds),
        flops == 0 ? "" : number("%.0f", flops / own / 1e9));
  }

  private static String number(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }

  private static double seconds(List<Operation> all) {
    return all.stream().mapToDouble(Operation::seconds).sum();
  }

  private static double flops(List<Operation> all) {
    return all.stream().mapToDouble(Operation::flops).sum();
  }
}
