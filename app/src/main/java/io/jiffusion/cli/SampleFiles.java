package io.jiffusion.cli;

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
import java.util.stream.IntStream;

/** Writes what a request gave into a folder, which is there. */
final class SampleFiles {
  private static final int STRIP_COLUMNS = 11;
  private static final int STRIP_ROWS = 8;
  private static final int FRAME_MILLIS = 80;
  private static final int LAST_FRAME_MILLIS = 2000;

  private final Path folder;
  private final Origin origin;
  private final SampleRequest request;
  private final SampleResult result;
  private final List<Path> written = new ArrayList<>();
  private Images before;

  SampleFiles(Path folder, Origin origin, SampleRequest request, SampleResult result) {
    this.folder = folder;
    this.origin = origin;
    this.request = request;
    this.result = result;
  }

  /** Puts images in front of the grid. */
  SampleFiles after(Images first) {
    before = first;
    return this;
  }

  /** Writes the files; returns which. */
  List<Path> write(List<Sample.Format> formats, Sample.Pictures pictures, boolean floats) {
    for (Sample.Format format : formats) {
      if (format != Sample.Format.png) {
        written.addAll(ArrayFiles.write(folder, format.name(), result.images(), floats));
      } else if (Origin.pictures(result.images())) {
        pngs(pictures);
      } else {
        points();
      }
    }
    if (floats && formats.equals(List.of(Sample.Format.png))) {
      written.addAll(ArrayFiles.write(folder, "npy", result.images(), true));
    }
    if (!result.trajectory().isEmpty() && Origin.pictures(result.images())) {
      trajectory();
    }
    return written;
  }

  private void pngs(Sample.Pictures pictures) {
    Images images = result.images();
    Images all = before == null ? images : before.plus(images);
    if (pictures != Sample.Pictures.single && all.count() > 1 || pictures == Sample.Pictures.grid) {
      png("grid.png", all.grid(columns(all.count())), request);
    }
    if (pictures != Sample.Pictures.grid) {
      // Given noise lies in one file for all, which is read whole to make one of them again.
      written.addAll(
          IntStream.range(0, images.count())
              .parallel()
              .mapToObj(
                  i ->
                      write(
                          String.format(Locale.ROOT, "image-%04d.png", i),
                          images.image(i),
                          request.noise() == null ? request.only(i) : request))
              .toList());
    }
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
  private void points() {
    List<Plots.Panel> panels = new ArrayList<>();
    for (Images frame : spread(result.trajectory(), 6)) {
      panels.add(new Plots.Panel("", frame.values()));
    }
    if (panels.isEmpty()) {
      panels.add(new Plots.Panel("", result.images().values()));
    }
    png("points.png", Plots.row(panels), request);
  }

  private void trajectory() {
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
        new Images(rows * columns.size(), first.height(), first.width(), first.channels(), bytes)
            .grid(columns.size()),
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
}
