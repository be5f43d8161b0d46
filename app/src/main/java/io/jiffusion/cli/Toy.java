package io.jiffusion.cli;

import picocli.CommandLine.Command;

@Command(name = "toy", description = "toy.")
final class Toy implements Runnable {
  @Override
  public void run() {}
}
