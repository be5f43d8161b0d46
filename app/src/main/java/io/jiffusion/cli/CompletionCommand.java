package io.jiffusion.cli;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

@Command(
    name = "completion",
    description = {
      "Print the script that completes commands, options and samplers with the Tab key in bash and zsh:",
      "  source <(jiffusion completion)"
    })
final class CompletionCommand implements Callable<Integer> {
  @ParentCommand Console console;

  @Spec CommandSpec spec;

  @Override
  public Integer call() {
    console.out.println(AutoComplete.bash("jiffusion", spec.root().commandLine()));
    return 0;
  }
}
