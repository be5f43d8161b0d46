package io.jiffusion.pipeline;

import io.jiffusion.base.AtomicFile;
import io.jiffusion.base.Cancellation;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.Progress;
import io.jiffusion.base.Workers;
import io.jiffusion.data.Images;
import io.jiffusion.data.Npy;
import io.jiffusion.data.Npz;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/**
 * Makes images into one file of bytes, a few at a time, however many: memory does not grow, and
 * whoever stops it goes on later where it was. What is done lies in {@code NAME.part}, image after
 * image, and {@code NAME.json} tells of which request; the end turns the one into the file.
 */
public final class SampleStream {
  private static final int CHUNK = 64;

  /** Part i of n of a request, i from 1. */
  public record Shard(int index, int of) {
    /** The whole request. */
    public static final Shard ALL = new Shard(1, 1);

    /**
     * From {@code i/n}.
     *
     * @throws IllegalArgumentException if it is none
     */
    public static Shard parse(String text) {
      String[] parts = text.split("/", -1);
      try {
        Shard shard = new Shard(Integer.parseInt(parts[0]), Integer.parseInt(parts[1]));
        if (parts.length == 2 && shard.index >= 1 && shard.index <= shard.of) {
          return shard;
        }
      } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
        // said below
      }
      throw new IllegalArgumentException(
          "illegal --shard " + text + ", must be i/n with i from 1 to n, such as 2/4");
    }

    /** The first image that is not of an earlier shard. */
    int first(int count) {
      return (int) ((long) count * (index - 1) / of);
    }

    int end(int count) {
      return (int) ((long) count * index / of);
    }

    private String name() {
      return this.equals(ALL) ? "images" : "images-" + index + "-of-" + of;
    }
  }

  private final Model model;
  private final SampleRequest request;
  private final int first;
  private final int count;
  private final Path file;
  private final Path part;
  private final Path about;
  private final String origin;

  /**
   * For a request of which a shard is made.
   *
   * @param provenance told beside the file
   * @param folder that is there
   * @param format npz or npy
   * @throws IllegalArgumentException if the shard is empty
   */
  public SampleStream(
      Model model,
      SampleRequest request,
      Provenance provenance,
      Path folder,
      String format,
      Shard shard) {
    this.model = model;
    this.request = model.resolve(request);
    this.first = shard.first(request.count());
    this.count = shard.end(request.count()) - first;
    if (count == 0) {
      throw new IllegalArgumentException(
          "illegal --shard "
              + shard.index
              + "/"
              + shard.of
              + " of "
              + request.count()
              + " images, must not be empty");
    }
    this.file = folder.resolve(shard.name() + "." + format);
    this.part = folder.resolve(shard.name() + "." + format + ".part");
    this.about = folder.resolve(shard.name() + ".json");
    this.origin = provenance.texts(this.request.batch(0)).get(Provenance.REQUEST) + "\n";
  }

  /**
   * What was made, of which the images themselves are in the file.
   *
   * @param images that were not there before
   * @param evaluations of each of them
   * @param passes of all of them through the network
   * @param seconds that it took
   * @param files of the images, and of what tells their request
   */
  public record Made(int images, long evaluations, long passes, double seconds, List<Path> files) {}

  /**
   * Makes the images that are not there yet.
   *
   * @param resume whether to go on with what is there; without it, nothing of another request may
   *     be there
   * @param overwrite whether to remove what is there before
   * @param say gets a sentence where it goes on, is done already, or stops
   * @throws JiffusionException if something of another request is there, or no file can be written
   * @throws CancellationException if somebody cancelled; what is done stays
   */
  public Made run(
      boolean resume,
      boolean overwrite,
      Consumer<Progress> progress,
      Consumer<String> say,
      Cancellation stop) {
    if (overwrite && !resume) {
      List.of(file, part, about).forEach(ResultFiles::remove);
    }
    int size = model.channels() * model.height() * model.width();
    int done = done(resume, size);
    if (done == count && !Files.exists(part)) {
      say.accept(file + " is complete: " + count + " images of this request");
      return new Made(0, 0, 0, 0, List.of(file, about));
    }
    if (done > 0) {
      say.accept("going on after " + done + " of " + count + " images");
    }
    Made made;
    try (FileChannel out = open(done, size);
        Workers writer = new Workers("jiffusion-writer", 1, () -> {})) {
      made = make(done, out, writer, progress, stop);
    } catch (IOException e) {
      throw new JiffusionException("cannot write " + part + ": " + AtomicFile.reason(e), e);
    } catch (CancellationException e) {
      say.accept("what is done is kept in " + part + "; go on with --resume");
      throw e;
    }
    finish();
    return made;
  }

  /** Images that are there. */
  private int done(boolean resume, int size) {
    try {
      if (!Files.exists(part) && !Files.exists(file)) {
        return 0;
      }
      boolean whole = !Files.exists(part);
      int done = whole ? count : (int) Math.min(count, Files.size(part) / size);
      boolean same =
          Files.exists(about) && Files.readString(about, StandardCharsets.UTF_8).equals(origin);
      if (!same && resume) {
        throw new JiffusionException(
            (whole ? file : part)
                + " is of another request, told in "
                + about
                + ", and cannot be gone on with; choose another folder with --out, or replace it with"
                + " --overwrite");
      }
      if (!resume && !whole) {
        throw new JiffusionException(
            part
                + " holds "
                + done
                + (same ? " of " + count + " images of this request" : " images of another request")
                + (same
                    ? "; go on with --resume, or begin again with --overwrite"
                    : "; replace it with --overwrite, or choose another --out"));
      }
      if (!same) {
        throw ResultFiles.refusal(file);
      }
      return resume ? done : 0;
    } catch (IOException e) {
      throw new JiffusionException("cannot read " + part + ": " + AtomicFile.reason(e), e);
    }
  }

  private FileChannel open(int done, int size) throws IOException {
    AtomicFile.write(
        about, channel -> channel.write(ByteBuffer.wrap(origin.getBytes(StandardCharsets.UTF_8))));
    FileChannel out = FileChannel.open(part, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    out.truncate((long) done * size); // an image that was cut short is made again
    out.position((long) done * size);
    return out;
  }

  /** While one chunk is made, the one before is written. */
  private Made make(
      int done, FileChannel out, Workers writer, Consumer<Progress> progress, Cancellation stop) {
    int chunk = request.batch() > 0 ? request.batch() : CHUNK;
    long began = System.nanoTime();
    long evaluations = 0;
    long passes = 0;
    Future<Void> written = null;
    int at = done;
    while (at < count) {
      int number = Math.min(chunk, count - at);
      int before = at;
      SampleResult result =
          model.sample(
              request.part(first + at, number),
              step ->
                  progress.accept(
                      told(step, number, before - done, count - done, System.nanoTime() - began)),
              stop);
      evaluations = result.evaluations();
      passes += result.passes();
      if (written != null) {
        Workers.result(written);
      }
      written = writer.submit(() -> write(out, result.images()));
      at += number;
    }
    if (written != null) {
      Workers.result(written);
    }
    return new Made(
        count - done,
        evaluations,
        passes,
        (System.nanoTime() - began) * 1e-9,
        List.of(file, about));
  }

  private Void write(FileChannel out, Images images) {
    try {
      ByteBuffer bytes = ByteBuffer.wrap(images.bytes());
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
      out.force(false);
      return null;
    } catch (IOException e) {
      throw new JiffusionException("cannot write " + part + ": " + AtomicFile.reason(e), e);
    }
  }

  /** Of a chunk's evaluations, images of them all. */
  private static Progress told(Progress step, int number, int before, int all, long nanoseconds) {
    long whole = Math.max(1, step.total() / number); // evaluations of an image; 1 if not known
    long done = before * whole + (step.total() > 0 ? step.done() : 0);
    return new Progress(
        step.total() > 0 ? "evaluations" : "images",
        done,
        all * whole,
        nanoseconds * 1e-9,
        done / whole + "/" + all + " images");
  }

  private void finish() {
    int[] shape = {count, model.height(), model.width(), model.channels()};
    if (file.toString().endsWith(".npz")) {
      Npz.pack(file, ArrayFiles.SAMPLES, shape, part, ArrayFiles.classes(request, first, count));
    } else {
      Npy.pack(file, shape, part);
    }
    try {
      Files.delete(part);
    } catch (IOException e) {
      throw new JiffusionException("cannot remove " + part + ": " + AtomicFile.reason(e), e);
    }
  }
}
