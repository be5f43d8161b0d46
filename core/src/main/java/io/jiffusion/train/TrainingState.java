package io.jiffusion.train;

import io.jiffusion.tensor.Params;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * All that training changes.
 *
 * @param weights the network's parameters
 * @param first AdamW's average of the gradient
 * @param second AdamW's average of its square
 * @param counts AdamW's number of updates of each parameter
 * @param ema averaged weights
 */
public record TrainingState(Params weights, Params first, Params second, Params counts, Params ema)
    implements AutoCloseable {
  static final List<String> PARTS = List.of("weights", "first", "second", "counts", "ema");

  /** The parts by name. */
  Map<String, Params> parts() {
    Map<String, Params> parts = new LinkedHashMap<>();
    List.of(weights, first, second, counts, ema)
        .forEach(part -> parts.put(PARTS.get(parts.size()), part));
    return parts;
  }

  static TrainingState of(Map<String, Params> parts) {
    return new TrainingState(
        parts.get("weights"),
        parts.get("first"),
        parts.get("second"),
        parts.get("counts"),
        parts.get("ema"));
  }

  @Override
  public void close() {
    parts().values().forEach(Params::close);
  }
}
