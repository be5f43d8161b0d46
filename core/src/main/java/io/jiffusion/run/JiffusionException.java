package io.jiffusion.run;

/**
 * What went wrong with a file, a model or an engine, told in one sentence: the value, the rule, the
 * remedy.
 *
 * <p>Wrong arguments are {@link IllegalArgumentException}; anything else that is thrown is a bug of
 * the library.
 */
public final class JiffusionException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public JiffusionException(String message) {
    super(plain(message));
  }

  public JiffusionException(String message, Throwable cause) {
    super(plain(message), cause);
  }

  /** Names from files of others may hold what commands a terminal. */
  private static String plain(String message) {
    return message.replaceAll("[\\p{Cc}&&[^\n]]", "\uFFFD");
  }
}
