/** The command line: one class a command, thin over {@code io.jiffusion.pipeline}. */
package io.jiffusion.cli;
