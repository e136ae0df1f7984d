package io.virtrig.cli;

import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** {@code --lease}: a number of seconds, minutes, hours or days. */
final class Lease {
  @Option(
      names = "--lease",
      paramLabel = "10m",
      converter = Length.class,
      description =
          "Delete the host after that time unless its lease is renewed: a number and s, m, h or d.")
  private @Nullable Duration length;

  /** What was asked for; null for nothing. */
  @Nullable Duration length() {
    return length;
  }

  static final class Length implements ITypeConverter<Duration> {
    private static final Pattern FORM = Pattern.compile("([0-9]{1,9})([smhd])");

    @Override
    public Duration convert(String text) {
      Matcher parts = FORM.matcher(text);
      if (!parts.matches()) {
        throw new TypeConversionException(
            "\"" + text + "\" is not a number and s, m, h or d, as in 10m");
      }
      long number = Long.parseLong(parts.group(1));
      return switch (parts.group(2)) {
        case "s" -> Duration.ofSeconds(number);
        case "m" -> Duration.ofMinutes(number);
        case "h" -> Duration.ofHours(number);
        default -> Duration.ofDays(number);
      };
    }
  }
}
