package io.jiffusion.cli;

import io.jiffusion.base.Shown;
import io.jiffusion.pipeline.Provenance;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;

@Command(
    name = "show",
    description = "Print how a picture was made, and the command that makes it again.")
final class ShowCommand implements Callable<Integer> {
  @ParentCommand Console console;

  @Parameters(paramLabel = "FILE", description = "A PNG file that jiffusion wrote.")
  Path file;

  @Override
  public Integer call() {
    Map<String, String> texts = Provenance.texts(file);
    console.out.println(Shown.line(texts.get(Provenance.REQUEST)));
    String command = texts.getOrDefault(Provenance.COMMAND, "");
    if (!command.isEmpty()) {
      console.out.println(
          Shown.line(command.replaceFirst("^jiffusion", Matcher.quoteReplacement(Console.NAME))));
    }
    return 0;
  }
}
