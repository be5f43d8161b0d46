package io.jiffusion.cli;

import io.jiffusion.base.Workers;
import io.jiffusion.data.Gif;
import io.jiffusion.data.Images;
import io.jiffusion.data.Png;
import io.jiffusion.pipeline.ArrayFiles;
import io.jiffusion.pipeline.SampleRequest;
import io.jiffusion.pipeline.SampleResult;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Future;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;

/**
 * Writes what a request gives into a folder, which is there: the pictures one by one on threads of
 * their own as soon as they are made, the rest at the end.
 */
final class SampleFiles implements AutoCloseable {
  private static final Pattern SINGLE = Pattern.compile("image-([0-9]{4,9})\\.png");
  private static final int STRIP_COLUMNS = 11;
  private static final int STRIP_ROWS = 8;
  private static final int FRAME_MILLIS = 80;
  private static final int LAST_FRAME_MILLIS = 2000;

  private final Path folder;
  private final Origin origin;
  private final SampleRequest request;
  private final List<SampleCommand.Format> formats;
  private final SampleCommand.Pictures pictures;
  private final Workers writers =
      new Workers("jiffusion-writer", Runtime.getRuntime().availableProcessors(), () -> {});
  private final List<Path> written = new ArrayList<>();
  private final List<Path> singles = new ArrayList<>();
  private final List<Future<Path>> writing = new ArrayList<>();
  private Images before;

  SampleFiles(
      Path folder,
      Origin origin,
      SampleRequest request,
      List<SampleCommand.Format> formats,
      SampleCommand.Pictures pictures) {
    this.folder = folder;
    this.origin = origin;
    this.request = request;
    this.formats = formats;
    this.pictures = pictures;
  }

  /** Puts images in front of the grid. */
  SampleFiles after(Images first) {
    before = first;
    return this;
  }

  /** Has a part of the images, from the {@code first} on. */
  void made(int first, Images images) {
    if (!formats.contains(SampleCommand.Format.png)
        || pictures == SampleCommand.Pictures.grid
        || !Origin.pictures(images)) {
      return;
    }
    finished(); // those of the part before, or why they could not be written
    for (int i = 0; i < images.count(); i++) {
      int image = i;
      String name = name(first + i);
      SampleRequest alone = alone(request, first + i);
      writing.add(writers.submit(() -> write(name, images.image(image), alone)));
    }
  }

  Path folder() {
    return folder;
  }

  private static String name(int image) {
    return String.format(Locale.ROOT, "image-%04d.png", image);
  }

  /** Given noise lies in one file for all, which is read whole to make one of them again. */
  private static SampleRequest alone(SampleRequest request, int image) {
    return request.noise() == null ? request.only(image) : request;
  }

  /** The text that tells the request in a file of this name; null where there is none. */
  static String expected(
      String name, Origin origin, SampleRequest request, List<SampleCommand.Format> formats) {
    if (!formats.contains(SampleCommand.Format.png)) {
      return null;
    }
    Matcher single = SINGLE.matcher(name);
    if (!single.matches()) {
      return origin.texts(request).get(Origin.REQUEST);
    }
    int image = Integer.parseInt(single.group(1));
    return image < request.count() && name.equals(name(image))
        ? origin.texts(alone(request, image)).get(Origin.REQUEST)
        : null;
  }

  /** How many single pictures have been written. */
  int finished() {
    singles.addAll(Workers.all(writing));
    writing.clear();
    return singles.size();
  }

  /** Writes all that is not written yet; returns all. */
  List<Path> write(SampleResult result, boolean floats) {
    for (SampleCommand.Format format : formats) {
      if (format != SampleCommand.Format.png) {
        written.addAll(ArrayFiles.write(folder, format.name(), result.images(), floats));
      } else if (Origin.pictures(result.images())) {
        grid(result.images());
        finished();
        written.addAll(singles);
      } else {
        points(result);
      }
    }
    if (floats && formats.equals(List.of(SampleCommand.Format.png))) {
      written.addAll(ArrayFiles.write(folder, "npy", result.images(), true));
    }
    if (!result.trajectory().isEmpty() && Origin.pictures(result.images())) {
      trajectory(result);
    }
    return written;
  }

  private void grid(Images images) {
    Images all = before == null ? images : before.plus(images);
    if (pictures != SampleCommand.Pictures.single && all.count() > 1
        || pictures == SampleCommand.Pictures.grid) {
      png("grid.png", Grid.of(all, columns(all.count()), labels(all.count())), request);
    }
  }

  /** The seed of each image, none of those put before them, and its class after a colon. */
  private List<String> labels(int all) {
    return IntStream.range(request.count() - all, request.count())
        .mapToObj(
            i ->
                i < 0
                    ? ""
                    : request.seed()
                        + i
                        + (request.classes().isEmpty() ? "" : ":" + request.label(i)))
        .toList();
  }

  /** The divisor nearest to a square, or else the width of the smallest square. */
  static int columns(int count) {
    int root = (int) Math.ceil(Math.sqrt(count));
    return IntStream.rangeClosed(root, Math.min(count, 2 * root))
        .filter(c -> count % c == 0)
        .findFirst()
        .orElse(root);
  }

  /** Points in the plane, and the way to them. */
  private void points(SampleResult result) {
    List<Plots.Panel> panels = new ArrayList<>();
    for (Images frame : spread(result.trajectory(), 6)) {
      panels.add(new Plots.Panel("", frame.values()));
    }
    if (panels.isEmpty()) {
      panels.add(new Plots.Panel("", result.images().values()));
    }
    png("points.png", Plots.row(panels), request);
  }

  private void trajectory(SampleResult result) {
    int rows = Math.min(STRIP_ROWS, result.images().count());
    List<Images> columns = spread(result.trajectory(), STRIP_COLUMNS);
    Images first = columns.get(0);
    byte[] bytes = new byte[rows * columns.size() * first.imageSize()];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns.size(); column++) {
        System.arraycopy(
            columns.get(column).bytes(),
            row * first.imageSize(),
            bytes,
            (row * columns.size() + column) * first.imageSize(),
            first.imageSize());
      }
    }
    png(
        "trajectory.png",
        Grid.of(
            new Images(
                rows * columns.size(), first.height(), first.width(), first.channels(), bytes),
            columns.size(),
            List.of()),
        request);
    List<BufferedImage> frames =
        result.trajectory().stream().map(frame -> frame.grid(columns(frame.count()))).toList();
    Path gif = folder.resolve("trajectory.gif");
    Gif.write(gif, frames, FRAME_MILLIS, LAST_FRAME_MILLIS);
    written.add(gif);
  }

  /** At most so many of a list, first and last among them. */
  private static List<Images> spread(List<Images> all, int most) {
    int count = Math.min(most, all.size());
    return IntStream.range(0, count)
        .mapToObj(i -> all.get(count == 1 ? 0 : i * (all.size() - 1) / (count - 1)))
        .toList();
  }

  private void png(String name, BufferedImage picture, SampleRequest made) {
    written.add(write(name, picture, made));
  }

  private Path write(String name, BufferedImage picture, SampleRequest made) {
    Path file = folder.resolve(name);
    Png.write(file, picture, origin.texts(made));
    return file;
  }

  @Override
  public void close() {
    writers.close();
  }
}
