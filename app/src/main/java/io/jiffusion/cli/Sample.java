package io.jiffusion.cli;

import picocli.CommandLine.Command;

@Command(name = "sample", description = "sample.")
final class Sample implements Runnable {
  @Override
  public void run() {}
}
