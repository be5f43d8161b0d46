package io.jiffusion.cli;

import io.jiffusion.data.ImageSet;
import io.jiffusion.data.Images;
import io.jiffusion.pipeline.Edit;
import io.jiffusion.pipeline.Model;
import io.jiffusion.pipeline.ResultFiles;
import io.jiffusion.pipeline.SamplePlan;
import io.jiffusion.pipeline.SampleRequest;
import io.jiffusion.pipeline.SampleResult;
import io.jiffusion.pipeline.SampleStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Visibility;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "edit",
    description =
        "Make images of a given picture: fill a hole, vary it, colour or enlarge it. The grid begins with the picture and"
            + " what is known of it.")
final class EditCommand implements Callable<Integer> {
  @ParentCommand Console console;

  @Mixin GivenModel models;

  @Option(
      names = "--image",
      paramLabel = "FILE",
      description =
          "The picture: PNG, JPEG, GIF, BMP, WebP or TIFF; the middle of it at the model's size.")
  Path image;

  @Option(
      names = "--digit",
      paramLabel = "N",
      description = "In place of --image: number N of the 10,000 test digits.")
  Integer digit;

  @Option(
      names = "--how",
      paramLabel = "EDIT",
      defaultValue = "inpaint",
      description =
          "inpaint (replacement); repaint:jump=10,times=10 (RePaint: better, and times as many evaluations);"
              + " image:strength=0.6 (SDEdit: noised to that time and made again); colour (of a grey picture);"
              + " upscale:factor=4 (the picture or a smaller one).")
  String how;

  @Option(
      names = "--mask",
      paramLabel = "FILE",
      description =
          "To inpaint: a picture of the model's size, light where pixels are known, dark where they shall be made.")
  Path mask;

  @Option(
      names = "--hole",
      paramLabel = "X,Y,W,H",
      arity = "1..4",
      hideParamSyntax = true,
      split = RequestOptions.LIST,
      showDefaultValue = Visibility.NEVER,
      description = "In place of --mask: a rectangle to be made, in pixels from the upper left.")
  List<Integer> hole = List.of();

  @Mixin RequestOptions options;

  @Option(
      names = {"-o", "--out"},
      paramLabel = "DIR",
      description =
          "Folder of the results. Default: edited, or edited-2 and so on where another edit lies.")
  Path out;

  @Option(
      names = "--overwrite",
      description = "Replace what a call of another request left in the folder.")
  boolean overwrite;

  @Option(names = "--json", description = "Print JSON.")
  boolean json;

  @Override
  public Integer call() {
    one("--image FILE", image != null, "--digit N", digit != null, true);
    one("--mask FILE", mask != null, "--hole X,Y,W,H", !hole.isEmpty(), false);
    // a wrong word is told before a model is loaded
    options.words().edit(how);
    try (Model model = models.load()) {
      GivenPictures given = new GivenPictures(model);
      Images picture = picture(given);
      SampleRequest unmasked = options.request(model.config()).edit(how).image(picture.floats());
      SampleRequest request =
          mask == null && hole.isEmpty()
              ? unmasked
              : unmasked.mask(mask != null ? given.mask(mask) : given.hole(hole));
      int holes = 0;
      for (int i = 0; request.mask() != null && i < request.mask().length; i++) {
        holes += request.mask()[i] == 0 ? 1 : 0;
      }
      model.check(request);
      SamplePlan plan = SamplePlan.of(model.config().process(), request);
      if (holes > 0) {
        console.err.println(holes + " pixels to be made");
      }
      Images known = model.known(request.only(0));
      Images before = picture.width() == known.width() ? picture.plus(known) : known;
      ResultFiles results =
          new ResultFiles(models.provenance(model).edited(words()), request, true);
      Path folder = Output.folder(results, out, "edited", overwrite);
      List<SampleCommand.Format> formats = List.of(SampleCommand.Format.png);
      try (SampleFiles files =
          new SampleFiles(folder, results, formats, SampleCommand.Pictures.both)) {
        SampleResult result;
        try (Bar bar = new Bar(console.err)) {
          result = model.sample(request, files.with(bar), console.cancellation);
        }
        SampleStream.Made made = files.after(before).write(result, false);
        if (request.edit().cuts() && !json) {
          console.out.printf("noised to t = %s and made from there%n", plan.rows().get(0).time());
        }
        SampleCommand.report(console, json, model, made);
      }
    }
    return 0;
  }

  private Images picture(GivenPictures given) {
    if (image != null) {
      return given.file(image, Edit.parse(how).factor());
    }
    ImageSet digits = given.digits(null);
    if (digit < 0 || digit >= digits.size()) {
      throw new IllegalArgumentException(
          "illegal digit: " + digit + ", must be from 0 to " + (digits.size() - 1));
    }
    return digits.images().range(digit, digit + 1);
  }

  /** Refuses two options that take each other's place. */
  private static void one(String a, boolean first, String b, boolean second, boolean needed) {
    if (first && second || needed && !first && !second) {
      throw new IllegalArgumentException(
          (first ? "illegal " + a + " with " + b + ", must be one of them" : "missing " + a)
              + (first ? "" : " or " + b + ", must be given"));
    }
  }

  /** What tells the picture on the command line. */
  private List<String> words() {
    List<String> words = new ArrayList<>();
    words.addAll(
        image != null ? List.of("--image", image.toString()) : List.of("--digit", "" + digit));
    if (mask != null) {
      words.addAll(List.of("--mask", mask.toString()));
    }
    if (!hole.isEmpty()) {
      words.addAll(
          List.of("--hole", hole.stream().map(String::valueOf).collect(Collectors.joining(","))));
    }
    return words;
  }
}
