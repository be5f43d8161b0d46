package io.jiffusion.weights;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.Shown;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * The table of a torch file's zip archive. PyTorch stores its entries uncompressed under one
 * folder; whatever is packed otherwise is refused, so nothing can unpack to more than the file's
 * size.
 */
final class TorchZip {
  private static final int END = 0x06054b50;
  private static final int END64 = 0x06064b50;
  private static final int LOCATOR64 = 0x07064b50;
  private static final int ENTRY = 0x02014b50;
  private static final int LOCAL = 0x04034b50;
  private static final long BYTES_OF_AN_ENTRY = 200;
  private static final String PICKLE = "/data.pkl";

  /** An entry: where its header is, how long its bytes are, and how they are packed. */
  private record Entry(long header, long size, long packed, int method, int flags) {}

  private final FileBytes file;
  private final Map<String, Entry> entries = new LinkedHashMap<>();
  private final NavigableMap<Long, Long> ends = new TreeMap<>(); // of entries used, by header
  private String root;

  private TorchZip(FileBytes file) {
    this.file = file;
  }

  static TorchZip read(FileBytes file) throws IOException {
    long size = file.size();
    TorchZip zip = new TorchZip(file);
    zip.readTable(size);
    for (String name : zip.entries.keySet()) {
      if (name.endsWith(PICKLE) && name.indexOf('/') == name.length() - PICKLE.length()) {
        if (zip.root != null) {
          throw file.bad(
              "it has two pickles, " + Shown.value(zip.root) + "data.pkl and " + Shown.value(name));
        }
        zip.root = name.substring(0, name.length() - PICKLE.length() + 1);
      }
    }
    if (zip.root == null) {
      throw file.bad("it is a zip archive without data.pkl, no file that torch.save wrote");
    }
    for (String name : zip.entries.keySet()) {
      if (name.startsWith(zip.root + "code/") || name.equals(zip.root + "constants.pkl")) {
        throw file.bad(
            "it is a TorchScript archive, which is a program; save the model's state_dict instead: in"
                + " Python, where it is trusted, safetensors.torch.save_file(torch.jit.load(FILE)"
                + ".state_dict(), \"weights.safetensors\")");
      }
    }
    return zip;
  }

  private void readTable(long size) throws IOException {
    int tail = (int) Math.min(size, 22 + 0xFFFF);
    ByteBuffer end = buffer(size - tail, tail);
    int at = tail - 22;
    while (at >= 0
        && !(end.getInt(at) == END && at + 22 + (end.getShort(at + 20) & 0xFFFF) == tail)) {
      at--;
    }
    if (at < 0) {
      throw file.bad("its zip archive is cut short; copy or download it again");
    }
    long count = end.getShort(at + 10) & 0xFFFF;
    long length = end.getInt(at + 12) & 0xFFFFFFFFL;
    long start = end.getInt(at + 16) & 0xFFFFFFFFL;
    long stop = size - tail + at; // where the table must end
    if (at >= 20 && end.getInt(at - 20) == LOCATOR64) {
      stop = place(end.getLong(at - 12), 56, size);
      ByteBuffer end64 = buffer(stop, 56);
      if (end64.getInt(0) != END64) {
        throw broken();
      }
      count = end64.getLong(32);
      length = end64.getLong(40);
      start = end64.getLong(48);
    }
    long memory = 5 * length + BYTES_OF_AN_ENTRY * (length / 46); // a table names what it holds
    if (length < 0 || length > 1 << 28 || memory > Pickle.MOST_MEMORY) {
      throw file.bad("its zip archive has a table of " + length + " bytes, more than any model's");
    }
    if (place(start, length, size) + length != stop) {
      throw broken();
    }
    ByteBuffer table = buffer(start, (int) length);
    for (long i = 0; i < count; i++) {
      readEntry(table);
    }
    if (table.hasRemaining()) {
      throw broken();
    }
  }

  private void readEntry(ByteBuffer table) {
    if (table.remaining() < 46 || table.getInt(table.position()) != ENTRY) {
      throw broken();
    }
    int at = table.position();
    int flags = table.getShort(at + 8);
    int method = table.getShort(at + 10);
    long packed = table.getInt(at + 20) & 0xFFFFFFFFL;
    long size = table.getInt(at + 24) & 0xFFFFFFFFL;
    int name = table.getShort(at + 28) & 0xFFFF;
    int extra = table.getShort(at + 30) & 0xFFFF;
    int comment = table.getShort(at + 32) & 0xFFFF;
    long header = table.getInt(at + 42) & 0xFFFFFFFFL;
    if (table.remaining() < 46 + name + extra + comment) {
      throw broken();
    }
    byte[] text = new byte[name];
    table.position(at + 46);
    table.get(text);
    int stop = at + 46 + name + extra;
    for (int field = at + 46 + name; field + 4 <= stop; ) { // wide numbers of zip64
      int kind = table.getShort(field) & 0xFFFF;
      int wide = field + 4;
      field = wide + (table.getShort(field + 2) & 0xFFFF);
      if (kind == 1) {
        if (size == 0xFFFFFFFFL && wide + 8 <= stop) {
          size = table.getLong(wide);
          wide += 8;
        }
        if (packed == 0xFFFFFFFFL && wide + 8 <= stop) {
          packed = table.getLong(wide);
          wide += 8;
        }
        if (header == 0xFFFFFFFFL && wide + 8 <= stop) {
          header = table.getLong(wide);
        }
      }
    }
    table.position(stop + comment);
    String key = new String(text, StandardCharsets.UTF_8);
    if (entries.put(key, new Entry(header, size, packed, method, flags)) != null) {
      throw file.bad("its zip archive has two entries " + Shown.value(key));
    }
  }

  boolean has(String name) {
    return entries.containsKey(root + name);
  }

  long size(String name) {
    return entry(name).size;
  }

  /** Where an entry's bytes begin in the file; they are known to lie in it. */
  long start(String name) throws IOException {
    Entry entry = entry(name);
    if (entry.method != 0 || entry.packed != entry.size) {
      throw file.bad(
          "its entry "
              + Shown.value(root + name)
              + " is compressed; torch.save stores entries as they are");
    }
    if ((entry.flags & 1) != 0) {
      throw file.bad("its entry " + Shown.value(root + name) + " is encrypted");
    }
    ByteBuffer local = buffer(place(entry.header, 30, file.size()), 30);
    if (local.getInt(0) != LOCAL) {
      throw broken();
    }
    long start = entry.header + 30 + (local.getShort(26) & 0xFFFF) + (local.getShort(28) & 0xFFFF);
    place(start, entry.size, file.size());
    if (ends.put(entry.header, start + entry.size) != null) {
      throw overlap();
    }
    return start;
  }

  /** Entries that share bytes would hold more than the file does. */
  void refuseOverlaps() {
    long end = 0;
    for (Map.Entry<Long, Long> entry : ends.entrySet()) {
      if (entry.getKey() < end) {
        throw overlap();
      }
      end = entry.getValue();
    }
  }

  PickleBytes bytes(String name) throws IOException {
    long start = start(name);
    return new PickleBytes(file, start, start + size(name));
  }

  private Entry entry(String name) {
    Entry entry = entries.get(root + name);
    if (entry == null) {
      throw file.bad("its zip archive has no entry " + Shown.value(root + name));
    }
    return entry;
  }

  private long place(long start, long length, long size) {
    if (start < 0 || length < 0 || start > size - length) {
      throw broken();
    }
    return start;
  }

  private ByteBuffer buffer(long from, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    file.read(bytes, from);
    return bytes.flip();
  }

  private JiffusionException overlap() {
    return file.bad("the entries of its zip archive overlap");
  }

  private JiffusionException broken() {
    return file.bad("the table of its zip archive is damaged; copy or download it again");
  }
}
