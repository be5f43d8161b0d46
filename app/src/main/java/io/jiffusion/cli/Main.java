package io.jiffusion.cli;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.Shown;
import io.jiffusion.checkpoint.RunFolder;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CancellationException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;

/** Entry of the command line: streams, exit codes, and what is said when something goes wrong. */
@Command(
    name = "jiffusion",
    description = "Diffusion models, trained and sampled on the JVM.",
    scope = ScopeType.INHERIT,
    mixinStandardHelpOptions = true,
    showDefaultValues = true,
    sortOptions = false,
    abbreviateSynopsis = true,
    requiredOptionMarker = '*',
    versionProvider = Main.Version.class,
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:failed",
      "2:wrong usage",
      "130:interrupted",
      "143:ended by SIGTERM"
    },
    subcommands = {
      DemoCommand.class,
      TrainCommand.class,
      SampleCommand.class,
      SamplersCommand.class,
      CompareCommand.class,
      EditCommand.class,
      InterpolateCommand.class,
      ReconstructCommand.class,
      ImportCommand.class,
      ExportCommand.class,
      CheckCommand.class,
      PredictCommand.class,
      EncodeCommand.class,
      DecodeCommand.class,
      PackCommand.class,
      ShowCommand.class,
      InspectCommand.class,
      ScheduleCommand.class,
      ToyCommand.class,
      EvaluateCommand.class,
      StatisticsCommand.class,
      LikelihoodCommand.class,
      MeasureCommand.class,
      TrainClassifierCommand.class,
      BenchCommand.class,
      CompletionCommand.class,
      CommandLine.HelpCommand.class
    })
public final class Main extends Console implements Runnable {
  private static final String NO_MEMORY =
      "the memory of this machine, or what Java may have of it, does not suffice; take a smaller"
          + " --batch, --block, size or count, or give Java more by -Xmx";

  @Option(
      names = "--verbose",
      scope = ScopeType.INHERIT,
      description = "Print the stack trace of an error.")
  boolean verbose;

  @CommandLine.Spec CommandLine.Model.CommandSpec spec;

  Main(PrintStream out, PrintStream err) {
    super(out, err);
  }

  /** Runs the command line and ends the process. */
  public static void main(String[] args) {
    System.setProperty("java.awt.headless", "true");
    PrintStream out =
        new PrintStream(new FileOutputStream(FileDescriptor.out), false, StandardCharsets.UTF_8);
    PrintStream err =
        new PrintStream(new FileOutputStream(FileDescriptor.err), true, StandardCharsets.UTF_8);
    Main main = new Main(out, err);
    main.interrupts.watch();
    int code = main.run(args);
    out.flush();
    err.flush();
    if (main.interrupts.came()) {
      // No native memory is freed: the system does it at once.
      Runtime.getRuntime().halt(main.interrupts.exitCode(code));
    }
    System.exit(code);
  }

  /** Runs one command; returns its exit code. */
  int run(String... args) {
    typed(args);
    CommandLine line = new CommandLine(this);
    line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true));
    line.setCaseInsensitiveEnumValuesAllowed(true);
    Layout.set(line);
    line.setParameterExceptionHandler((e, arguments) -> usage(e));
    line.setExecutionExceptionHandler((e, command, parsed) -> failed(e, command));
    int code;
    try {
      code = line.execute(args);
    } catch (OutOfMemoryError e) {
      err.println(NO_MEMORY);
      code = FAILED;
    }
    out.flush();
    return code;
  }

  /** Without a command: what there is. */
  @Override
  public void run() {
    spec.commandLine().usage(out);
  }

  private int usage(ParameterException e) {
    if (e.getCause() instanceof IllegalArgumentException illegal && illegal.getMessage() != null) {
      err.println(Shown.message(illegal.getMessage()));
    } else {
      err.println(Shown.message(e.getMessage()));
      CommandLine.UnmatchedArgumentException.printSuggestions(e, new PrintWriter(err, true));
      if (e instanceof CommandLine.UnmatchedArgumentException unmatched) {
        settings(unmatched);
      }
    }
    err.println("See " + e.getCommandLine().getCommandSpec().qualifiedName() + " --help.");
    return USAGE;
  }

  /** An option of train that there is not may be a setting. */
  private void settings(CommandLine.UnmatchedArgumentException e) {
    if (e.getCommandLine().getCommandSpec().userObject() instanceof TrainCommand) {
      List<String> words = e.getUnmatched();
      for (int i = 0; i < words.size(); i++) {
        boolean value =
            i + 1 < words.size()
                && !words.get(i).contains("=")
                && !words.get(i + 1).startsWith("-");
        String said =
            words.get(i).startsWith("--")
                ? TrainSettings.instead(words.get(i) + (value ? "=" + words.get(i + 1) : ""))
                : "";
        if (!said.isEmpty()) {
          err.println(said);
        }
      }
    }
  }

  private int failed(Exception e, CommandLine command) {
    if (verbose) {
      e.printStackTrace(err);
    }
    if (e instanceof CancellationException) {
      err.println("interrupted");
      return INTERRUPTED;
    }
    if (e instanceof JiffusionException) {
      err.println(Shown.message(e.getMessage()));
      return FAILED;
    }
    if (withoutMemory(e)) {
      err.println(NO_MEMORY);
      return FAILED;
    }
    if (e instanceof IllegalArgumentException && e.getMessage() != null) {
      err.println(Shown.message(e.getMessage()));
      err.println("See " + command.getCommandSpec().qualifiedName() + " --help.");
      return USAGE;
    }
    if (!verbose) {
      err.println("jiffusion has a bug: " + Shown.message(e.toString()) + report(e));
    }
    return FAILED;
  }

  private static boolean withoutMemory(Throwable e) {
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof OutOfMemoryError) {
        return true;
      }
    }
    return false;
  }

  /** Writes the stack trace to a file; returns where. */
  private static String report(Exception bug) {
    try {
      Path file = Files.createTempFile("jiffusion-bug-", ".txt");
      try (PrintStream to =
          new PrintStream(Files.newOutputStream(file), true, StandardCharsets.UTF_8)) {
        to.printf(
            Locale.ROOT,
            "jiffusion %s, Java %s, %s %s%n",
            RunFolder.VERSION,
            System.getProperty("java.version"),
            System.getProperty("os.name"),
            System.getProperty("os.arch"));
        bug.printStackTrace(to);
      }
      return "; the stack trace is in " + file + " (or use --verbose)";
    } catch (IOException e) {
      return "; use --verbose for the stack trace";
    }
  }

  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {
        "jiffusion " + RunFolder.VERSION + " (Java " + System.getProperty("java.version") + ")"
      };
    }
  }
}
