package io.jiffusion.cli;

import picocli.CommandLine.Command;

@Command(name = "demo", description = "demo.")
final class Demo implements Runnable {
  @Override
  public void run() {}
}
