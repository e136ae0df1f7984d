package io.virtrig.daemon.programs;

import io.virtrig.emulator.errno.Refused;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The resource name of a program.
 *
 * @param host the id of the host it belongs to; empty when it is the daemon's own
 * @param id its id there
 */
public record ProgramName(String host, String id) {
  private static final String ID = "([a-z][a-z0-9-]{0,62})";
  private static final Pattern NAME = Pattern.compile("(?:hosts/" + ID + "/)?programs/" + ID);

  /**
   * Reads a name.
   *
   * @param field the request's field that holds it
   * @throws Refused when it is none
   */
  public static ProgramName of(String field, String name) {
    Matcher parts = NAME.matcher(name);
    if (!parts.matches()) {
      throw Refused.invalid(
          field, "\"" + name + "\" is neither programs/ID nor hosts/HOST/programs/ID");
    }
    return new ProgramName(parts.group(1) == null ? "" : parts.group(1), parts.group(2));
  }

  @Override
  public String toString() {
    return (host.isEmpty() ? "" : "hosts/" + host + "/") + "programs/" + id;
  }
}
