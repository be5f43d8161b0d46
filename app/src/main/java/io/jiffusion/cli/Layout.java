package io.jiffusion.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Column;
import picocli.CommandLine.Help.TextTable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.UsageMessageSpec;

/** How help looks: as wide as the terminal, commands in groups, what must be given marked. */
final class Layout {
  private static final int NARROW = 60;
  private static final int WIDE = 120;
  private static final int INDENT = 2;
  private static final String SETTINGS = "settings";

  /** What a newcomer looks for first comes first. */
  static final Map<String, List<String>> GROUPS = new LinkedHashMap<>();

  static {
    GROUPS.put("Make images", List.of("demo", "sample", "edit", "interpolate"));
    GROUPS.put("Train", List.of("train", "toy", "train-classifier"));
    GROUPS.put("Understand samplers", List.of("samplers", "schedule", "compare", "reconstruct"));
    GROUPS.put("Look at files", List.of("show", "inspect"));
    GROUPS.put(
        "Judge a model", List.of("evaluate", "statistics", "likelihood", "measure", "check"));
    GROUPS.put(
        "Exchange models", List.of("import", "export", "predict", "encode", "decode", "pack"));
    GROUPS.put("The program itself", List.of("bench", "completion", "help"));
  }

  private Layout() {}

  /** Lays the help of all commands out. */
  static void set(CommandLine line) {
    line.setUsageHelpWidth(Math.max(NARROW, Math.min(WIDE, Terminal.width())));
    line.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_COMMAND_LIST_HEADING, help -> "");
    line.getHelpSectionMap().put(UsageMessageSpec.SECTION_KEY_COMMAND_LIST, Layout::groups);
    CommandLine train = line.getSubcommands().get("train");
    TrainCommand chosen = (TrainCommand) train.getCommandSpec().userObject();
    List<String> sections = new ArrayList<>(train.getHelpSectionKeys());
    sections.add(sections.indexOf(UsageMessageSpec.SECTION_KEY_EXIT_CODE_LIST_HEADING), SETTINGS);
    train.setHelpSectionKeys(sections);
    train.getHelpSectionMap().put(SETTINGS, help -> TrainSettings.list(help, chosen.source));
    line.getSubcommands().values().forEach(command -> markLegend(command.getCommandSpec()));
  }

  private static void markLegend(CommandSpec command) {
    if (!command.requiredArgs().isEmpty()) {
      command.usageMessage().footer("%n* must be given");
    }
  }

  private static String groups(Help help) {
    StringBuilder text = new StringBuilder();
    int widest = help.subcommands().keySet().stream().mapToInt(String::length).max().orElse(1);
    GROUPS.forEach(
        (title, commands) -> {
          text.append(String.format("%n%s:%n", title));
          List<List<String>> rows = new ArrayList<>();
          for (String name : commands) {
            CommandSpec command = help.subcommands().get(name).commandSpec();
            String[] header = command.usageMessage().header();
            String[] said = header.length > 0 ? header : command.usageMessage().description();
            rows.add(List.of(name, said[0].replaceFirst("[:.;,] .*|[:.]$", "")));
          }
          text.append(table(help, widest, rows));
        });
    return text.toString();
  }

  /** Two columns, the second one wrapped. */
  static String table(Help help, int first, List<List<String>> rows) {
    int left = INDENT + first + 1;
    int width = help.commandSpec().usageMessage().width();
    TextTable table =
        TextTable.forColumns(
            help.colorScheme(),
            new Column(left, INDENT, Column.Overflow.SPAN),
            new Column(width - left, 1, Column.Overflow.WRAP));
    rows.forEach(row -> table.addRowValues(row.get(0), row.get(1)));
    return table.toString();
  }
}
