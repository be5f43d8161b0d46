package io.jiffusion.network;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * A network that tells each of its operations: its kind, the name of its parameters where it has
 * any, and the shape of its result.
 */
public record Traced(Network network, Consumer<Call> listener) implements Network {
  /** Operations with parameters or arithmetic to count. */
  private static final List<String> NAMED =
      List.of("conv", "linear", "groupNorm", "layerNorm", "embedding", "dropout");

  public record Call(String kind, String name, Shape result) {}

  @Override
  public <T> T apply(Ops<T> ops, T x, T label, Condition<T> condition) {
    return network.apply(traced(ops, ""), x, label, condition);
  }

  @SuppressWarnings("unchecked")
  private <T> Ops<T> traced(Ops<T> ops, String prefix) {
    return (Ops<T>)
        Proxy.newProxyInstance(
            Ops.class.getClassLoader(),
            new Class<?>[] {Ops.class},
            (proxy, method, args) -> {
              if (method.getName().equals("block")) {
                Function<Ops<T>, T> body = (Function<Ops<T>, T>) args[1];
                return ops.block(
                    (String) args[0], inner -> body.apply(traced(inner, prefix + args[0] + ".")));
              }
              try {
                Object result = method.invoke(ops, args);
                if (!method.getName().equals("shape")) {
                  listener.accept(
                      new Call(
                          method.getName(),
                          NAMED.contains(method.getName()) && args[1] instanceof String name
                              ? prefix + name
                              : "",
                          ops.shape((T) result)));
                }
                return result;
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  @Override
  public Shape input() {
    return network.input();
  }

  @Override
  public int classes() {
    return network.classes();
  }

  @Override
  public int contextWidth() {
    return network.contextWidth();
  }

  @Override
  public boolean contextOfClass() {
    return network.contextOfClass();
  }
}
