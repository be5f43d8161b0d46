package io.jiffusion.cli;

import io.jiffusion.data.Images;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;

/** Rows of images, each with a label, in one picture that grows row by row. */
final class Sheet {
  private static final int CELL = 64;
  private static final int GAP = 2;
  private static final int MARGIN = 170;
  private static final int LINE = 16;

  private final List<Images> rows = new ArrayList<>();
  private final List<List<String>> labels = new ArrayList<>();

  /** Adds a row of images with a label of up to three short lines. */
  void add(Images images, String... lines) {
    rows.add(images);
    labels.add(List.of(lines));
  }

  /** All rows so far. */
  BufferedImage picture() {
    int width = rows.stream().mapToInt(row -> row.count() * cell(row.width(), row)).max().orElse(1);
    int height = rows.stream().mapToInt(row -> cell(row.height(), row)).sum();
    BufferedImage picture = new BufferedImage(MARGIN + width, height, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = picture.createGraphics();
    graphics.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    int y = 0;
    for (int i = 0; i < rows.size(); i++) {
      Images row = rows.get(i);
      for (int image = 0; image < row.count(); image++) {
        int x = MARGIN + image * cell(row.width(), row) + GAP;
        Grid.draw(graphics, row.image(image), x, y + GAP, scale(row));
      }
      int label = (cell(row.height(), row) - LINE * labels.get(i).size()) / 2 + LINE - 4;
      write(graphics, labels.get(i), y + label);
      y += cell(row.height(), row);
    }
    graphics.dispose();
    return picture;
  }

  /** What a side of an image takes, with the gaps around. */
  private static int cell(int side, Images row) {
    return side * scale(row) + 2 * GAP;
  }

  private static int scale(Images row) {
    return Math.max(1, Math.round((float) CELL / Math.max(row.width(), row.height())));
  }

  private static void write(Graphics2D graphics, List<String> lines, int y) {
    try {
      graphics.setColor(Color.WHITE);
      graphics.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 13));
      for (int i = 0; i < lines.size(); i++) {
        graphics.drawString(lines.get(i), 10, y + i * LINE);
      }
    } catch (RuntimeException | LinkageError | InternalError e) {
      // A machine without fonts draws no labels; the table on the terminal says the same.
    }
  }
}
