import io.jiffusion.execute.EagerExecution;
import io.jiffusion.execute.PlanExecution;
import io.jiffusion.execute.WeightSource;
import io.jiffusion.network.Conditions;
import io.jiffusion.network.Execution;
import io.jiffusion.network.Network;
import io.jiffusion.network.Parameter;
import io.jiffusion.network.Shapes;
import io.jiffusion.evaluate.Bench;
import io.jiffusion.config.RunConfig;
import io.jiffusion.random.Key;
import io.jiffusion.random.Purpose;
import io.jiffusion.tensor.Params;
import io.jiffusion.tensor.Precision;
import io.jiffusion.tensor.Scope;
import io.jiffusion.tensor.Tensor;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Jiffusion among its rivals: {@code java -cp 'app/target/lib/*' tools/bench/Contender.java NAME
 * NETWORK BATCH}, with NAME plan-bf16, plan-fp32, libtorch-bf16, libtorch-fp32, train-bf16 or
 * train-fp32. Speaks as {@code rivals.py} does.
 */
public final class Contender {
  public static void main(String[] arguments) throws Exception {
    String[] name = arguments[0].split("-");
    RunConfig config = RunConfig.of(arguments[1], List.of());
    int batch = Integer.parseInt(arguments[2]);
    Runnable work =
        name[0].equals("train")
            ? Bench.trainer(config, name[1], batch)::step
            : evaluation(config.network().network(), name, batch);
    work.run();
    work.run();
    System.out.println("ready");
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    while (in.readLine() != null) {
      long began = System.nanoTime();
      work.run();
      System.out.println((System.nanoTime() - began) * 1e-9);
    }
    System.exit(0);
  }

  private static Runnable evaluation(Network network, String[] name, int batch) {
    int threads = Runtime.getRuntime().availableProcessors();
    int block = (batch + threads - 1) / threads;
    Map<String, float[]> weights = new HashMap<>();
    for (Parameter parameter : Shapes.of(network, 1).parameters()) {
      double[] values = new double[(int) parameter.shape().count()];
      new Key(1, parameter.name().hashCode(), Purpose.INIT).normals(values, 0, values.length);
      boolean norm = parameter.name().endsWith("weight") && parameter.shape().rank() == 1;
      double scale = 1 / Math.sqrt(values.length / (double) parameter.shape().size(0));
      float[] floats = new float[values.length];
      for (int i = 0; i < floats.length; i++) {
        floats[i] = (float) (norm ? 1 + 0.1 * values[i] : scale * values[i]);
      }
      weights.put(parameter.name(), floats);
    }
    Execution execution =
        name[0].equals("plan")
            ? new PlanExecution(
                network, source(weights), () -> null, () -> {}, Precision.of(name[1]), block, threads)
            : new EagerExecution(
                network, params(network, weights), Precision.of(name[1]), block, threads);
    float[] x = new float[batch * (int) network.input().count()];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) Math.sin(i);
    }
    float[] labels = new float[batch];
    Arrays.fill(labels, 500);
    Conditions conditions = Conditions.classes(network.classes() > 0 ? new int[batch] : null);
    return () -> execution.evaluate(x, batch, labels, conditions);
  }

  private static WeightSource source(Map<String, float[]> weights) {
    return (name, from, count) ->
        Arrays.copyOfRange(weights.get(name), (int) from, (int) from + count);
  }

  private static Params params(Network network, Map<String, float[]> weights) {
    Params params = new Params();
    for (Parameter parameter : Shapes.of(network, 1).parameters()) {
      try (Scope scope = Scope.open()) {
        float[] values = weights.get(parameter.name());
        params.put(parameter.name(), Tensor.of(values, parameter.shape().sizes()));
      }
    }
    return params;
  }
}
