package io.jiffusion.cli;

import io.jiffusion.data.Images;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.util.List;

/**
 * Images side by side, small ones enlarged to whole multiples, with gaps, and a number below each.
 * The digits are drawn here: no fonts of the machine are needed, and none are waited for.
 */
final class Grid {
  static final int GAP = 4;
  private static final int CELL = 96;
  private static final int LARGEST = 2048;
  private static final Color BACKGROUND = new Color(0x30, 0x30, 0x30);
  private static final Color INK = new Color(0xD0, 0xD0, 0xD0);

  /**
   * Digits of 3 by 5 dots, a row after the other, three bits each; then the colon and the point.
   */
  private static final int[] DIGITS = {
    075557, 026227, 071747, 071717, 055711, 074717, 074757, 071111, 075757, 075717, 002020, 000002
  };

  private static final String LETTERS = "0123456789:.";
  private static final int DOT = 2;
  private static final int ADVANCE = 4 * DOT;
  private static final int LINE = 5 * DOT + 6;

  private Grid() {}

  /**
   * A grid.
   *
   * @param labels a number for each image, with a point or a colon in it; empty for none
   */
  static BufferedImage of(Images images, int columns, List<String> labels) {
    int rows = (images.count() + columns - 1) / columns;
    int room = LARGEST / Math.max(rows, columns) - GAP;
    int size = Math.max(images.width(), images.height());
    int scale = Math.max(1, Math.min(Math.round((float) CELL / size), room / size));
    int widest = labels.stream().mapToInt(String::length).max().orElse(0) * ADVANCE;
    int line = widest > 0 && widest <= images.width() * scale + GAP ? LINE : 0;
    int width = images.width() * scale + GAP;
    int height = images.height() * scale + GAP + line;
    BufferedImage picture =
        new BufferedImage(columns * width + GAP, rows * height + GAP, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = picture.createGraphics();
    graphics.setColor(BACKGROUND);
    graphics.fillRect(0, 0, picture.getWidth(), picture.getHeight());
    for (int i = 0; i < images.count(); i++) {
      int x = GAP + i % columns * width;
      int y = GAP + i / columns * height;
      draw(graphics, images.image(i), x, y, scale);
      if (line > 0) {
        String label = labels.get(i);
        int left = x + (images.width() * scale - label.length() * ADVANCE) / 2;
        write(graphics, label, left, y + images.height() * scale + (LINE - 5 * DOT) / 2);
      }
    }
    graphics.dispose();
    return picture;
  }

  /** Every pixel as a square. */
  static void draw(Graphics2D graphics, BufferedImage image, int x, int y, int scale) {
    graphics.drawImage(image, x, y, image.getWidth() * scale, image.getHeight() * scale, null);
  }

  private static void write(Graphics2D graphics, String label, int x, int y) {
    graphics.setColor(INK);
    for (int i = 0; i < label.length(); i++) {
      int dots = label.charAt(i) == '-' ? 000700 : DIGITS[LETTERS.indexOf(label.charAt(i))];
      for (int bit = 0; bit < 15; bit++) {
        if ((dots >> (14 - bit) & 1) == 1) {
          graphics.fillRect(x + i * ADVANCE + bit % 3 * DOT, y + bit / 3 * DOT, DOT, DOT);
        }
      }
    }
  }
}
