package io.jiffusion.cli;

import picocli.CommandLine.Command;

@Command(name = "show", description = "show.")
final class Show implements Runnable {
  @Override
  public void run() {}
}
