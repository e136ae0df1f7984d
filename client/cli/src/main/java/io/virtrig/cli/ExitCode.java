package io.virtrig.cli;

import java.util.LinkedHashMap;
import java.util.Map;

/** What the command's exit status says. */
public final class ExitCode {

  /** It is done. */
  public static final int OK = 0;

  /** The daemon or the connection failed; a conformance case or the demo did not pass. */
  public static final int FAILURE = 1;

  /** The command line, or a file named on it, is wrong. */
  public static final int USAGE = 2;

  /** The simulated kernel answered an errno. */
  public static final int ERRNO = 3;

  /** There is no such host, process or device. */
  public static final int NOT_FOUND = 4;

  /** The daemon did not answer in time. The number is that of timeout(1). */
  public static final int DEADLINE = 124;

  static final Map<String, String> DESCRIPTIONS = new LinkedHashMap<>();

  static {
    DESCRIPTIONS.put("  0", "it is done");
    DESCRIPTIONS.put(
        "  1", "the daemon or the connection failed; a conformance case or the demo did not pass");
    DESCRIPTIONS.put("  2", "the command line, or a file named on it, is wrong");
    DESCRIPTIONS.put("  3", "the simulated kernel answered an errno");
    DESCRIPTIONS.put("  4", "there is no such host, process or device");
    DESCRIPTIONS.put("124", "the daemon did not answer in time");
  }

  private ExitCode() {}
}
