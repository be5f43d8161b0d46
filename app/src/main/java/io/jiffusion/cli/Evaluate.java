package io.jiffusion.cli;

import picocli.CommandLine.Command;

@Command(name = "evaluate", description = "evaluate.")
final class Evaluate implements Runnable {
  @Override
  public void run() {}
}
