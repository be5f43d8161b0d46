package io.jiffusion.data;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.Shown;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * Header of an npy array: a Python dictionary literal, read by this small grammar and never
 * evaluated.
 *
 * @param type of the elements
 * @param order of the bytes
 * @param shape sizes, outermost first
 * @param bytes of all elements
 */
// Numbers that are never compared.
@SuppressWarnings("ArrayRecordComponent")
record NpyHeader(Npy.Type type, ByteOrder order, long[] shape, long bytes) {
  static final byte[] MAGIC = {(byte) 0x93, 'N', 'U', 'M', 'P', 'Y'};
  private static final int MAX_LENGTH = 1 << 16;
  private static final int MAX_RANK = 64;

  static NpyHeader read(InputStream in, String where) throws IOException {
    byte[] start = in.readNBytes(MAGIC.length + 2);
    if (start.length < MAGIC.length + 2
        || !Arrays.equals(Arrays.copyOf(start, MAGIC.length), MAGIC)) {
      throw new JiffusionException(where + " is no npy array: it does not begin as one");
    }
    int version = start[MAGIC.length];
    if (version < 1 || version > 3) {
      throw new JiffusionException(
          where + " has npy format version " + version + ", must be 1 to 3");
    }
    byte[] size = Arrays.copyOf(in.readNBytes(version == 1 ? 2 : 4), 4);
    int length = ByteBuffer.wrap(size).order(ByteOrder.LITTLE_ENDIAN).getInt();
    if (length < 0 || length > MAX_LENGTH) {
      throw new JiffusionException(
          where
              + " has a header of "
              + Integer.toUnsignedString(length)
              + " bytes, must be at most "
              + MAX_LENGTH);
    }
    byte[] text = in.readNBytes(length);
    if (text.length < length || length == 0) {
      throw new JiffusionException(
          where + " is cut short: it ends within the header; copy or make it again");
    }
    return new Reading(
            new String(text, version == 3 ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1),
            where)
        .header();
  }

  private static final class Reading {
    private final String text;
    private final String where;
    private int at;

    Reading(String text, String where) {
      this.text = text;
      this.where = where;
    }

    NpyHeader header() {
      String descr = null;
      Boolean fortran = null;
      long[] shape = null;
      expect('{');
      while (!next('}')) {
        String key = string();
        expect(':');
        if (key.equals("descr") && descr == null) {
          descr = descr();
        } else if (key.equals("fortran_order") && fortran == null) {
          fortran = bool();
        } else if (key.equals("shape") && shape == null) {
          shape = shape();
        } else {
          throw bad(
              "has the key "
                  + Shown.value(key)
                  + ", must be descr, fortran_order and shape, each once");
        }
        if (!next(',')) {
          expect('}');
          break;
        }
      }
      if (!text.substring(at).isBlank()) {
        throw bad("goes on after its dictionary");
      }
      if (descr == null || fortran == null || shape == null) {
        throw bad(
            "lacks " + (descr == null ? "descr" : fortran == null ? "fortran_order" : "shape"));
      }
      if (fortran) {
        throw new JiffusionException(
            where + " is in Fortran order, must be in C order; save numpy.ascontiguousarray of it");
      }
      Npy.Type type = type(descr);
      return new NpyHeader(
          type,
          descr.charAt(0) == '>' ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN,
          shape,
          bytes(type, shape));
    }

    private Npy.Type type(String descr) {
      for (Npy.Type type : Npy.Type.values()) {
        String name = type.name().toLowerCase(Locale.ROOT);
        if (descr.equals("<" + name)
            || descr.equals(">" + name)
            || type == Npy.Type.U1 && descr.equals("|" + name)) {
          return type;
        }
      }
      throw new JiffusionException(
          where
              + " holds elements of type "
              + Shown.value(descr)
              + (descr.contains("O") ? ", Python objects" : "")
              + ", must be f2, f4, f8, u1, i4 or i8");
    }

    private long bytes(Npy.Type type, long[] shape) {
      try {
        long bytes = type.bytes();
        for (long size : shape) {
          bytes = Math.multiplyExact(bytes, size);
          if (size > Integer.MAX_VALUE) {
            throw new ArithmeticException();
          }
        }
        return bytes;
      } catch (ArithmeticException e) {
        throw new JiffusionException(
            where
                + " declares shape "
                + Arrays.toString(shape)
                + ", must be less than 2^31 bytes in all",
            e);
      }
    }

    private String descr() {
      if (next('[')) {
        throw new JiffusionException(
            where + " holds records of several fields, must be f2, f4, f8, u1, i4 or i8");
      }
      return string();
    }

    private boolean bool() {
      for (String word : List.of("True", "False")) {
        if (text.startsWith(word, skip())) {
          at += word.length();
          return word.equals("True");
        }
      }
      throw bad("has no True or False for fortran_order");
    }

    private long[] shape() {
      List<Long> sizes = new ArrayList<>();
      expect('(');
      while (!next(')')) {
        int from = skip();
        while (at < text.length() && Character.digit(text.charAt(at), 10) >= 0) {
          at++;
        }
        if (at == from || at - from > 18 || sizes.size() == MAX_RANK) {
          throw bad(
              "has no size at character "
                  + from
                  + ", must be a whole number of at most 18 digits, at most "
                  + MAX_RANK
                  + " of them");
        }
        sizes.add(Long.parseLong(text.substring(from, at)));
        if (!next(',')) {
          expect(')');
          break;
        }
      }
      return sizes.stream().mapToLong(Long::longValue).toArray();
    }

    private String string() {
      char quote = skip() < text.length() ? text.charAt(at) : 0;
      int end = quote == '\'' || quote == '"' ? text.indexOf(quote, at + 1) : -1;
      if (end < 0) {
        throw bad("has no text in quotes at character " + at);
      }
      String string = text.substring(at + 1, end);
      at = end + 1;
      return string;
    }

    private void expect(char c) {
      if (!next(c)) {
        throw bad("has no " + c + " at character " + at);
      }
    }

    private boolean next(char c) {
      boolean is = skip() < text.length() && text.charAt(at) == c;
      if (is) {
        at++;
      }
      return is;
    }

    /** Position of the next character that is not white. */
    private int skip() {
      while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
        at++;
      }
      return at;
    }

    private JiffusionException bad(String what) {
      return new JiffusionException(where + " is no valid npy array: its header " + what);
    }
  }
}
