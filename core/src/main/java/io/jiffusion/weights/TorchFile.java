package io.jiffusion.weights;

import io.jiffusion.base.AtomicFile;
import io.jiffusion.base.Half;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.Shown;
import java.io.EOFException;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A file that {@code torch.save} wrote, in the zip format (since PyTorch 1.6) or the one before it:
 * {@code .pt}, {@code .pth}, {@code .ckpt}, {@code .bin}. It is read by our own restricted machine,
 * {@link Pickle}: nothing in the file is run. All is checked on opening but the numbers, which are
 * read when they are asked for.
 *
 * <p>An array's name is the path to it, keys and positions in lists joined by {@code /}: {@code
 * 4/conv_in.weight}, {@code state_dict/model.betas}.
 */
public final class TorchFile implements ArrayFile {
  private static final BigInteger MAGIC = new BigInteger("1950a86a20f9469cfc6c", 16);
  private static final int PROTOCOL = 1001;
  private static final int DEEPEST = 100;
  private static final int LONGEST_NAME = 10_000;
  private static final int BYTES_OF_A_VALUE = 200;
  private static final int MOST_SHARED = 8; // tensors of one storage
  private static final long MOST_MADE = 1 << 26; // bytes of tensors that repeat one number
  private static final int CHUNK = 1 << 18;

  private final FileBytes file;
  private Object content;
  private ByteOrder order = ByteOrder.LITTLE_ENDIAN;
  private final Map<String, Long> starts = new LinkedHashMap<>(); // of storages, by key
  private long size; // of the file
  private long visited; // bytes of memory, by a careful estimate
  private long written; // bytes of all tensors, those that share a storage counted anew
  private final Map<String, TorchView> views = new LinkedHashMap<>();
  private final Map<String, Info> arrays = new LinkedHashMap<>();

  private TorchFile(FileBytes file) {
    this.file = file;
  }

  /**
   * Opens a file and checks it.
   *
   * @throws JiffusionException if it cannot be read, is none, is damaged, or wants to run code
   */
  public static TorchFile open(Path path) {
    FileBytes bytes = null;
    boolean opened = false;
    try {
      bytes = FileBytes.open(path);
      TorchFile file = new TorchFile(bytes);
      file.readContent();
      opened = true;
      return file;
    } catch (EOFException e) {
      throw bytes.bad("it is cut short; copy or download it again");
    } catch (IOException e) {
      throw new JiffusionException("cannot read " + path + ": " + AtomicFile.reason(e), e);
    } finally {
      if (bytes != null && !opened) {
        bytes.close();
      }
    }
  }

  private void readContent() throws IOException {
    size = file.size();
    ByteBuffer start = ByteBuffer.allocate((int) Math.min(512, size));
    file.read(start, 0);
    byte[] bytes = start.array();
    if (bytes.length >= 4 && bytes[0] == 'P' && bytes[1] == 'K' && bytes[2] == 3 && bytes[3] == 4) {
      readZip();
    } else if (bytes.length >= 2 && (bytes[0] & 0xFF) == 0x80 && bytes[1] <= 5
        || new String(bytes, StandardCharsets.ISO_8859_1).startsWith("L" + MAGIC + "L\n")) {
      readLegacy();
    } else {
      throw bad(what(bytes) + ", no file that torch.save wrote");
    }
  }

  private static String what(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    if (bytes.length == 0) {
      return "it is empty";
    }
    if (text.startsWith("version https://git-lfs")) {
      return "it is a pointer of Git LFS in place of the file; fetch it with git lfs pull";
    }
    if (text.stripLeading().startsWith("<")) {
      return "it is a web page";
    }
    if (text.length() > 262 && text.startsWith("ustar", 257)) {
      return "it is a tar archive, the format before PyTorch 0.2 (save it again with a newer one)";
    }
    if (text.length() > 8 && text.charAt(8) == '{') {
      return "it looks like a safetensors file (give it that ending)";
    }
    return "it is neither a zip archive nor begins with PyTorch's mark";
  }

  // ---- the two formats ----

  private void readZip() throws IOException {
    TorchZip zip = TorchZip.read(file);
    content = Pickle.read(zip.bytes("data.pkl"));
    nameArrays();
    if (zip.has("byteorder")) {
      PickleBytes text = zip.bytes("byteorder");
      order = text.next() == 'b' ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    }
    for (TorchStorage storage : storages()) {
      String entry = "data/" + storage.key();
      starts.put(storage.key(), zip.start(entry));
      checkSize(storage, zip.size(entry));
    }
    zip.refuseOverlaps();
  }

  private void readLegacy() throws IOException {
    PickleBytes in = new PickleBytes(file, 0, file.size());
    if (!MAGIC.equals(Pickle.read(in))) {
      throw bad("it is a pickle, but does not begin with PyTorch's mark");
    }
    if (!Long.valueOf(PROTOCOL).equals(Pickle.read(in))) {
      throw bad("it is of an unknown version of PyTorch's format, must be " + PROTOCOL);
    }
    if (Pickle.read(in) instanceof Map<?, ?> system
        && Boolean.FALSE.equals(system.get("little_endian"))) {
      order = ByteOrder.BIG_ENDIAN;
    }
    content = Pickle.read(in);
    nameArrays();
    if (!(Pickle.read(in) instanceof List<?> keys)) {
      throw bad("it has no list of its storages");
    }
    Map<String, TorchStorage> known = new LinkedHashMap<>();
    storages().forEach(storage -> known.put(storage.key(), storage));
    long at = in.position();
    for (Object key : keys) {
      TorchStorage storage = key instanceof String name ? known.get(name) : null;
      if (storage == null) {
        throw bad("its list of storages has one that belongs to no tensor");
      }
      ByteBuffer count = ByteBuffer.allocate(8).order(order);
      file.read(count, at);
      long bytes = bytes(storage, count.flip().getLong());
      checkSize(storage, bytes);
      if (starts.put(storage.key(), at + 8) != null) {
        throw bad("it has two storages " + Shown.value(key));
      }
      if (bytes > file.size() - at - 8) {
        throw new EOFException();
      }
      at += 8 + bytes;
    }
    for (String key : known.keySet()) {
      if (!starts.containsKey(key)) {
        throw bad("the numbers of storage " + Shown.value(key) + " are missing");
      }
    }
  }

  private void checkSize(TorchStorage storage, long bytes) {
    long need = bytes(storage, storage.count());
    if (bytes != need) {
      throw bad(
          "its storage "
              + Shown.value(storage.key())
              + " has "
              + bytes
              + " bytes, must have "
              + need);
    }
  }

  private long bytes(TorchStorage storage, long count) {
    try {
      return Math.multiplyExact(count, storage.type().bytes());
    } catch (ArithmeticException e) {
      throw bad(
          "its storage "
              + Shown.value(storage.key())
              + " has "
              + count
              + " elements, more than a file");
    }
  }

  // ---- what is in it ----

  /** A container on the way down, and its name with a slash. */
  private record Inside(Object container, String prefix, int depth) {}

  /** All tensors by path; deeper than any checkpoint, or round in circles, is refused. */
  private void nameArrays() {
    Deque<Inside> open = new ArrayDeque<>();
    visit("", content, 0, open);
    while (!open.isEmpty()) {
      Inside inside = open.pop();
      if (inside.container instanceof Map<?, ?> map) {
        map.forEach(
            (key, value) -> visit(inside.prefix + name(key), value, inside.depth + 1, open));
      } else {
        List<?> list = (List<?>) inside.container;
        for (int i = 0; i < list.size(); i++) {
          visit(inside.prefix + i, list.get(i), inside.depth + 1, open);
        }
      }
    }
  }

  private void visit(String name, Object value, int depth, Deque<Inside> open) {
    if (depth > DEEPEST) {
      throw bad("its content is nested more than " + DEEPEST + " deep, or has no end");
    }
    if (value instanceof TorchView view) {
      if (views.put(name, view) != null) {
        throw bad("two of its tensors are called " + Shown.value(name));
      }
      arrays.put(name, new Info(view.type(), view.shape()));
      written += view.count() * view.type().bytes();
      if (written > MOST_SHARED * size + MOST_MADE) {
        throw bad("its tensors, written out, are many times what the file holds");
      }
    } else if (value instanceof Map || value instanceof List) {
      open.push(new Inside(value, name.isEmpty() ? "" : name + "/", depth));
    }
    // a list that holds one list twice, and so on, is small in the file and without end here
    visited += BYTES_OF_A_VALUE + name.length();
    if (visited > Pickle.MOST_MEMORY) {
      throw bad("its content, written out, is more than the memory that Java may use, or endless");
    }
  }

  private String name(Object key) {
    String name = key instanceof Pickle.Global global ? global.name() : String.valueOf(key);
    if (name.length() > LONGEST_NAME) {
      throw bad("it holds a key of " + name.length() + " letters");
    }
    return name;
  }

  private Collection<TorchStorage> storages() {
    Map<String, TorchStorage> all = new LinkedHashMap<>();
    for (TorchView view : views.values()) {
      TorchStorage storage = view.storage();
      TorchStorage known = all.putIfAbsent(storage.key(), storage);
      if (known != null && !known.equals(storage)) {
        throw bad("its storage " + Shown.value(storage.key()) + " is told in two ways");
      }
    }
    return all.values();
  }

  /**
   * What the file holds: maps, lists, texts, numbers, truth values and nulls; tensors are among
   * {@link #arrays()}.
   */
  public Object content() {
    return content;
  }

  @Override
  public Path path() {
    return file.path();
  }

  @Override
  public Map<String, Info> arrays() {
    return Collections.unmodifiableMap(arrays);
  }

  // ---- numbers ----

  private interface Element {
    void take(ByteBuffer bytes, int at);
  }

  @Override
  public float[] floats(String name) {
    return floats(name, 0, count(name));
  }

  @Override
  public float[] floats(String name, long from, int count) {
    DType type = floating(name);
    float[] out = new float[count];
    elements(
        name,
        from,
        count,
        (bytes, at) ->
            out[at] =
                switch (type) {
                  case F16 -> Half.fromF16(bytes.getShort());
                  case BF16 -> Half.fromBF16(bytes.getShort());
                  case F32 -> bytes.getFloat();
                  default -> (float) bytes.getDouble();
                });
    return out;
  }

  @Override
  public double[] doubles(String name) {
    DType type = floating(name);
    double[] out = new double[count(name)];
    elements(
        name,
        0,
        out.length,
        (bytes, at) ->
            out[at] =
                switch (type) {
                  case F16 -> Half.fromF16(bytes.getShort());
                  case BF16 -> Half.fromBF16(bytes.getShort());
                  case F32 -> bytes.getFloat();
                  default -> bytes.getDouble();
                });
    return out;
  }

  @Override
  public long[] longs(String name) {
    DType type = view(name).type();
    if (type.floating()) {
      throw bad(
          "its tensor " + Shown.value(name) + " has type " + type + ", must be an integer type");
    }
    long[] out = new long[count(name)];
    elements(
        name,
        0,
        out.length,
        (bytes, at) ->
            out[at] =
                switch (type) {
                  case BOOL, U8 -> bytes.get() & 0xFF;
                  case I8 -> bytes.get();
                  case U16 -> bytes.getShort() & 0xFFFF;
                  case I16 -> bytes.getShort();
                  case U32 -> bytes.getInt() & 0xFFFFFFFFL;
                  case I32 -> bytes.getInt();
                  default -> bytes.getLong();
                });
    return out;
  }

  private DType floating(String name) {
    DType type = view(name).type();
    if (!type.floating()) {
      throw bad(
          "its tensor "
              + Shown.value(name)
              + " has type "
              + type
              + ", must be F16, BF16, F32 or F64");
    }
    return type;
  }

  private TorchView view(String name) {
    TorchView view = views.get(name);
    if (view == null) {
      throw bad("it has no tensor " + Shown.value(name));
    }
    return view;
  }

  private int count(String name) {
    long count = view(name).count();
    if (count > Integer.MAX_VALUE - 8) {
      throw bad(
          "its tensor " + Shown.value(name) + " is too large for one Java array; read it in parts");
    }
    return (int) count;
  }

  /** Elements of a view in row-major order, read in runs that lie together in the file. */
  private void elements(String name, long from, int count, Element element) {
    TorchView view = view(name);
    if (from < 0 || count < 0 || from + count > view.count()) {
      throw new IllegalArgumentException(
          "illegal elements: "
              + from
              + " to "
              + (from + count)
              + ", must be in 0 to "
              + view.count());
    }
    int width = view.type().bytes();
    long start = starts.get(view.storage().key());
    int contiguous = view.contiguousAxes();
    long run = view.run(contiguous);
    ByteBuffer buffer = ByteBuffer.allocate(CHUNK).order(order);
    int at = 0;
    try {
      while (at < count) {
        long index = from + at;
        long place = view.start(contiguous, index / run) + index % run;
        int here = (int) Math.min(Math.min(count - at, run - index % run), CHUNK / width);
        buffer.clear().limit(here * width);
        file.read(buffer, start + place * width);
        buffer.flip();
        for (int last = at + here; at < last; at++) {
          element.take(buffer, at);
        }
      }
    } catch (IOException e) {
      throw new JiffusionException("cannot read " + file.path() + ": " + AtomicFile.reason(e), e);
    }
  }

  private JiffusionException bad(String problem) {
    return file.bad(problem);
  }

  @Override
  public void close() {
    file.close();
  }

  @Override
  public String toString() {
    return file.path() + " " + Arrays.toString(arrays.keySet().toArray());
  }
}
