package io.jiffusion.weights;

import io.jiffusion.run.JiffusionException;
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
  private static final int MAX_OPCODES = 5_000_000;
  private static final int MAX_BYTES = 1 << 25;
  private static final Object MARK = new Object();

  private static final Map<String, DType> STORAGES =
      Map.ofEntries(
          Map.entry("torch.DoubleStorage", DType.F64),
          Map.entry("torch.FloatStorage", DType.F32),
          Map.entry("torch.HalfStorage", DType.F16),
          Map.entry("torch.BFloat16Storage", DType.BF16),
          Map.entry("torch.LongStorage", DType.I64),
          Map.entry("torch.IntStorage", DType.I32),
          Map.entry("torch.ShortStorage", DType.I16),
          Map.entry("torch.CharStorage", DType.I8),
          Map.entry("torch.ByteStorage", DType.U8),
          Map.entry("torch.BoolStorage", DType.BOOL),
          Map.entry("torch.storage.UntypedStorage", DType.U8),
          Map.entry("torch.UntypedStorage", DType.U8));

  private static final Map<String, DType> TYPES =
      Map.ofEntries(
          Map.entry("torch.float64", DType.F64),
          Map.entry("torch.float32", DType.F32),
          Map.entry("torch.float16", DType.F16),
          Map.entry("torch.bfloat16", DType.BF16),
          Map.entry("torch.int64", DType.I64),
          Map.entry("torch.int32", DType.I32),
          Map.entry("torch.int16", DType.I16),
          Map.entry("torch.int8", DType.I8),
          Map.entry("torch.uint8", DType.U8),
          Map.entry("torch.uint16", DType.U16),
          Map.entry("torch.uint32", DType.U32),
          Map.entry("torch.uint64", DType.U64),
          Map.entry("torch.bool", DType.BOOL));

  /** A name of a class or function, which is never looked up. */
  record Global(String name) {}

  /** An {@code OrderedDict}, the one kind of object that may have a state. */
  private static final class Ordered extends LinkedHashMap<Object, Object> {
    private static final long serialVersionUID = 1;
  }

  /**
   * Where numbers of tensors are.
   *
   * @param type of its elements
   * @param key its name in the file
   * @param count of elements
   */
  record Storage(DType type, String key, long count) {}

  /**
   * A view of a storage. Its elements lie in the storage.
   *
   * @param offset of the first element
   * @param strides between neighbours along each axis, in elements
   */
  record View(Storage storage, DType type, long offset, long[] shape, long[] strides) {
    long count() {
      long count = 1;
      for (long size : shape) {
        count *= size;
      }
      return count;
    }

    /** Index in the storage of the last element that is used, and one; 0 for no elements. */
    long end() {
      long end = offset + 1;
      for (int i = 0; i < shape.length; i++) {
        if (shape[i] == 0) {
          return 0;
        }
        end += (shape[i] - 1) * strides[i];
      }
      return end;
    }
  }

  private final Bytes in;
  private final List<Object> stack = new ArrayList<>();
  private final Deque<Integer> marks = new ArrayDeque<>();
  private final Map<Long, Object> memo = new HashMap<>();
  private int copied;

  private Pickle(Bytes in) {
    this.in = in;
  }

  /**
   * Runs a pickle; the input is then behind it.
   *
   * @throws JiffusionException if it is damaged, or wants what is not allowed
   */
  static Object read(Bytes in) throws IOException {
    return new Pickle(in).run();
  }

  private Object run() throws IOException {
    long start = in.position();
    for (int opcodes = 0; opcodes < MAX_OPCODES; opcodes++) {
      if (in.position() - start > MAX_BYTES) {
        break;
      }
      int opcode = in.next();
      if (opcode == '.') {
        return pop();
      }
      step(opcode);
    }
    throw bad("a pickle of more than %d operations or %d bytes", MAX_OPCODES, MAX_BYTES);
  }

  private void step(int opcode) throws IOException {
    switch (opcode) {
      case 0x80 -> protocol();
      case 0x95 -> in.skip(8); // FRAME: how far one may read ahead
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
      case 'I' -> push(wholeText(in.line()));
      case 'L' -> push(wholeText(in.line().replaceAll("L$", "")));
      case 'F' -> push(floatText(in.line()));
      case 'G' -> push(Double.longBitsToDouble(Long.reverseBytes(in.number(8))));
      case 0x8a -> push(whole(in.bytes(in.next())));
      case 0x8b -> push(whole(in.bytes(in.number(4))));
      // texts and bytes
      case 'X' -> push(text(in.bytes(in.number(4))));
      case 0x8c -> push(text(in.bytes(in.next())));
      case 0x8d -> push(text(in.bytes(in.number(8))));
      case 'V' -> push(in.line());
      case 'S' -> push(in.line().replaceAll("^['\"]|['\"]$", ""));
      case 'T' -> push(new String(in.bytes(in.number(4)), StandardCharsets.ISO_8859_1));
      case 'U' -> push(new String(in.bytes(in.next()), StandardCharsets.ISO_8859_1));
      case 'B' -> push(in.bytes(in.number(4)));
      case 'C' -> push(in.bytes(in.next()));
      case 0x8e, 0x96 -> push(in.bytes(in.number(8)));
      // containers
      case ')' -> push(tuple(List.of()));
      case 't' -> push(tuple(sinceMark()));
      case 0x85 -> push(tuple(last(1)));
      case 0x86 -> push(tuple(last(2)));
      case 0x87 -> push(tuple(last(3)));
      case ']' -> push(new ArrayList<>());
      case 'l' -> push(new ArrayList<>(sinceMark()));
      case 'a' -> append(last(1));
      case 'e' -> append(sinceMark());
      case '}' -> push(new LinkedHashMap<>());
      case 'd' -> {
        List<Object> items = sinceMark();
        push(new LinkedHashMap<>());
        put(items);
      }
      case 's' -> put(last(2));
      case 'u' -> put(sinceMark());
      // memory
      case 'p' -> remember(wholeNumber(wholeText(in.line())));
      case 'q' -> remember(in.next());
      case 'r' -> remember(in.number(4));
      case 0x94 -> remember(memo.size());
      case 'g' -> recall(wholeNumber(wholeText(in.line())));
      case 'h' -> recall(in.next());
      case 'j' -> recall(in.number(4));
      // names, and what is done with them
      case 'c' -> push(new Global(in.line() + "." + in.line()));
      case 0x93 -> {
        List<Object> names = last(2);
        if (!(names.get(0) instanceof String module) || !(names.get(1) instanceof String name)) {
          throw bad("a global whose name is no text");
        }
        push(new Global(module + "." + name));
      }
      case 'Q' -> push(storage(pop()));
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
    if (key instanceof List || key instanceof Map || key instanceof byte[] || key == MARK) {
      throw bad("a dictionary whose key is a container");
    }
    map.put(key, value);
  }

  // ---- what may be called ----

  private Object call(Object callable, Object arguments) {
    if (!(callable instanceof Global global)) {
      throw bad("a pickle that calls what is no function");
    }
    if (!(arguments instanceof List<?> given) || arguments instanceof ArrayList<?>) {
      throw bad("a pickle that calls %s without a tuple of arguments", global.name);
    }
    return switch (global.name) {
      case "collections.OrderedDict" -> ordered(given);
      case "torch._utils._rebuild_tensor", "torch._utils._rebuild_tensor_v2" -> view(given, null);
      case "torch._utils._rebuild_tensor_v3" -> view(given, argument(given, 6, Global.class));
      case "torch._utils._rebuild_parameter", "torch._utils._rebuild_parameter_with_state" ->
          argument(given, 0, View.class);
      case "torch._tensor._rebuild_from_type_v2" -> { // a tensor with attributes, which are left
        if (argument(given, 0, Global.class).name.equals(global.name)) {
          throw forbidden(global.name + " of itself");
        }
        yield call(given.get(0), argument(given, 2, List.class));
      }
      case "torch.Size" -> argument(given, 0, List.class);
      case "torch.device" -> argument(given, 0, String.class);
      default -> throw forbidden(global.name);
    };
  }

  private JiffusionException forbidden(String name) {
    return in.error(
        "the pickle wants to call "
            + name
            + ", which is not allowed: only tensors, containers and numbers are read, no code is"
            + " run; if you trust the file, save its weights as safetensors in Python");
  }

  private Ordered ordered(List<?> given) {
    Ordered map = new Ordered();
    if (!given.isEmpty()) {
      List<?> pairs = argument(given, 0, List.class);
      copied += pairs.size();
      if (copied > MAX_OPCODES || copied < 0) { // one list may be copied over and over
        throw bad("OrderedDicts of more than %d items", MAX_OPCODES);
      }
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

  private Storage storage(Object id) {
    if (!(id instanceof List<?> parts)
        || parts.size() < 5
        || !"storage".equals(parts.get(0))
        || !(parts.get(1) instanceof Global type)
        || !(parts.get(2) instanceof String key)
        || !(parts.get(4) instanceof Long count)) {
      throw bad("a persistent object that is no storage");
    }
    if (!STORAGES.containsKey(type.name)) {
      throw bad(
          "a storage %s, which is not known here: must be one of floats, integers and booleans",
          type.name);
    }
    if (parts.size() > 5 && parts.get(5) != null) {
      throw bad("a storage that is a view of another, as before torch 0.4");
    }
    if (count < 0) {
      throw bad("a storage of %d elements", count);
    }
    return new Storage(STORAGES.get(type.name), key, count);
  }

  private View view(List<?> given, Global dtype) {
    Storage storage = argument(given, 0, Storage.class);
    DType type = dtype == null ? storage.type : TYPES.get(dtype.name);
    if (type == null) {
      throw bad("a tensor of type %s, which is not known here", dtype.name);
    }
    long offset = argument(given, 1, Long.class);
    long[] shape = sizes(argument(given, 2, List.class), "size");
    long[] strides = sizes(argument(given, 3, List.class), "stride");
    if (shape.length != strides.length) {
      throw bad("a tensor of %d sizes and %d strides", shape.length, strides.length);
    }
    long have = storage.count * storage.type.bytes() / type.bytes();
    long end;
    long count = 1;
    try {
      end = Math.addExact(offset, 1);
      for (int i = 0; i < shape.length; i++) {
        count = Math.multiplyExact(count, shape[i]);
        end = Math.addExact(end, Math.multiplyExact(Math.max(0, shape[i] - 1), strides[i]));
      }
    } catch (ArithmeticException e) {
      end = Long.MAX_VALUE;
    }
    if (offset < 0 || count > 0 && end > have) {
      throw bad(
          "a tensor %s with offset %d and strides %s, which leads outside of its storage of %d"
              + " elements",
          Arrays.toString(shape), offset, Arrays.toString(strides), have);
    }
    if (count > Math.max(have, 1 << 24)) {
      throw bad("a tensor %s made of %d stored elements", Arrays.toString(shape), have);
    }
    return new View(storage, type, offset, shape, strides);
  }

  private long[] sizes(List<?> list, String what) {
    if (list.size() > 64) {
      throw bad("a tensor of %d axes, must be 64 at most", list.size());
    }
    long[] sizes = new long[list.size()];
    for (int i = 0; i < sizes.length; i++) {
      if (!(list.get(i) instanceof Long size) || size < 0) {
        throw bad("a tensor with a %s that is no whole number from 0", what);
      }
      sizes[i] = size;
    }
    return sizes;
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

  /** A range of a file, read forwards; nothing is allocated before it is known to be there. */
  static final class Bytes {
    private final TorchFile file;
    private final long end;
    private final ByteBuffer buffer = ByteBuffer.allocate(1 << 13).limit(0);
    private long next;

    Bytes(TorchFile file, long from, long end) {
      this.file = file;
      this.next = from;
      this.end = end;
    }

    /** Of the next byte, in the file. */
    long position() {
      return next - buffer.remaining();
    }

    void skip(long count) throws IOException {
      for (long i = 0; i < count; i++) {
        next();
      }
    }

    int next() throws IOException {
      if (!buffer.hasRemaining()) {
        if (next >= end) {
          throw error("it ends in the middle of a pickle; copy or download it again");
        }
        buffer.clear().limit((int) Math.min(buffer.capacity(), end - next));
        file.read(buffer, next);
        next += buffer.flip().remaining();
      }
      return buffer.get() & 0xFF;
    }

    /** A little-endian number of up to 8 bytes, the sign of 8 its own. */
    long number(int bytes) throws IOException {
      long value = 0;
      for (int i = 0; i < bytes; i++) {
        value |= (long) next() << (8 * i);
      }
      return value;
    }

    byte[] bytes(long count) throws IOException {
      if (count < 0 || count > end - position() || count > MAX_BYTES) {
        throw error(
            "it holds a text or number of "
                + Long.toUnsignedString(count)
                + " bytes, more than follow; copy or download it again");
      }
      byte[] bytes = new byte[(int) count];
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = (byte) next();
      }
      return bytes;
    }

    String line() throws IOException {
      StringBuilder line = new StringBuilder();
      for (int c = next(); c != '\n'; c = next()) {
        if (line.length() > 10_000) {
          throw error("it holds a line of more than 10000 letters");
        }
        line.append((char) c);
      }
      return line.toString();
    }

    JiffusionException error(String problem) {
      return new JiffusionException(file.path() + " is not read: " + problem);
    }
  }
}
