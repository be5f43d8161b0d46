package io.jiffusion.weights;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.Shown;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A pickle machine that can build containers, numbers, texts and tensors, and nothing else:
 * protocols 0 to 5. Pickles are programs; this machine has no instruction that runs code, and of
 * the callables that a pickle may name it knows the few of {@link #call}. A name that is never
 * called is kept as a name.
 *
 * <p>Dictionaries become {@code LinkedHashMap}s, lists {@code ArrayList}s, tuples unmodifiable
 * lists, numbers {@code Long}, {@code BigInteger} or {@code Double}. The machine does not recurse;
 * what it holds is bounded by the bytes that it has read.
 */
final class Pickle {
  /** Bytes of memory for what one pickle builds, by a careful estimate. */
  static final long MOST_MEMORY = Runtime.getRuntime().maxMemory() / 4;

  private static final int MAX_OPCODES = 5_000_000;
  private static final int BYTES_OF_A_STEP = 80; // a place on the stack or in memory, a number
  private static final int BYTES_OF_A_CONTAINER = 80;
  private static final int BYTES_OF_AN_ITEM = 80; // of a dictionary
  private static final int MOST_STRANGERS = 100;
  private static final Object MARK = new Object();

  /** A name of a class or function, which is never looked up. */
  record Global(String name) implements Comparable<Global> {
    /** So that names that collide in a hash map are still found at once. */
    @Override
    public int compareTo(Global other) {
      return name.compareTo(other.name);
    }

    @Override
    public String toString() {
      return Shown.value(name);
    }
  }

  /** An {@code OrderedDict} or {@code defaultdict}, the one kind that may have a state. */
  private static final class Ordered extends LinkedHashMap<Object, Object> {
    private static final long serialVersionUID = 1;
  }

  private final PickleBytes in;
  private final List<Object> stack = new ArrayList<>();
  private final Deque<Integer> marks = new ArrayDeque<>();
  private final Map<Long, Object> memo = new HashMap<>();
  private long held; // bytes of memory
  private int strangers; // keys of other kinds than their dictionary's first
  private long frameEnd; // in the file

  private Pickle(PickleBytes in) {
    this.in = in;
  }

  /**
   * Runs a pickle; the input is then behind it.
   *
   * @throws JiffusionException if it is damaged, or wants what is not allowed
   */
  static Object read(PickleBytes in) throws IOException {
    return new Pickle(in).run();
  }

  private Object run() throws IOException {
    long start = in.position();
    for (int opcodes = 0; opcodes < MAX_OPCODES; opcodes++) {
      if (in.position() - start > PickleBytes.MOST) {
        break;
      }
      int opcode = in.next();
      if (opcode == '.') {
        if (in.position() < frameEnd) {
          throw bad("a frame that is longer than its pickle");
        }
        return pop();
      }
      hold(BYTES_OF_A_STEP);
      step(opcode);
    }
    throw bad("a pickle of more than %d operations or %d bytes", MAX_OPCODES, PickleBytes.MOST);
  }

  private void hold(long bytes) {
    held += bytes;
    if (held > MOST_MEMORY) {
      throw bad(
          "a pickle that builds more than fits into a quarter of the memory that Java may use");
    }
  }

  /** Bytes, and as much as making a text of them takes. */
  private byte[] bytes(long count) throws IOException {
    byte[] bytes = in.bytes(count, MOST_MEMORY / 4);
    hold(4 * count);
    return bytes;
  }

  private String line() throws IOException {
    String line = in.line();
    hold(2L * line.length());
    return line;
  }

  private void step(int opcode) throws IOException {
    switch (opcode) {
      case 0x80 -> protocol();
      case 0x95 -> frame();
      case '(' -> {
        marks.push(stack.size());
        push(MARK);
      }
      case '0' -> pop();
      case '1' -> sinceMark();
      case '2' -> push(peek());
      // numbers
      case 'N' -> push(null);
      case 0x88 -> push(true);
      case 0x89 -> push(false);
      case 'K' -> push((long) in.next());
      case 'M' -> push(in.number(2));
      case 'J' -> push((long) (int) in.number(4));
      case 'I' -> push(wholeText(line()));
      case 'L' -> push(wholeText(line().replaceAll("L$", "")));
      case 'F' -> push(floatText(line()));
      case 'G' -> push(Double.longBitsToDouble(Long.reverseBytes(in.number(8))));
      case 0x8a -> push(whole(bytes(in.next())));
      case 0x8b -> push(whole(bytes(in.number(4))));
      // texts and bytes
      case 'X' -> push(text(bytes(in.number(4))));
      case 0x8c -> push(text(bytes(in.next())));
      case 0x8d -> push(text(bytes(in.number(8))));
      case 'V' -> push(line());
      case 'S' -> push(line().replaceAll("^['\"]|['\"]$", ""));
      case 'T' -> push(new String(bytes(in.number(4)), StandardCharsets.ISO_8859_1));
      case 'U' -> push(new String(bytes(in.next()), StandardCharsets.ISO_8859_1));
      case 'B' -> push(bytes(in.number(4)));
      case 'C' -> push(bytes(in.next()));
      case 0x8e, 0x96 -> push(bytes(in.number(8)));
      // containers
      case ')' -> push(tuple(List.of()));
      case 't' -> push(tuple(sinceMark()));
      case 0x85 -> push(tuple(last(1)));
      case 0x86 -> push(tuple(last(2)));
      case 0x87 -> push(tuple(last(3)));
      case ']' -> {
        hold(BYTES_OF_A_CONTAINER);
        push(new ArrayList<>());
      }
      case 'l' -> push(new ArrayList<>(sinceMark()));
      case 'a' -> append(last(1));
      case 'e' -> append(sinceMark());
      case '}' -> {
        hold(BYTES_OF_A_CONTAINER);
        push(new LinkedHashMap<>());
      }
      case 'd' -> {
        hold(BYTES_OF_A_CONTAINER);
        List<Object> items = sinceMark();
        push(new LinkedHashMap<>());
        put(items);
      }
      case 's' -> put(last(2));
      case 'u' -> put(sinceMark());
      // memory
      case 'p' -> remember(wholeNumber(wholeText(line())));
      case 'q' -> remember(in.next());
      case 'r' -> remember(in.number(4));
      case 0x94 -> remember(memo.size());
      case 'g' -> recall(wholeNumber(wholeText(line())));
      case 'h' -> recall(in.next());
      case 'j' -> recall(in.number(4));
      // names, and what is done with them
      case 'c' -> push(new Global(line() + "." + line()));
      case 0x93 -> {
        List<Object> names = last(2);
        if (!(names.get(0) instanceof String module) || !(names.get(1) instanceof String name)) {
          throw bad("a global whose name is no text");
        }
        push(new Global(module + "." + name));
      }
      case 'Q' -> push(TorchStorage.of(pop(), in));
      case 'R', 0x81 -> {
        List<Object> both = last(2);
        push(call(both.get(0), both.get(1)));
      }
      case 'b' -> build(last(1).get(0));
      default -> throw bad("operation 0x%02x, which is not allowed or unknown", opcode);
    }
  }

  private void protocol() throws IOException {
    int version = in.next();
    if (version > 5) {
      throw bad("a pickle of protocol %d, must be 0 to 5", version);
    }
  }

  /** How far one may read ahead: frames follow one another, and end before the pickle does. */
  private void frame() throws IOException {
    long length = in.number(8);
    if (in.position() - 9 < frameEnd) {
      throw bad("a frame that begins within another");
    }
    if (length < 0 || length > in.remaining()) {
      throw bad("a frame of %s bytes, more than follow", Long.toUnsignedString(length));
    }
    frameEnd = in.position() + length;
  }

  // ---- the stack ----

  private void push(Object value) {
    stack.add(value);
  }

  private Object pop() {
    if (stack.isEmpty() || peek() == MARK) {
      throw bad("a pickle that takes from an empty stack");
    }
    return stack.remove(stack.size() - 1);
  }

  private Object peek() {
    if (stack.isEmpty()) {
      throw bad("a pickle that takes from an empty stack");
    }
    return stack.get(stack.size() - 1);
  }

  private List<Object> last(int count) {
    Object[] values = new Object[count];
    for (int i = count - 1; i >= 0; i--) {
      values[i] = pop();
    }
    return Arrays.asList(values);
  }

  private List<Object> sinceMark() {
    if (marks.isEmpty()) {
      throw bad("a pickle without the mark that it goes back to");
    }
    List<Object> top = stack.subList(marks.pop(), stack.size());
    List<Object> values = new ArrayList<>(top.subList(1, top.size()));
    top.clear();
    return values;
  }

  private void remember(long key) {
    Object value = peek();
    if (value == MARK) {
      throw bad("a pickle that keeps a mark");
    }
    memo.put(key, value);
  }

  private void recall(long key) {
    if (!memo.containsKey(key)) {
      throw bad("a pickle that asks for value %d of its memory before it is there", key);
    }
    push(memo.get(key));
  }

  // ---- containers ----

  private static List<Object> tuple(List<Object> values) {
    return Collections.unmodifiableList(values);
  }

  private void append(List<Object> values) {
    if (!(peek() instanceof ArrayList<?>)) {
      throw bad("a pickle that appends to what is no list");
    }
    @SuppressWarnings("unchecked")
    List<Object> list = (List<Object>) peek();
    list.addAll(values);
  }

  private void put(List<Object> values) {
    if (!(peek() instanceof LinkedHashMap<?, ?>) || values.size() % 2 != 0) {
      throw bad("a pickle that sets items of what is no dictionary");
    }
    @SuppressWarnings("unchecked")
    Map<Object, Object> map = (Map<Object, Object>) peek();
    for (int i = 0; i < values.size(); i += 2) {
      put(map, values.get(i), values.get(i + 1));
    }
  }

  private void put(Map<Object, Object> map, Object key, Object value) {
    // no containers: the hash of a deep one would overflow the Java stack
    if (key != null && !(key instanceof Comparable)) {
      throw bad("a dictionary whose key is a container");
    }
    // keys that collide are told apart by their order, which only those of one kind have
    if (!map.isEmpty() && kind(key) != kind(map.keySet().iterator().next())) {
      strangers++;
      if (strangers > MOST_STRANGERS) {
        throw bad("dictionaries with keys of many kinds");
      }
    }
    hold(BYTES_OF_AN_ITEM);
    map.put(key, value);
  }

  private static Class<?> kind(Object key) {
    return key == null ? null : key.getClass();
  }

  // ---- what may be called ----

  private Object call(Object callable, Object arguments) {
    if (!(callable instanceof Global global)) {
      throw bad("a pickle that calls what is no function");
    }
    if (!(arguments instanceof List<?> given) || arguments instanceof ArrayList<?>) {
      throw bad("a pickle that calls %s without a tuple of arguments", global);
    }
    return switch (global.name) {
      case "collections.OrderedDict" -> ordered(given);
      case "collections.defaultdict" -> { // its factory is a name, which is never called
        argument(given, 0, Global.class);
        yield ordered(given.subList(1, given.size()));
      }
      case "_codecs.encode" -> encoded(given); // how bytes are written before protocol 3
      case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2" -> view(given, null);
      case "torch._utils._rebuild_tensor_v3" -> view(given, argument(given, 6, Global.class));
      case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state" ->
          argument(given, 0, TorchView.class);
      case "torch._tensor._rebuild_from_type_v2" -> { // a tensor with attributes, which are left
        if (argument(given, 0, Global.class).name.equals(global.name)) {
          throw forbidden(global);
        }
        yield call(given.get(0), argument(given, 2, List.class));
      }
      case "torch.Size" -> argument(given, 0, List.class);
      case "torch.device" -> argument(given, 0, String.class);
      default -> throw forbidden(global);
    };
  }

  private JiffusionException forbidden(Global name) {
    return in.error(
        "the pickle wants to call "
            + name
            + ", which is not allowed: only tensors, containers and numbers are read, no code is"
            + " run; if you trust the file, save its weights as safetensors in Python");
  }

  private Ordered ordered(List<?> given) {
    hold(2 * BYTES_OF_A_CONTAINER);
    Ordered map = new Ordered();
    if (!given.isEmpty()) {
      List<?> pairs = argument(given, 0, List.class);
      for (Object pair : pairs) {
        if (!(pair instanceof List<?> both) || both.size() != 2) {
          throw bad("an OrderedDict of what are no pairs");
        }
        put(map, both.get(0), both.get(1));
      }
    }
    return map;
  }

  /** An object's state: an OrderedDict's attributes, such as a state dict's metadata, are left. */
  private void build(Object state) {
    if (!(peek() instanceof Ordered) || !(state instanceof Map)) {
      throw bad("a pickle that sets the state of what is no OrderedDict");
    }
  }

  private byte[] encoded(List<?> given) {
    String text = argument(given, 0, String.class);
    if (!argument(given, 1, String.class).equals("latin1")) {
      throw bad("bytes in an encoding that is not latin1");
    }
    hold(text.length());
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private TorchView view(List<?> given, Global dtype) {
    hold(2 * 8 * TorchView.MOST_AXES);
    return TorchView.of(
        argument(given, 0, TorchStorage.class),
        dtype,
        argument(given, 1, Long.class),
        argument(given, 2, List.class),
        argument(given, 3, List.class),
        in);
  }

  private <T> T argument(List<?> given, int index, Class<T> type) {
    if (index >= given.size() || !type.isInstance(given.get(index))) {
      throw bad("a pickle that calls a function with wrong arguments");
    }
    return type.cast(given.get(index));
  }

  // ---- numbers and texts ----

  private Object whole(byte[] little) {
    if (little.length > 1024) {
      throw bad("a whole number of %d bytes", little.length);
    }
    byte[] big = new byte[little.length];
    for (int i = 0; i < big.length; i++) {
      big[i] = little[big.length - 1 - i];
    }
    return narrow(big.length == 0 ? BigInteger.ZERO : new BigInteger(big));
  }

  private static Object narrow(BigInteger number) {
    return number.bitLength() < 64 ? (Object) number.longValue() : number;
  }

  private Object wholeText(String text) {
    if (text.equals("00") || text.equals("01")) {
      return text.equals("01"); // how protocols 0 and 1 write booleans
    }
    if (text.length() > 1000 || !text.matches("[-+]?[0-9]+")) {
      throw bad("a whole number that is none");
    }
    return narrow(new BigInteger(text));
  }

  private long wholeNumber(Object number) {
    if (!(number instanceof Long whole)) {
      throw bad("a place in memory that is no whole number");
    }
    return whole;
  }

  private double floatText(String text) {
    String plain = text.replace("inf", "Infinity").replace("nan", "NaN");
    try {
      return Double.parseDouble(plain);
    } catch (NumberFormatException e) {
      throw bad("a number that is none");
    }
  }

  private String text(byte[] utf8) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(utf8)).toString();
    } catch (CharacterCodingException e) {
      throw bad("a text that is not UTF-8");
    }
  }

  private JiffusionException bad(String what, Object... values) {
    return in.error("it holds " + what.formatted(values));
  }
}
