package io.jiffusion.checkpoint;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;

/**
 * Which part of a peer's array is ours, and how it lies there. Written in name maps as
 *
 * <ul>
 *   <li>nothing: all of it; trailing sizes of 1 do not matter, so a 1×1 convolution is a linear
 *       layer
 *   <li>{@code rows:k/n}: the k-th of n equal parts of its rows, counted from 0
 *   <li>{@code heads:k}: query, key or value (k is 0, 1 or 2) of rows in the order head, {q, k, v},
 *       channel (improved-diffusion)
 *   <li>{@code qkv:k}: one of these two, the first where the variable {@code split} is 1
 *   <li>{@code up-qkv:k}: the same on the way up, where the number of heads is {@code upheads}
 *   <li>{@code interleaved:k}: of rows in the order head, channel, {q, k, v} (EDM)
 *   <li>{@code transposed}: its columns are our rows
 * </ul>
 *
 * @param kind how it lies
 * @param index which part
 * @param parts of how many
 * @param heads attention heads; 0 where their width is given
 * @param headWidth rows of a head; 0 where their number is given
 */
public record TensorSlice(Kind kind, int index, int parts, int heads, int headWidth) {

  /** How it lies. */
  public enum Kind {
    WHOLE,
    ROWS,
    HEADS,
    INTERLEAVED,
    TRANSPOSED
  }

  static TensorSlice of(String text, Map<String, Integer> variables) {
    String[] words = text.split("[:/]");
    int index = words.length > 1 ? Integer.parseInt(words[1]) : 0;
    return switch (words[0]) {
      case "" -> new TensorSlice(Kind.WHOLE, 0, 1, 0, 0);
      case "transposed" -> new TensorSlice(Kind.TRANSPOSED, 0, 1, 0, 0);
      case "rows" -> new TensorSlice(Kind.ROWS, index, Integer.parseInt(words[2]), 0, 0);
      case "qkv" ->
          variables.getOrDefault("split", 0) == 1
              ? of("rows:" + index + "/3", variables)
              : of("heads:" + index, variables);
      case "up-qkv" -> {
        Map<String, Integer> up = new HashMap<>(variables);
        up.put("heads", variables.getOrDefault("upheads", variables.getOrDefault("heads", 0)));
        yield of("qkv:" + index, up);
      }
      case "interleaved" -> new TensorSlice(Kind.INTERLEAVED, index, 3, 0, 0);
      case "heads" ->
          new TensorSlice(
              Kind.HEADS,
              index,
              3,
              variables.getOrDefault("heads", 0),
              variables.getOrDefault("headwidth", 0));
      default -> throw new IllegalStateException("a name map asks for an unknown cut: " + text);
    };
  }

  /** The shape that the peer's array must have, for ours. */
  long[] theirs(long[] ours) {
    long[] theirs = ours.clone();
    if (kind == Kind.TRANSPOSED && ours.length >= 2) { // a linear layer, or a 1×1 convolution
      theirs[0] = ours[1];
      theirs[1] = ours[0];
    } else if (parts > 1) {
      theirs[0] = parts * ours[0];
    }
    return theirs;
  }

  /** Whether two shapes are the same but for sizes of 1 at the end. */
  static boolean same(long[] a, long[] b) {
    return Arrays.equals(trimmed(a), trimmed(b));
  }

  private static long[] trimmed(long[] shape) {
    int length = shape.length;
    while (length > 0 && shape[length - 1] == 1) {
      length--;
    }
    return Arrays.copyOf(shape, length);
  }

  /** Our values, of the peer's. */
  float[] of(float[] theirs, long[] ours) {
    if (kind == Kind.WHOLE || kind == Kind.TRANSPOSED && ours.length < 2) {
      return theirs;
    }
    int rows = (int) ours[0];
    int size = theirs.length / rows / parts;
    float[] out = new float[rows * size];
    for (int row = 0; row < rows; row++) {
      if (kind == Kind.TRANSPOSED) {
        for (int column = 0; column < size; column++) {
          out[row * size + column] = theirs[column * rows + row];
        }
      } else {
        System.arraycopy(theirs, row(row, rows) * size, out, row * size, size);
      }
    }
    return out;
  }

  private int row(int row, int rows) {
    return switch (kind) {
      case ROWS -> index * rows + row;
      case INTERLEAVED -> parts * row + index;
      case HEADS -> {
        int width = headWidth > 0 ? headWidth : rows / heads;
        yield (row / width * parts + index) * width + row % width;
      }
      default -> throw new AssertionError(kind);
    };
  }
}
