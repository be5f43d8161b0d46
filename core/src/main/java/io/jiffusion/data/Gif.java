package io.jiffusion.data;

import io.jiffusion.base.AtomicFile;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.MemoryCacheImageOutputStream;

/** Animated GIF files, which play for ever. */
public final class Gif {
  private Gif() {}

  /**
   * Writes an animation, whole or not at all.
   *
   * @param frames in order, all of one size, at least one
   * @param milliseconds how long each is shown, rounded to hundredths of a second, at least 20
   * @param lastMilliseconds how long the last is shown
   */
  public static void write(
      Path file, List<BufferedImage> frames, int milliseconds, int lastMilliseconds) {
    if (frames.isEmpty() || milliseconds < 20 || lastMilliseconds < 20) {
      throw new IllegalArgumentException(
          "illegal animation: "
              + frames.size()
              + " frames of "
              + milliseconds
              + " and "
              + lastMilliseconds
              + " ms, must be 1 or more of 20 ms or more");
    }
    byte[] gif = encode(frames, milliseconds, lastMilliseconds);
    AtomicFile.write(
        file,
        channel -> {
          for (ByteBuffer out = ByteBuffer.wrap(gif); out.hasRemaining(); ) {
            channel.write(out);
          }
        });
  }

  private static byte[] encode(List<BufferedImage> frames, int milliseconds, int lastMilliseconds) {
    ImageWriter writer = ImageIO.getImageWritersByFormatName("gif").next();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (MemoryCacheImageOutputStream out = new MemoryCacheImageOutputStream(bytes)) {
      writer.setOutput(out);
      writer.prepareWriteSequence(null);
      for (int i = 0; i < frames.size(); i++) {
        boolean last = i == frames.size() - 1;
        writer.writeToSequence(
            new IIOImage(
                frames.get(i),
                null,
                metadata(writer, frames.get(i), last ? lastMilliseconds : milliseconds, i == 0)),
            null);
      }
      writer.endWriteSequence();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory does not fail
    } finally {
      writer.dispose();
    }
    return bytes.toByteArray();
  }

  private static IIOMetadata metadata(
      ImageWriter writer, BufferedImage frame, int milliseconds, boolean first) throws IOException {
    IIOMetadata metadata = writer.getDefaultImageMetadata(new ImageTypeSpecifier(frame), null);
    String format = metadata.getNativeMetadataFormatName();
    IIOMetadataNode root = new IIOMetadataNode(format);
    IIOMetadataNode control = new IIOMetadataNode("GraphicControlExtension");
    control.setAttribute("disposalMethod", "none");
    control.setAttribute("userInputFlag", "FALSE");
    control.setAttribute("transparentColorFlag", "FALSE");
    control.setAttribute("delayTime", String.valueOf((milliseconds + 5) / 10));
    control.setAttribute("transparentColorIndex", "0");
    root.appendChild(control);
    if (first) {
      IIOMetadataNode extension = new IIOMetadataNode("ApplicationExtension");
      extension.setAttribute("applicationID", "NETSCAPE");
      extension.setAttribute("authenticationCode", "2.0");
      extension.setUserObject(new byte[] {1, 0, 0}); // for ever
      IIOMetadataNode extensions = new IIOMetadataNode("ApplicationExtensions");
      extensions.appendChild(extension);
      root.appendChild(extensions);
    }
    metadata.mergeTree(format, root);
    return metadata;
  }
}
