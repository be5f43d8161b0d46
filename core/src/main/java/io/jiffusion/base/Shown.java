package io.jiffusion.base;

import java.util.Locale;

/**
 * Text that others wrote, such as a name in a file or a typed value, as it may be shown. What would
 * command a terminal or hide from a reader is written as its code, {@code \u001b}: control
 * characters, line and paragraph separators, marks that turn the direction of writing, and
 * characters of no width.
 */
public final class Shown {
  /** The longest value that is told, in characters. */
  private static final int VALUE = 80;

  private static final int LINE = 1000;
  private static final int LINES = 40;

  private Shown() {}

  /** A value within a sentence: on one line, and cut if it is longer than a reader wants. */
  public static String value(Object value) {
    String text = String.valueOf(value);
    return escaped(cut(text, VALUE), "");
  }

  /** Text of one line, whole. */
  public static String line(String text) {
    return escaped(text, "");
  }

  /** Text of one or more lines, ended as on any system, whole. */
  public static String text(String text) {
    return escaped(text, "\n\t");
  }

  /** A message of one or more lines, none of them without end. */
  public static String message(String message) {
    String[] lines = message.split("\n", LINES + 1);
    boolean more = lines.length > LINES;
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < Math.min(lines.length, LINES); i++) {
      all.append(i == 0 ? "" : "\n").append(line(cut(lines[i], LINE)));
    }
    return more ? all + "\n… and more" : all.toString();
  }

  private static String cut(String text, int most) {
    if (text.length() <= most) {
      return text;
    }
    int end = Character.isHighSurrogate(text.charAt(most - 1)) ? most - 1 : most;
    return text.substring(0, end) + "…";
  }

  private static String escaped(String text, String kept) {
    StringBuilder out = null; // most texts are as they may be
    for (int at = 0; at < text.length(); ) {
      int c = text.codePointAt(at);
      int size = Character.charCount(c);
      boolean end = c == '\r' && text.startsWith("\r\n", at); // of a line, on Windows
      boolean plain = isPlain(c) || kept.indexOf(end ? '\n' : c) >= 0;
      if (!plain && out == null) {
        out = new StringBuilder(text.length() + 16).append(text, 0, at);
      }
      if (out != null && plain) {
        out.appendCodePoint(c);
      } else if (out != null) {
        for (int i = at; i < at + size; i++) {
          out.append("\\u%04x".formatted((int) text.charAt(i)).toLowerCase(Locale.ROOT));
        }
      }
      at += size;
    }
    return out == null ? text : out.toString();
  }

  private static boolean isPlain(int c) {
    if (c < 0x7F) {
      return c >= ' ';
    }
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE ->
          false;
      // fillers of Hangul and Khmer, the joiner of graphemes and the selectors of variants have
      // no width either
      default ->
          c != 0x034F
              && c != 0x115F
              && c != 0x1160
              && c != 0x17B4
              && c != 0x17B5
              && c != 0x3164
              && c != 0xFFA0
              && (c < 0x180B || c > 0x180F)
              && (c < 0xFE00 || c > 0xFE0F)
              && (c < 0xE0000 || c > 0xE0FFF);
    };
  }
}
