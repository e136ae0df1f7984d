package io.virtrig.cli.demo;

import java.util.regex.Pattern;

/**
 * An answer as a person compares it with the call: large numbers, which are addresses, in
 * hexadecimal.
 */
final class AnswerText {

  private static final Pattern ADDRESS = Pattern.compile("(?<=:)\\d{4,18}(?=[,}])");

  private AnswerText() {}

  static String of(String answer) {
    return ADDRESS
        .matcher(answer)
        .replaceAll(number -> "0x" + Long.toHexString(Long.parseLong(number.group())))
        .replace("\"", "");
  }
}
