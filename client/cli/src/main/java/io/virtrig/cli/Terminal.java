package io.virtrig.cli;

import java.io.Console;
import picocli.CommandLine.Help.Ansi;

/**
 * What a standard stream can show. Colours only on a terminal, unless {@code NO_COLOR} is set or
 * {@code TERM} is {@code dumb}.
 */
public final class Terminal {

  private final boolean interactive;

  private Terminal(boolean interactive) {
    this.interactive = interactive;
  }

  /** Standard output. */
  public static Terminal stdout() {
    return new Terminal(isTerminal("virtrig.stdout.terminal"));
  }

  /** Standard error. */
  public static Terminal stderr() {
    return new Terminal(isTerminal("virtrig.stderr.terminal"));
  }

  /**
   * The launcher knows for each stream and says so in a system property; Java knows only for all
   * together.
   */
  @SuppressWarnings("SystemConsoleNull") // null again in JDK 25 when a stream is redirected
  private static boolean isTerminal(String property) {
    String told = System.getProperty(property);
    if (told != null) {
      return Boolean.parseBoolean(told);
    }
    Console console = System.console();
    return console != null && console.isTerminal();
  }

  /** Whether a person looks at it, so that a line can be rewritten. */
  public boolean isInteractive() {
    return interactive && !"dumb".equals(System.getenv("TERM"));
  }

  /** The colours to use on it. */
  public Palette palette() {
    return new Palette(isInteractive() && isUnset("NO_COLOR"));
  }

  Ansi helpColours() {
    return palette().isColoured() ? Ansi.ON : Ansi.OFF;
  }

  private static boolean isUnset(String variable) {
    String value = System.getenv(variable);
    return value == null || value.isEmpty();
  }
}
