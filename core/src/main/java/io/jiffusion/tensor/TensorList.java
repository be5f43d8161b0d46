package io.jiffusion.tensor;

import io.jiffusion.base.JiffusionException;
import java.util.Collection;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.pytorch.CompilationUnit;
import org.bytedeco.pytorch.IValue;
import org.bytedeco.pytorch.IValueVector;
import org.bytedeco.pytorch.QualifiedName;
import org.bytedeco.pytorch.global.torch;

/**
 * Many tensors that one operation of the engine works on at once: a step of an optimiser costs a
 * few calls, not a few for each of hundreds of parameters. Shares the tensors' memory; closed by
 * whoever made it.
 */
public final class TensorList implements AutoCloseable {

  // The engine's multi-tensor operations have no binding of their own and are reached through
  // TorchScript. Results of in-place
  // operations are returned, or they would be dropped as dead code. A list begins with an element:
  // an empty one would be a constant
  // that all callers share.
  private static final String SCRIPT =
      """
      def single(x: Tensor) -> List[Tensor]:
          return [x]

      def append(xs: List[Tensor], x: Tensor) -> List[Tensor]:
          xs.append(x)
          return xs

      def norms(xs: List[Tensor]) -> Tensor:
          return torch.stack(torch._foreach_norm(xs))

      def lerp(xs: List[Tensor], ys: List[Tensor], weight: float) -> List[Tensor]:
          torch._foreach_lerp_(xs, ys, weight)
          return xs

      def adamw(xs: List[Tensor], gs: List[Tensor], ms: List[Tensor], vs: List[Tensor], steps: List[Tensor],
                lr: float, beta1: float, beta2: float, decay: float, eps: float, scale: Tensor) -> List[Tensor]:
          none: List[Tensor] = []
          torch._foreach_add_(steps, 1)
          torch._fused_adamw_(xs, gs, ms, vs, none, steps, lr=lr, beta1=beta1, beta2=beta2, weight_decay=decay,
                              eps=eps, amsgrad=False, maximize=False, grad_scale=scale)
          return xs
      """;

  /**
   * The numbers of a step of AdamW.
   *
   * @param lr learning rate
   * @param beta1 decay of the first moment
   * @param beta2 decay of the second moment
   * @param decay of the weights, times the learning rate
   * @param eps added to the root of the second moment
   * @param scale the gradients are divided by it
   */
  public record AdamWStep(
      double lr, double beta1, double beta2, double decay, double eps, double scale) {}

  private static CompilationUnit script;

  private final IValue list;

  /** Makes a list of these tensors, at least one, in this order. */
  public TensorList(Collection<Tensor> tensors) {
    try (Scope scope = Scope.open()) {
      IValue made = null;
      for (Tensor tensor : tensors) {
        IValue element = new IValue(tensor.pointer);
        made = made == null ? call("single", element) : call("append", made, element);
      }
      list = made;
      list.retainReference();
    }
  }

  /** Euclidean norm of each tensor. */
  public float[] norms() {
    try (Scope scope = Scope.open()) {
      return new Tensor(call("norms", list).toTensor()).floats();
    }
  }

  /** Moves every element the share {@code weight} of the way to the other list's. */
  public void lerp(TensorList target, double weight) {
    try (Scope scope = Scope.open()) {
      run("lerp", list, target.list, new IValue(weight));
    }
  }

  /**
   * One step of AdamW (Loshchilov, Hutter: Decoupled Weight Decay Regularization, arXiv 1711.05101)
   * on these parameters.
   *
   * @param steps one number a parameter, counted up here
   */
  public void adamw(
      TensorList gradients, TensorList first, TensorList second, TensorList steps, AdamWStep step) {
    try (Scope scope = Scope.open()) {
      IValue[] arguments = {
        list,
        gradients.list,
        first.list,
        second.list,
        steps.list,
        new IValue(step.lr),
        new IValue(step.beta1),
        new IValue(step.beta2),
        new IValue(step.decay),
        new IValue(step.eps),
        new IValue(Tensor.of(new float[] {(float) step.scale}, 1).pointer)
      };
      run("adamw", arguments);
    }
  }

  private static void run(String name, IValue... arguments) {
    try (Scope scope = Scope.open()) {
      Scope.gradients(false);
      call(name, arguments);
    }
  }

  private static IValue call(String name, IValue... arguments) {
    try {
      IValueVector stack = new IValueVector(arguments);
      return script().find_function(new QualifiedName(name)).apply(stack);
    } catch (RuntimeException e) {
      throw new JiffusionException("the engine refused " + name + ": " + Natives.firstLine(e), e);
    }
  }

  private static synchronized CompilationUnit script() {
    if (script == null) {
      script = torch.compile(SCRIPT);
      script.retainReference();
    }
    return script;
  }

  @Override
  public void close() {
    ((Pointer) list).releaseReference();
  }
}
