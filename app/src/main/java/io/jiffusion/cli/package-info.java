/**
 * The command line: one class a command, thin over {@code io.jiffusion.pipeline}.
 *
 * <p>A command reads its options, calls the library and prints; what it decides, the library
 * decides for Java users too. Results go to standard output, progress and warnings to standard
 * error; a user's mistake is one sentence (value, rule, remedy) and exit code 1 or 2, anything else
 * is a bug and leaves a file with the stack trace. {@code Main} lists the commands, {@code Console}
 * holds their streams.
 */
package io.jiffusion.cli;
