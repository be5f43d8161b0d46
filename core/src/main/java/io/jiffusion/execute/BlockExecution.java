package io.jiffusion.execute;

import io.jiffusion.base.Workers;
import io.jiffusion.network.Conditions;
import io.jiffusion.network.Execution;
import io.jiffusion.network.Network;
import io.jiffusion.network.Shape;
import io.jiffusion.network.Shapes;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Future;

/**
 * Runs a network on blocks of images, each block on one of its own threads, each thread with one
 * native thread.
 *
 * <p>Threads inside one operation would wait for each other many thousand times a second; threads
 * with images of their own never do.
 */
public abstract class BlockExecution implements Execution {
  final Network network;
  final int block;
  final Shape output;
  final Workers threads;

  /**
   * Starts the threads.
   *
   * @param block images that one network call sees, at least 1
   * @param threads at least 1
   * @param first what each thread does before anything else
   */
  BlockExecution(Network network, int block, int threads, Runnable first) {
    if (block < 1 || threads < 1) {
      throw new IllegalArgumentException(
          "illegal block " + block + " or threads " + threads + ", must be 1 or more");
    }
    this.network = network;
    this.block = block;
    this.output = Shapes.of(network, 1).output();
    this.threads = new Workers("jiffusion-network", threads, first);
  }

  /**
   * The block that fits a network, by its size alone, at least 1 image and at most 512. A larger
   * block uses the processor better, a smaller one wastes less when few images are asked for.
   *
   * @param most additions and multiplications of a call
   */
  static int blockFor(Network network, long most) {
    long flops = Shapes.of(network, 1).flops();
    return (int) Math.max(1, Math.min(512, most / Math.max(1, flops)));
  }

  @Override
  public final float[] evaluate(float[] x, int images, float[] labels, Conditions conditions) {
    check(x, images, labels, conditions);
    return inBlocks(
        images,
        (int) output.count(),
        (first, count) ->
            forward(
                block(x, images, first, count),
                block(labels, images, first, count),
                block(conditions, images, first, count)));
  }

  /** The network's output for one whole block. */
  abstract float[] forward(float[] x, float[] labels, Conditions conditions);

  final void check(float[] x, int images, float[] labels, Conditions conditions) {
    if (images < 1 || x.length != images * input().count() || labels.length != images) {
      throw new IllegalArgumentException(
          "illegal input: "
              + x.length
              + " values and "
              + labels.length
              + " labels for "
              + images
              + " images of "
              + input());
    }
    if (network.contextOfClass()) {
      if ((conditions.classes() == null) == (conditions.context() == null)) {
        throw new IllegalArgumentException(
            "this network needs the class of each image, or a context, and not both");
      }
    } else {
      given(network.classes() > 0, conditions.classes(), "the class of each image", "classes");
      given(network.contextWidth() > 0, conditions.context(), "a context", "context");
    }
    for (int label : conditions.classes() == null ? new int[0] : conditions.classes()) {
      if (label < 0 || label >= network.classes()) {
        throw new IllegalArgumentException(
            "illegal class: "
                + label
                + ", must be from 0 to "
                + (network.classes() - 1)
                + " for this network");
      }
    }
    given(network.image() != null, conditions.image(), "an image beside each", "second image");
    if (network.augmentWidth() == 0 && conditions.augment() != null) {
      throw new IllegalArgumentException("this network has no augmentation labels");
    }
    sized(conditions.context(), images * (long) network.contextWidth(), "context");
    if (network.image() != null) {
      sized(conditions.image(), images * network.image().count(), "image");
    }
    sized(conditions.augment(), images * (long) network.augmentWidth(), "augment");
  }

  private static void given(boolean wanted, Object given, String what, String name) {
    if (wanted != (given != null)) {
      throw new IllegalArgumentException(
          given == null ? "this network needs " + what : "this network has no " + name);
    }
  }

  private static void sized(float[] values, long unit, String name) {
    if (values != null && (values.length == 0 || values.length % unit != 0)) {
      throw new IllegalArgumentException(
          "illegal " + name + ": " + values.length + " values, must be a multiple of " + unit);
    }
  }

  /** What is done with {@code count} images from {@code first} on: [block, size] values. */
  interface Work {
    float[] on(int first, int count);
  }

  /** The results of all blocks, each at its images' place, without the zeros behind the last. */
  final float[] inBlocks(int images, int size, Work work) {
    float[] out = new float[images * size];
    List<Future<Void>> running = new ArrayList<>();
    for (int from = 0; from < images; from += block) {
      int first = from;
      running.add(
          threads.submit(
              () -> {
                int count = Math.min(block, images - first);
                // threads write to places of their own: no lock
                System.arraycopy(work.on(first, count), 0, out, first * size, count * size);
                return null;
              }));
    }
    Workers.all(running);
    return out;
  }

  final Conditions block(Conditions all, int images, int first, int count) {
    return new Conditions(
        all.classes() == null
            ? null
            : Arrays.copyOf(Arrays.copyOfRange(all.classes(), first, first + count), block),
        block(all.context(), images, first, count),
        block(all.image(), images, first, count),
        block(all.augment(), images, first, count));
  }

  /** Some images' values out of all images', with zeros up to a whole block; null for null. */
  final float[] block(float[] all, int images, int first, int count) {
    if (all == null) {
      return null;
    }
    int size = all.length / images;
    return Arrays.copyOf(
        Arrays.copyOfRange(all, first * size, (first + count) * size), block * size);
  }

  @Override
  public final int block() {
    return block;
  }

  @Override
  public final Shape input() {
    return network.input();
  }

  @Override
  public final int outputChannels() {
    return (int) output.size(1);
  }
}
