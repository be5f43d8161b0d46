package io.jiffusion.execute;

import io.jiffusion.network.Conditions;
import io.jiffusion.network.Execution;
import io.jiffusion.network.Network;
import io.jiffusion.run.Workers;
import io.jiffusion.tensor.Precision;
import io.jiffusion.tensor.Torch;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Runs a network by a compiled plan of oneDNN's primitives, on the processor. Each thread has a
 * plan of its own; the weights are shared.
 */
public final class PlanExecution extends BlockExecution {
  /** Where the weights of a network come from. */
  public interface Weights extends AutoCloseable {
    /** A parameter, float32, row-major. Called by one thread at a time. */
    float[] floats(String name);

    /** The network made to run in a way that can be differentiated. */
    Execution differentiable();

    @Override
    void close();
  }

  /** What a plan is made of: the same for all threads. */
  private record Program(Graph graph, Vectors vectors) {}

  private final Precision precision;
  private final Weights source;
  private final PackedWeights weights;
  private final Map<Integer, Program> programs = new ConcurrentHashMap<>(); // by context length
  private final ThreadLocal<Map<Integer, Plan>> own = ThreadLocal.withInitial(HashMap::new);
  private final Queue<Plan> plans = new ConcurrentLinkedQueue<>();
  private Execution gradients;

  /**
   * Makes an execution, and the plan of one thread.
   *
   * @param source closed with the execution; not if this fails
   * @param block images that one network call sees, at least 1
   * @param threads at least 1
   * @throws Unplanned if no plan can be made of the network on this machine
   */
  public PlanExecution(
      Network network, Weights source, Precision precision, int block, int threads) {
    super(network, block, threads, PlanExecution::oneNativeThread);
    this.precision = precision;
    this.source = source;
    boolean made = false;
    try {
      weights = new PackedWeights(source::floats);
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
    return new Program(graph, new Vectors(graph, weights::parameter));
  }

  @Override
  float[] forward(float[] x, float[] labels, Conditions conditions) {
    return plan(length(conditions)).run(x, labels, conditions);
  }

  private int length(Conditions conditions) {
    return conditions.context() == null
        ? 0
        : conditions.context().length / block / network.contextWidth();
  }

  /** Bytes of packed weights, and of the values of one thread's plan. */
  public List<Long> bytes() {
    return List.of(weights.bytes(), plans.isEmpty() ? 0 : plans.peek().bytes());
  }

  @Override
  public synchronized float[] pullback(
      float[] x, int images, float[] labels, Conditions conditions, float[] cotangent) {
    if (gradients == null) {
      gradients = source.differentiable();
    }
    return gradients.pullback(x, images, labels, conditions, cotangent);
  }

  @Override
  public void close() {
    free();
    if (gradients != null) {
      gradients.close();
    }
    source.close();
  }

  private void free() {
    threads.close(); // before the memory that they use is freed
    plans.forEach(Plan::close);
    if (weights != null) {
      weights.close();
    }
  }
}
