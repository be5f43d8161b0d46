package io.jiffusion.cli;

import io.jiffusion.checkpoint.RunFolder;
import io.jiffusion.config.Home;
import io.jiffusion.data.Images;
import io.jiffusion.pipeline.Model;
import io.jiffusion.pipeline.SampleRequest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * How a picture was made, as texts for its file.
 *
 * @param model as it was typed
 * @param precision in which the network computed
 * @param block images that a network call saw
 * @param nullClass the row of the class table that was told to stand for "no class"; null for what
 *     the model says
 * @param noise the file of the noise; empty for noise drawn from the seed
 * @param edited the words that tell the picture of an edit; empty if there is none
 * @param told the words that tell what the model's checkpoint does not say; empty if there are none
 * @param classNames of the model, where they are numbers that may differ from the classes' own;
 *     empty if the classes are told by their numbers
 */
record Origin(
    String model,
    String precision,
    int block,
    Integer nullClass,
    String noise,
    List<String> edited,
    List<String> told,
    List<String> classNames) {
  /** Keyword of the request. */
  static final String REQUEST = "jiffusion";

  /** Keyword of the command. */
  static final String COMMAND = "jiffusion command";

  static Origin of(String name, Model model, String noise) {
    Integer nullClass = model.config().process().known().nullClass();
    List<String> names = model.config().classNames();
    boolean numbers = names.stream().anyMatch(each -> each.matches("\\d+"));
    return new Origin(
        name,
        model.precision(),
        model.block(),
        nullClass,
        noise,
        List.of(),
        List.of(),
        numbers ? names : List.of());
  }

  Origin edit(List<String> words) {
    return new Origin(model, precision, block, nullClass, noise, words, told, classNames);
  }

  Origin told(List<String> words) {
    return new Origin(model, precision, block, nullClass, noise, edited, words, classNames);
  }

  /** The texts of a picture that this request makes. */
  Map<String, String> texts(SampleRequest request) {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("Software", "Jiffusion " + RunFolder.VERSION);
    texts.put(
        REQUEST,
        "{\"version\":\""
            + RunFolder.VERSION
            + "\",\"model\":\""
            + escaped(model)
            + "\""
            + weights(model)
            + ",\"precision\":\""
            + precision
            + "\",\"block\":"
            + block
            + (nullClass == null ? "" : ",\"nullClass\":" + nullClass)
            + (told.isEmpty() ? "" : ",\"told\":\"" + escaped(String.join(" ", told)) + "\"")
            + (edited.isEmpty() ? "" : ",\"edited\":\"" + escaped(String.join(" ", edited)) + "\"")
            + (noise.isEmpty() ? "" : ",\"noise\":\"" + escaped(noise) + "\"")
            + ",\"request\":"
            + request.toJson()
            + "}");
    texts.put(COMMAND, command(request));
    return texts;
  }

  /**
   * The texts of a picture that no request makes alone: the command as it was typed.
   *
   * @param model as it was typed; empty if there is none
   */
  static Map<String, String> command(List<String> typed, String model) {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("Software", "Jiffusion " + RunFolder.VERSION);
    texts.put(
        REQUEST,
        "{\"version\":\""
            + RunFolder.VERSION
            + "\",\"command\":\""
            + escaped(typed.isEmpty() ? "" : typed.get(0))
            + "\""
            + (model.isEmpty() ? "" : ",\"model\":\"" + escaped(model) + "\"" + weights(model))
            + "}");
    texts.put(
        COMMAND, "jiffusion " + typed.stream().map(Origin::word).collect(Collectors.joining(" ")));
    return texts;
  }

  /** Which weights of that name: the run folder's change while it is trained. */
  private static String weights(String model) {
    Path file = Home.model(model).resolve(RunFolder.WEIGHTS);
    if (!Files.isRegularFile(file)) {
      return "";
    }
    try (FileChannel channel = FileChannel.open(file)) {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      ByteBuffer bytes = ByteBuffer.allocate(1 << 16);
      while (channel.read(bytes) >= 0) {
        digest.update(bytes.flip());
        bytes.clear();
      }
      return ",\"sha256\":\"" + HexFormat.of().formatHex(digest.digest()) + "\"";
    } catch (IOException | NoSuchAlgorithmException e) {
      return ""; // the picture is told without it
    }
  }

  private static String escaped(String text) {
    StringBuilder escaped = new StringBuilder();
    for (char c : text.toCharArray()) {
      escaped.append(
          c == '"' || c == '\\'
              ? "\\" + c
              : c < ' ' ? String.format(Locale.ROOT, "\\u%04x", (int) c) : String.valueOf(c));
    }
    return escaped.toString();
  }

  /** The command that makes the picture again. */
  String command(SampleRequest request) {
    StringBuilder text =
        new StringBuilder(
            (edited.isEmpty() ? "jiffusion sample --model " : "jiffusion edit --model ")
                + word(model)
                + told.stream().map(word -> " " + word(word)).collect(Collectors.joining())
                + " --sampler "
                + word(request.sampler())
                + (request.steps() > 0
                    ? " --steps " + request.steps()
                    : " --evaluations " + request.evaluations()));
    if (!request.spacing().equals("auto")) {
      text.append(" --spacing ").append(word(request.spacing()));
    }
    text.append(" --count ").append(request.count()).append(" --seed ").append(request.seed());
    if (!request.classes().isEmpty()) {
      text.append(" --class ")
          .append(
              request.classes().stream()
                  .map(label -> label < classNames.size() ? classNames.get(label) : "" + label)
                  .map(Origin::word)
                  .collect(Collectors.joining(",")));
    }
    if (request.guidance() != 1) {
      text.append(" --guidance ").append(request.guidance());
    }
    if (!request.guide().equals("free")) {
      text.append(" --guide ").append(word(request.guide()));
    }
    if (nullClass != null) {
      text.append(" --null-class ").append(nullClass);
    }
    if (!request.threshold().equals("auto")) {
      text.append(" --threshold ").append(word(request.threshold()));
    }
    if (!edited.isEmpty()) {
      text.append(" --how ").append(word(request.edit()));
      edited.forEach(word -> text.append(" ").append(word(word)));
    }
    if (!noise.isEmpty()) {
      text.append(" --noise ").append(word(noise));
    }
    return text.append(" --precision ")
        .append(precision)
        .append(" --block ")
        .append(block)
        .toString();
  }

  /** In single quotes where a shell would take it apart. */
  private static String word(String text) {
    return text.matches("[A-Za-z0-9_./:=,+-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
  }

  /** Whether images can be shown as pictures. */
  static boolean pictures(Images images) {
    return List.of(1, 3).contains(images.channels());
  }
}
