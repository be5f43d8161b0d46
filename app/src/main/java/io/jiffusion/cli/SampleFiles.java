package io.jiffusion.cli;

import io.jiffusion.base.Progress;
import io.jiffusion.base.Workers;
import io.jiffusion.data.Gif;
import io.jiffusion.data.Images;
import io.jiffusion.data.Png;
import io.jiffusion.pipeline.ArrayFiles;
import io.jiffusion.pipeline.ResultFiles;
import io.jiffusion.pipeline.SampleListener;
import io.jiffusion.pipeline.SampleRequest;
import io.jiffusion.pipeline.SampleResult;
import io.jiffusion.pipeline.SampleStream;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/**
 * Writes what a request gives into a folder, which is there: the pictures one by one on threads of
 * their own as soon as they are made, the rest at the end.
 */
final class SampleFiles implements AutoCloseable {
  private static final int STRIP_COLUMNS = 11;
  private static final int STRIP_ROWS = 8;
  private static final int FRAME_MILLIS = 80;
  private static final int LAST_FRAME_MILLIS = 2000;

  private final Path folder;
  private final ResultFiles files;
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
      ResultFiles files,
      List<SampleCommand.Format> formats,
      SampleCommand.Pictures pictures) {
    this.folder = folder;
    this.files = files;
    this.request = files.request();
    this.formats = formats;
    this.pictures = pictures;
  }

  /** Puts images in front of the grid. */
  SampleFiles after(Images first) {
    before = first;
    return this;
  }

  /** Hears of the images, while others hear how far they are. */
  SampleListener with(Consumer<Progress> progress) {
    return new SampleListener() {
      @Override
      public void progress(Progress told) {
        progress.accept(told);
      }

      @Override
      public void made(int first, Images images) {
        keep(first, images);
      }
    };
  }

  /** Has a part of the images, from the {@code first} on. */
  private void keep(int first, Images images) {
    if (!formats.contains(SampleCommand.Format.png)
        || pictures == SampleCommand.Pictures.grid
        || !shown(images)) {
      return;
    }
    finished(); // those of the part before, or why they could not be written
    for (int i = 0; i < images.count(); i++) {
      int image = i;
      int number = first + i;
      writing.add(
          writers.submit(
              () -> write(ResultFiles.single(number), images.image(image), files.texts(number))));
    }
  }

  Path folder() {
    return folder;
  }

  /** Latents are no pictures. */
  private static boolean shown(Images images) {
    return images.channels() == 1 || images.channels() == 3;
  }

  /** How many single pictures have been written. */
  int finished() {
    singles.addAll(Workers.all(writing));
    writing.clear();
    return singles.size();
  }

  /** Writes all that is not written yet. */
  SampleStream.Made write(SampleResult result, boolean floats) {
    for (SampleCommand.Format format : formats) {
      if (format != SampleCommand.Format.png) {
        written.addAll(ArrayFiles.write(folder, format.name(), result.images(), request, floats));
      } else if (shown(result.images())) {
        grid(result.images());
        finished();
        written.addAll(singles);
      } else {
        points(result);
      }
    }
    if (floats && formats.equals(List.of(SampleCommand.Format.png))) {
      written.addAll(ArrayFiles.write(folder, "npy", result.images(), request, true));
    }
    if (!result.trajectory().isEmpty() && shown(result.images())) {
      trajectory(result);
    }
    return new SampleStream.Made(
        request.count(), result.evaluations(), result.passes(), result.seconds(), written);
  }

  private void grid(Images images) {
    Images all = before == null ? images : before.plus(images);
    if (pictures != SampleCommand.Pictures.single && all.count() > 1
        || pictures == SampleCommand.Pictures.grid) {
      png("grid.png", Grid.of(all, columns(all.count()), labels(all.count())));
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
    png("points.png", Plots.row(panels));
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
            List.of()));
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

  private void png(String name, BufferedImage picture) {
    written.add(write(name, picture, files.texts()));
  }

  private Path write(String name, BufferedImage picture, Map<String, String> texts) {
    Path file = folder.resolve(name);
    Png.write(file, picture, texts);
    return file;
  }

  @Override
  public void close() {
    writers.close();
  }
}
