package io.jiffusion.execute;

import io.jiffusion.base.Workers;
import io.jiffusion.network.Conditions;
import io.jiffusion.network.Execution;
import io.jiffusion.network.Network;
import io.jiffusion.network.WeightSource;
import io.jiffusion.tensor.Precision;
import io.jiffusion.tensor.Torch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;

/**
 * Runs a network by a compiled plan of oneDNN's primitives, on the processor. Each thread has a
 * plan of its own; the weights are shared.
 */
public final class PlanExecution extends BlockExecution {
  /** What a plan is made of: the same for all threads. */
  private record Program(Graph graph, VectorProgram vectors) {}

  private final Precision precision;
  private final Supplier<Execution> differentiable;
  private final Runnable end;
  private final int count;
  private final PackedWeights weights;
  private final Map<Integer, Program> programs = new ConcurrentHashMap<>(); // by context length
  private final ThreadLocal<Map<Integer, Plan>> own = ThreadLocal.withInitial(HashMap::new);
  private final Queue<Plan> plans = new ConcurrentLinkedQueue<>();
  private Execution gradients;

  /** The block that fits a network: about 1 GFLOP a call in fp32, 2 in bf16, which is faster. */
  public static int blockFor(Network network, Precision precision) {
    return blockFor(network, precision == Precision.BF16 ? 2_000_000_000 : 1_000_000_000);
  }

  /**
   * Makes an execution, and the plan of one thread.
   *
   * @param source of the weights, asked as long as the execution is open
   * @param differentiable makes the same network run in a way that can be differentiated
   * @param end run when the execution is closed; not if this fails
   * @param block images that one network call sees, at least 1
   * @param threads at least 1
   * @throws Unplanned if no plan can be made of the network on this machine
   */
  public PlanExecution(
      Network network,
      WeightSource source,
      Supplier<Execution> differentiable,
      Runnable end,
      Precision precision,
      int block,
      int threads) {
    super(network, block, threads, PlanExecution::oneNativeThread);
    this.precision = precision;
    this.differentiable = differentiable;
    this.end = end;
    this.count = threads;
    boolean made = false;
    try {
      weights = new PackedWeights(new WeightReader(network, source));
      boolean attends = network.contextWidth() > 0 && !network.contextOfClass();
      // how long its sequences will be is not known yet, but what no plan can do is known from two
      Workers.result(this.threads.submit(() -> plan(attends ? 2 : 0)));
      made = true;
    } finally {
      if (!made) {
        free();
      }
    }
  }

  /**
   * oneDNN asks OpenMP for the number of threads, which the environment tells, or libtorch: both
   * share one OpenMP.
   */
  private static void oneNativeThread() {
    if (!"1".equals(System.getenv("OMP_NUM_THREADS"))) {
      Torch.threads(1);
    }
  }

  /**
   * This thread's plan for sequences of this length. The graph is shared: only primitives and the
   * memory of values are each thread's own.
   */
  private Plan plan(int context) {
    return own.get()
        .computeIfAbsent(
            context,
            length -> {
              Program program = programs.computeIfAbsent(length, this::program);
              Plan plan =
                  new Plan(
                      program.graph, weights, program.vectors, precision == Precision.BF16, block);
              plans.add(plan);
              return plan;
            });
  }

  private Program program(int context) {
    Graph graph = Graph.of(network, block, context);
    Rewrites.all(graph);
    return new Program(graph, new VectorProgram(graph, weights.numbers()::all));
  }

  @Override
  float[] forward(float[] x, float[] labels, Conditions conditions) {
    // one thread, or a plan without halves: nobody could help
    int context = length(conditions);
    Plan plan = plan(context);
    if (count == 1 || !plan.halved()) {
      return plan.run(x, labels, conditions);
    }
    return plan.run(x, labels, conditions, run -> threads.submit(() -> help(context, run)));
  }

  private Void help(int context, SharedRun run) {
    plan(context);
    run.help();
    return null;
  }

  private int length(Conditions conditions) {
    return conditions.context() == null
        ? 0
        : conditions.context().length / block / network.contextWidth();
  }

  /**
   * One operation of a plan.
   *
   * @param name of the parameters that it uses, or what it does
   * @param kind such as {@code conv3x3}
   * @param kernel oneDNN's name of what does it; empty if there are several
   * @param flops additions and multiplications for one block
   * @param seconds for one block
   */
  public record Timed(String name, String kind, String kernel, double flops, double seconds) {}

  /**
   * What a plan is made of, and takes.
   *
   * @param operations in their order
   * @param weightBytes of the packed weights, which all threads share
   * @param valueBytes of the values of one thread's plan, planned once
   * @param unsharedBytes what the values would take if no two shared a place
   */
  public record Profile(
      List<Timed> operations, long weightBytes, long valueBytes, long unsharedBytes) {}

  /**
   * Runs the plan of one block on one thread and measures every operation.
   *
   * @param rounds of which the median is taken, at least 1
   * @param context length of the sequences that the network attends to, if it does
   */
  public Profile profile(int rounds, int context) {
    return Workers.result(threads.submit(() -> profiled(rounds, context)));
  }

  private Profile profiled(int rounds, int context) {
    boolean attends = network.contextWidth() > 0 && !network.contextOfClass();
    Plan plan = plan(attends ? context : 0);
    float[] x = new float[block * (int) network.input().count()];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) Math.sin(i);
    }
    Conditions conditions =
        new Conditions(
            network.classes() > 0 ? new int[block] : null,
            attends ? new float[block * context * network.contextWidth()] : null,
            network.image() == null ? null : new float[block * (int) network.image().count()],
            network.augmentWidth() == 0 ? null : new float[block * network.augmentWidth()]);
    float[] labels = new float[block];
    Arrays.fill(labels, 1);
    // the median of each step, since another program may have come between in any round
    long[][] measured = new long[rounds][plan.steps().size()];
    plan.run(x, labels, conditions); // the first run prepares what later ones find ready
    for (long[] round : measured) {
      plan.run(x, labels, conditions, round);
    }
    List<Timed> operations = new ArrayList<>();
    for (int i = 0; i < plan.steps().size(); i++) {
      int at = i;
      long[] sorted = Arrays.stream(measured).mapToLong(round -> round[at]).sorted().toArray();
      Emitter.Step step = plan.steps().get(i);
      operations.add(
          new Timed(
              step.name(),
              step.kind(),
              step.implementation(),
              step.flops(),
              sorted[rounds / 2] * 1e-9));
    }
    return new Profile(operations, weights.bytes(), plan.bytes(), plan.unsharedBytes());
  }

  @Override
  public String precision() {
    return precision.toString();
  }

  @Override
  public synchronized float[] pullback(
      float[] x, int images, float[] labels, Conditions conditions, float[] cotangent) {
    if (gradients == null) {
      gradients = differentiable.get();
    }
    return gradients.pullback(x, images, labels, conditions, cotangent);
  }

  @Override
  public void close() {
    free();
    if (gradients != null) {
      gradients.close();
    }
    end.run();
  }

  private void free() {
    threads.close(); // before the memory that they use is freed
    plans.forEach(Plan::close);
    if (weights != null) {
      weights.close();
    }
  }
}
