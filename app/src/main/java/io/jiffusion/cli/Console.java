package io.jiffusion.cli;

import io.jiffusion.base.Cancellation;
import io.jiffusion.pipeline.Provenance;
import java.io.PrintStream;
import java.util.List;
import java.util.Map;

/** What every command has: its streams, what was typed, and who may interrupt it. */
abstract class Console {
  static final int FAILED = 1;
  static final int USAGE = 2;
  static final int INTERRUPTED = 130;

  /** What was typed to start the program, for the commands that it tells to type next. */
  static final String NAME = System.getProperty("jiffusion.name", "jiffusion");

  /** Results go here, and nothing else. */
  final PrintStream out;

  /** Progress, warnings and errors go here. */
  final PrintStream err;

  /** Set by Ctrl-C, SIGTERM and SIGHUP. */
  final Cancellation cancellation = new Cancellation();

  final Interrupts interrupts;
  private List<String> typed = List.of();

  Console(PrintStream out, PrintStream err) {
    this.out = new ShownStream(out);
    this.err = new ShownStream(err);
    this.interrupts = new Interrupts(cancellation, this.err);
  }

  /** The command and its options. */
  final void typed(String... words) {
    typed = List.of(words);
  }

  /** How a picture of this command is made again, for its file. */
  final Map<String, String> origin(String model) {
    return Provenance.command(typed, model);
  }
}
