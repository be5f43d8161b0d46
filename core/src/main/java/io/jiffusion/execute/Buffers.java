package io.jiffusion.execute;

import io.jiffusion.execute.Operation.Channels;
import io.jiffusion.execute.Operation.Concat;
import io.jiffusion.execute.Operation.Flatten;
import io.jiffusion.execute.Operation.Reshape;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Where the values of a graph lie in one stretch of memory: two share a place if the last use of
 * one comes before the other is made. The largest are placed first, each as low as it can be.
 */
final class Buffers {
  private static final int ALIGNMENT = 64;

  /** A value's bytes, and the first and last operation for which they must stand. */
  private static final class Span {
    final long bytes;
    final int first;
    int last;
    long offset;

    Span(long bytes, int first) {
      this.bytes = bytes;
      this.first = first;
      this.last = first;
    }

    boolean meets(Span other) {
      return first <= other.last && other.first <= last;
    }
  }

  private final Map<Node, Span> spans = new HashMap<>();
  private long bytes;

  /** For a graph whose numbers have so many bytes. */
  Buffers(Graph graph, int width) {
    List<Node> nodes = graph.nodes();
    for (int i = 0; i < nodes.size(); i++) {
      Node node = nodes.get(i);
      if (owns(node)) {
        long size = node.shape.count() * width;
        spans.put(node, new Span((size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT, i));
      }
      // what an operation reads must stand until it is done, so it never shares with its result
      for (Node need : node.needs()) {
        keep(need, i);
      }
    }
    keep(graph.output(), nodes.size());
    place();
  }

  /** Whether a node's numbers are its own, not another's seen in another way. */
  static boolean owns(Node node) {
    return !node.vector()
        && !(node.operation instanceof Reshape)
        && !(node.operation instanceof Flatten)
        && !(node.operation instanceof Channels)
        && !(node.operation instanceof Concat);
  }

  /** Prolongs the life of a value, or of those of which it is a view. */
  private void keep(Node node, int until) {
    if (node.vector()) {
      return;
    }
    if (owns(node)) {
      spans.get(node).last = Math.max(spans.get(node).last, until);
    } else {
      node.inputs.forEach(input -> keep(input, until));
    }
  }

  /** First fit: between those placed already that live at the same time, in the lowest gap. */
  private void place() {
    List<Span> order = new ArrayList<>(spans.values());
    order.sort(
        Comparator.comparingLong((Span span) -> -span.bytes).thenComparingInt(span -> span.first));
    List<Span> placed = new ArrayList<>();
    for (Span span : order) {
      List<Span> others =
          placed.stream()
              .filter(span::meets)
              .sorted(Comparator.comparingLong(other -> other.offset))
              .toList();
      long at = 0;
      for (Span other : others) {
        if (other.offset - at >= span.bytes) {
          break;
        }
        at = Math.max(at, other.offset + other.bytes);
      }
      span.offset = at;
      bytes = Math.max(bytes, at + span.bytes);
      placed.add(span);
    }
  }

  long offset(Node node) {
    return spans.get(node).offset;
  }

  /** Of all values together. */
  long bytes() {
    return bytes;
  }

  /** What they would take if each had a place of its own. */
  long unshared() {
    return spans.values().stream().mapToLong(span -> span.bytes).sum();
  }
}
