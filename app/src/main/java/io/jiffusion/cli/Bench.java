package io.jiffusion.cli;

import picocli.CommandLine.Command;

@Command(name = "bench", description = "bench.")
final class Bench implements Runnable {
  @Override
  public void run() {}
}
