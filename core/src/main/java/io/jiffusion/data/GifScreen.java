package io.jiffusion.data;

import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteOrder;

/**
 * The logical screen of a GIF file, on which its first frame lies; the rest shines through. A frame
 * that reaches beyond makes the screen larger, as in Pillow.
 *
 * @param width of the screen
 * @param height of the screen
 * @param left of the frame on it
 * @param top of the frame on it
 */
record GifScreen(int width, int height, int left, int top) {
  private static final int HEADER = 13;
  private static final int EXTENSION = 0x21;
  private static final int FRAME = 0x2C;

  /** Reads up to the first frame's descriptor. */
  static GifScreen read(PictureStream in) throws IOException {
    in.setByteOrder(ByteOrder.LITTLE_ENDIAN);
    in.seek(6);
    int width = in.readUnsignedShort();
    int height = in.readUnsignedShort();
    int flags = in.readUnsignedByte();
    in.seek(HEADER + ((flags & 0x80) == 0 ? 0 : 3L << (flags & 7) + 1));
    int block = in.readUnsignedByte();
    while (block != FRAME) {
      if (block == EXTENSION) {
        in.readUnsignedByte();
        for (int length = in.readUnsignedByte(); length > 0; length = in.readUnsignedByte()) {
          in.seek(in.getStreamPosition() + length);
        }
      } else if (block != 0) {
        throw new IOException("it has no frame");
      }
      block = in.readUnsignedByte();
    }
    int left = in.readUnsignedShort();
    int top = in.readUnsignedShort();
    width = Math.max(width, left + in.readUnsignedShort());
    height = Math.max(height, top + in.readUnsignedShort());
    in.setByteOrder(ByteOrder.BIG_ENDIAN);
    return new GifScreen(width, height, left, top);
  }

  /** The frame on the screen, both thinned to one of so many rows and columns. */
  BufferedImage with(BufferedImage frame, int thinned) {
    if (frame.getWidth() == (width + thinned - 1) / thinned
        && frame.getHeight() == (height + thinned - 1) / thinned) {
      return frame;
    }
    BufferedImage screen =
        new BufferedImage(
            (width + thinned - 1) / thinned,
            (height + thinned - 1) / thinned,
            BufferedImage.TYPE_INT_ARGB);
    Graphics2D graphics = screen.createGraphics();
    graphics.drawImage(frame, left / thinned, top / thinned, null);
    graphics.dispose();
    return screen;
  }
}
