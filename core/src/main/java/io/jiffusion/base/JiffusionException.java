package io.jiffusion.base;

/**
 * What went wrong with a file, a model or an engine, told in one sentence: the value, the rule, the
 * remedy.
 *
 * <p>What its message tells of others' files is escaped, see {@link Shown}.
 *
 * <p>Wrong arguments are {@link IllegalArgumentException}; anything else that is thrown is a bug of
 * the library.
 */
public final class JiffusionException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public JiffusionException(String message) {
    super(Shown.message(message));
  }

  public JiffusionException(String message, Throwable cause) {
    super(Shown.message(message), cause);
  }
}
