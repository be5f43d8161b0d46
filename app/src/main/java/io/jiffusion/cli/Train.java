package io.jiffusion.cli;

import picocli.CommandLine.Command;

@Command(name = "train", description = "train.")
final class Train implements Runnable {
  @Override
  public void run() {}
}
