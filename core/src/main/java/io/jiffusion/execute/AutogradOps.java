package io.jiffusion.execute;

import io.jiffusion.execute.Tape.Value;
import io.jiffusion.network.Ops;
import io.jiffusion.tensor.Tensor;
import java.util.function.Function;

/** Operations that the engine computes and differentiates, each on its own. */
abstract class AutogradOps implements Ops<Value> {
  final Eager ops;

  AutogradOps(Eager ops) {
    this.ops = ops;
  }

  /** Does an operation whose gradient the engine knows. */
  abstract Value local(Function<Tensor[], Tensor> operation, Value... inputs);

  @Override
  public Value linear(Value x, String name, int out, double initScale, boolean bias) {
    return local(in -> ops.linear(in[0], name, out, initScale, bias), x);
  }

  @Override
  public Value layerNorm(Value x, String name, double eps) {
    return local(in -> ops.layerNorm(in[0], name, eps), x);
  }

  @Override
  public Value layerNorm(Value x, double eps) {
    return local(in -> ops.layerNorm(in[0], eps), x);
  }

  @Override
  public Value gelu(Value x) {
    return local(in -> ops.gelu(in[0]), x);
  }

  @Override
  public Value geluTanh(Value x) {
    return local(in -> ops.geluTanh(in[0]), x);
  }

  @Override
  public Value relu(Value x) {
    return local(in -> ops.relu(in[0]), x);
  }

  @Override
  public Value tanh(Value x) {
    return local(in -> ops.tanh(in[0]), x);
  }

  @Override
  public Value multiply(Value a, Value b) {
    return local(in -> ops.multiply(in[0], in[1]), a, b);
  }

  @Override
  public Value affine(Value x, double factor, double term) {
    return local(in -> ops.affine(in[0], factor, term), x);
  }

  @Override
  public Value multiplyChannels(Value x, Value vector) {
    return local(in -> ops.multiplyChannels(in[0], in[1]), x, vector);
  }

  @Override
  public Value concat(Value a, Value b) {
    return local(in -> ops.concat(in[0], in[1]), a, b);
  }

  @Override
  public Value channels(Value x, int from, int count) {
    return local(in -> ops.channels(in[0], from, count), x);
  }

  @Override
  public Value upsample(Value x) {
    return local(in -> ops.upsample(in[0]), x);
  }

  @Override
  public Value bilinear(Value x, long height, long width) {
    return local(in -> ops.bilinear(in[0], height, width), x);
  }

  @Override
  public Value averagePool(Value x, Window window) {
    return local(in -> ops.averagePool(in[0], window), x);
  }

  @Override
  public Value maxPool(Value x, Window window) {
    return local(in -> ops.maxPool(in[0], window), x);
  }

  @Override
  public Value pad(Value x, int margin) {
    return local(in -> ops.pad(in[0], margin), x);
  }

  @Override
  public Value filterDown(Value x, float[] taps, int margin) {
    return local(in -> ops.filterDown(in[0], taps, margin), x);
  }

  @Override
  public Value filterUp(Value x, float[] taps, int crop) {
    return local(in -> ops.filterUp(in[0], taps, crop), x);
  }

  @Override
  public Value mean(Value x) {
    return local(in -> ops.mean(in[0]), x);
  }

  @Override
  public Value tokens(Value x) {
    return local(in -> ops.tokens(in[0]), x);
  }

  @Override
  public Value flatten(Value x) {
    return local(in -> ops.flatten(in[0]), x);
  }

  @Override
  public Value sequence(Value vector) {
    return local(in -> ops.sequence(in[0]), vector);
  }

  @Override
  public Value elements(Value x, int from, int count) {
    return local(in -> ops.elements(in[0], from, count), x);
  }

  @Override
  public Value image(Value x, long height, long width) {
    return local(in -> ops.image(in[0], height, width), x);
  }

  @Override
  public Value unpatch(Value x, long height, long width, int patch) {
    return local(in -> ops.unpatch(in[0], height, width, patch), x);
  }

  @Override
  public Value sinusoid(Value label, int width, Order order, int shift) {
    return local(in -> ops.sinusoid(in[0], width, order, shift), label);
  }

  @Override
  public Value log(Value label) {
    return local(in -> ops.log(in[0]), label);
  }

  @Override
  public Value divide(Value image, Value label) {
    return local(in -> ops.divide(in[0], in[1]), image, label);
  }

  @Override
  public Value addTable(Value sequence, String name, double std) {
    return local(in -> ops.addTable(in[0], name, std), sequence);
  }

  @Override
  public Value addConstant(Value sequence, float[] values) {
    return local(in -> ops.addConstant(in[0], values), sequence);
  }

  @Override
  public Value oneHot(Value classes, int rows) {
    return local(in -> ops.oneHot(in[0], rows), classes);
  }

  @Override
  public Value embedding(Value index, String name, int rows, int width) {
    return local(in -> ops.embedding(in[0], name, rows, width), index);
  }

  @Override
  public Value dropout(Value x, String name, double p) {
    return local(in -> ops.dropout(in[0], name, p), x);
  }
}
