package io.jiffusion.docs;

import io.jiffusion.config.Home;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** README.md, its neighbours and docs/*.md, and the commands in them. */
final class Documents {
  private static final Pattern BLOCK =
      Pattern.compile("^```sh\\n(.*?)^```", Pattern.MULTILINE | Pattern.DOTALL);
  private static final Pattern WORD = Pattern.compile("'([^']*)'|\"([^\"]*)\"|(\\S+)");

  private Documents() {}

  /** The targets of links to files of the project. */
  static List<String> links(Path document) throws IOException {
    return Pattern.compile("\\]\\(([^)#:]+)\\)")
        .matcher(Files.readString(document))
        .results()
        .map(link -> link.group(1))
        .toList();
  }

  static List<Path> all() throws IOException {
    Path project = Home.folder();
    try (Stream<Path> docs = Files.list(project.resolve("docs"))) {
      return Stream.concat(
              Stream.of("README.md", "CONTRIBUTING.md", "CHANGELOG.md").map(project::resolve),
              docs.filter(file -> file.toString().endsWith(".md")).sorted())
          .toList();
    }
  }

  /** What follows {@code ./jiffusion} in the shell blocks of a document, in order. */
  static List<String> commands(Path document) throws IOException {
    List<String> commands = new ArrayList<>();
    Matcher blocks = BLOCK.matcher(Files.readString(document));
    while (blocks.find()) {
      for (String line : blocks.group(1).replace("\\\n", " ").split("\n")) {
        if (line.startsWith("./jiffusion ")) {
          commands.add(line.substring("./jiffusion ".length()).replaceFirst("\\s+#.*", "").strip());
        }
      }
    }
    return commands;
  }

  /**
   * The words of a command as a shell takes them apart; a first word {@code jiffusion} is left out.
   */
  static List<String> words(String command) {
    List<String> words =
        new ArrayList<>(
            WORD.matcher(command)
                .results()
                .map(
                    word ->
                        Stream.of(word.group(1), word.group(2), word.group(3))
                            .filter(text -> text != null)
                            .findFirst()
                            .orElseThrow())
                .toList());
    if (!words.isEmpty() && words.get(0).equals("jiffusion")) {
      words.remove(0);
    }
    return words;
  }
}
