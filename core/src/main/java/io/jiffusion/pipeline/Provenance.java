package io.jiffusion.pipeline;

import io.jiffusion.base.Check;
import io.jiffusion.base.Draft;
import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.LeftOut;
import io.jiffusion.base.Sha256;
import io.jiffusion.checkpoint.RunFolder;
import io.jiffusion.config.Binder;
import io.jiffusion.config.Home;
import io.jiffusion.config.Tree;
import io.jiffusion.data.Png;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * How a picture was made, as texts for its file, which make it again:
 *
 * <pre>{@code
 * Png.write(file, images.image(0), Provenance.of("models/mnist", model).texts(request));
 * SampleRequest again = Provenance.read(file).request();
 * }</pre>
 *
 * @param by the model, and what computed
 * @param noise the file of the noise; empty for noise drawn from the seed
 * @param edited the words that tell the picture of an edit; empty if there is none
 * @param told the words that tell what the model's checkpoint does not say; empty if there are none
 * @param classNames of the model, where they are numbers that may differ from the classes' own;
 *     empty if the classes are told by their numbers
 */
public record Provenance(
    Text by, String noise, List<String> edited, List<String> told, List<String> classNames) {
  /** Keyword of the request. */
  public static final String REQUEST = "jiffusion";

  /** Keyword of the command. */
  public static final String COMMAND = "jiffusion command";

  /**
   * What is written at {@link #REQUEST}, in JSON.
   *
   * @param version of the program
   * @param command the word of the command, where no request makes the picture alone
   * @param model as it was typed; null if there is none
   * @param sha256 of the model's weights: a run folder's change while it is trained
   * @param precision in which the network computed
   * @param block images that a network call saw
   * @param nullClass the row of the class table that was told to stand for "no class"; null for
   *     what the model says
   * @param told what the model's checkpoint did not say, as words of a command
   * @param edited the picture of an edit, as words of a command
   * @param noise the file of the noise
   * @param request all else, without noise and pictures; null with a command
   */
  public record Text(
      String version,
      @LeftOut String command,
      @LeftOut String model,
      @LeftOut String sha256,
      @LeftOut String precision,
      @LeftOut Integer block,
      @LeftOut Integer nullClass,
      @LeftOut String told,
      @LeftOut String edited,
      @LeftOut String noise,
      @LeftOut SampleRequest request) {}

  /**
   * Of a loaded model.
   *
   * @param name of the model, which opens it again: a folder, or {@code bundled}
   */
  public static Provenance of(String name, Model model) {
    List<String> names = model.config().classNames();
    boolean numbers = names.stream().anyMatch(each -> each.matches("\\d+"));
    Text by =
        draft(name)
            .set("precision", model.precision())
            .set("block", model.block())
            .set("nullClass", model.config().process().known().nullClass())
            .make();
    return new Provenance(by, "", List.of(), List.of(), numbers ? names : List.of());
  }

  private static Draft<Text> draft(String model) {
    return Draft.of(Text.class)
        .set("version", RunFolder.VERSION)
        .set("model", model)
        .set("sha256", sha256(Home.model(model).resolve(RunFolder.WEIGHTS)));
  }

  /** With the file of the noise that images start from. */
  public Provenance noise(String file) {
    return new Provenance(by, file, edited, told, classNames);
  }

  /** With the SHA-256 of the model's weights, wherever they lie. */
  public Provenance weights(String sha256) {
    return new Provenance(
        Draft.of(by).set("sha256", sha256).make(), noise, edited, told, classNames);
  }

  /** With the words that tell the picture of an edit. */
  public Provenance edited(List<String> words) {
    return new Provenance(by, noise, words, told, classNames);
  }

  /** With the words that tell what the model's checkpoint does not say. */
  public Provenance told(List<String> words) {
    return new Provenance(by, noise, edited, words, classNames);
  }

  /**
   * The texts of a picture that this request makes.
   *
   * @throws IllegalArgumentException if the request leaves something open, see {@link
   *     Model#resolve}
   */
  public Map<String, String> texts(SampleRequest request) {
    Check.that(
        !Defaults.leavesOpen(request),
        "request",
        request,
        "must leave nothing open where a picture tells it; Model.resolve fills it");
    Text text =
        Draft.of(by)
            .set("told", given(String.join(" ", told)))
            .set("edited", given(String.join(" ", edited)))
            .set("noise", given(noise))
            .set("request", request.withoutArrays())
            .make();
    return texts(text, command(request));
  }

  /**
   * The texts of a picture that no request makes alone: the command as it was typed.
   *
   * @param model as it was typed; empty if there is none
   */
  public static Map<String, String> command(List<String> typed, String model) {
    Draft<Text> draft =
        model.isEmpty() ? Draft.of(Text.class).set("version", RunFolder.VERSION) : draft(model);
    Text text = draft.set("command", typed.isEmpty() ? "" : typed.get(0)).make();
    return texts(
        text, "jiffusion " + typed.stream().map(Provenance::word).collect(Collectors.joining(" ")));
  }

  private static Map<String, String> texts(Text text, String command) {
    Map<String, String> texts = new LinkedHashMap<>();
    texts.put("Software", "Jiffusion " + text.version);
    texts.put(REQUEST, Tree.of(text).toJson());
    texts.put(COMMAND, command);
    return texts;
  }

  /**
   * What a picture tells of how it was made, as texts.
   *
   * @throws JiffusionException if it tells nothing
   */
  public static Map<String, String> texts(Path picture) {
    Map<String, String> texts = Png.texts(picture);
    if (!texts.containsKey(REQUEST)) {
      throw new JiffusionException(
          picture + " does not say how it was made, must be a PNG file that jiffusion wrote");
    }
    return texts;
  }

  /**
   * What a picture tells of how it was made.
   *
   * @throws JiffusionException if it tells nothing, or more than this version knows
   */
  public static Text read(Path picture) {
    Tree tree = Tree.json(texts(picture).get(REQUEST), picture.toString());
    Tree usual =
        new Tree(Map.of("request", Tree.of(SampleRequest.of(1))), "the request of " + picture);
    boolean asked = tree.value() instanceof Map<?, ?> keys && keys.containsKey("request");
    return Binder.bind(Text.class, asked ? usual.merge(tree) : tree);
  }

  private static String given(String text) {
    return text.isEmpty() ? null : text;
  }

  /** Null if there is no such file: the picture is told without it. */
  private static String sha256(Path file) {
    return Files.isRegularFile(file) ? Sha256.of(file) : null;
  }

  /** The command that makes the picture again. */
  private String command(SampleRequest request) {
    StringBuilder text =
        new StringBuilder(
            (edited.isEmpty() ? "jiffusion sample --model " : "jiffusion edit --model ")
                + word(by.model)
                + told.stream().map(word -> " " + word(word)).collect(Collectors.joining())
                + " --sampler "
                + word(request.sampler().text())
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
                  .map(Provenance::word)
                  .collect(Collectors.joining(",")));
    }
    if (request.guidance() != 1) {
      text.append(" --guidance ").append(request.guidance());
    }
    if (!request.guide().equals(Guide.FREE)) {
      text.append(" --guide ").append(word(request.guide().text()));
    }
    if (by.nullClass != null) {
      text.append(" --null-class ").append(by.nullClass);
    }
    if (!request.threshold().equals(Thresholding.AUTO)) {
      text.append(" --threshold ").append(word(request.threshold().text()));
    }
    if (!edited.isEmpty()) {
      text.append(" --how ").append(word(request.edit().text()));
      edited.forEach(word -> text.append(" ").append(word(word)));
    }
    if (!noise.isEmpty()) {
      text.append(" --noise ").append(word(noise));
    }
    return text.append(" --precision ")
        .append(by.precision)
        .append(" --block ")
        .append(by.block)
        .toString();
  }

  /** In single quotes where a shell would take it apart. */
  private static String word(String text) {
    return text.matches("[A-Za-z0-9_./:=,+-]+") ? text : "'" + text.replace("'", "'\\''") + "'";
  }
}
