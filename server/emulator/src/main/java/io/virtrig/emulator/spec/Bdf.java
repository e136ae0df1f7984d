package io.virtrig.emulator.spec;

import io.virtrig.emulator.errno.Refused;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The address of a PCI function: domain, bus, device and function. */
public record Bdf(int domain, int bus, int device, int function) implements Comparable<Bdf> {
  private static final Pattern FORM =
      Pattern.compile("([0-9a-f]{4}):([0-9a-f]{2}):([01][0-9a-f])\\.([0-7])");

  /**
   * Reads {@code DDDD:BB:DD.F} in lower-case hexadecimal.
   *
   * @param field the field to name when it is no such address
   */
  public static Bdf parse(String field, String text) {
    Matcher parts = FORM.matcher(text);
    if (!parts.matches()) {
      throw Refused.invalid(field, "\"" + text + "\" is no PCI address of the form 0000:00:02.0");
    }
    return new Bdf(
        Integer.parseInt(parts.group(1), 16),
        Integer.parseInt(parts.group(2), 16),
        Integer.parseInt(parts.group(3), 16),
        Integer.parseInt(parts.group(4)));
  }

  /** Device and function in one byte, as in PCI_DEVFN. */
  public int devfn() {
    return device << 3 | function;
  }

  @Override
  public int compareTo(Bdf other) {
    return Integer.compare(
        domain << 16 | bus << 8 | devfn(), other.domain << 16 | other.bus << 8 | other.devfn());
  }

  /** {@code DDDD:BB:DD.F}, as Linux names the function. */
  @Override
  public String toString() {
    return String.format("%04x:%02x:%02x.%d", domain, bus, device, function);
  }
}
