package io.jiffusion.tensor;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * Named tensors that live long: weights, optimiser moments, averages. Closed by whoever made it.
 *
 * <p>Checkpoints, averages and changes of precision are loops over this map.
 */
public final class Params implements AutoCloseable {
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();
  private boolean closed;

  /** Keeps a tensor beyond the scope that it was made in. */
  public void put(String name, Tensor tensor) {
    checkOpen();
    tensor.pointer.retainReference();
    Tensor before = tensors.put(name, tensor);
    if (before != null) {
      before.pointer.releaseReference();
    }
  }

  /**
   * The tensor of this name.
   *
   * @throws IllegalArgumentException if there is none
   */
  public Tensor at(String name) {
    checkOpen();
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException("no parameter " + name);
    }
    return tensor;
  }

  /**
   * The tensor of this name, made and kept if there is none yet. Safe for threads that share these
   * parameters.
   */
  public synchronized Tensor computeIfAbsent(String name, Supplier<Tensor> make) {
    checkOpen();
    Tensor known = tensors.get(name);
    if (known == null) {
      known = make.get();
      put(name, known);
    }
    return known;
  }

  /** All names, in the order in which they came in; not to be changed. */
  public Set<String> names() {
    return Collections.unmodifiableSet(tensors.keySet());
  }

  /** Whether there is a tensor of this name. */
  public boolean has(String name) {
    return tensors.containsKey(name);
  }

  /** New parameters made from these, one by one, without gradients. */
  public Params map(UnaryOperator<Tensor> change) {
    checkOpen();
    Params result = new Params();
    for (Map.Entry<String, Tensor> entry : tensors.entrySet()) {
      try (Scope scope = Scope.open()) {
        Scope.gradients(false);
        result.put(entry.getKey(), change.apply(entry.getValue()));
      } catch (RuntimeException e) {
        result.close();
        throw e;
      }
    }
    return result;
  }

  private void checkOpen() {
    if (closed) {
      throw new IllegalStateException("these parameters are closed");
    }
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      tensors.values().forEach(tensor -> tensor.pointer.releaseReference());
      tensors.clear();
    }
  }
}
