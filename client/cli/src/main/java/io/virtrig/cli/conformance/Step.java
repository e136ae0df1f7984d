package io.virtrig.cli.conformance;

import com.google.gson.JsonObject;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A step of a case.
 *
 * @param number counted from 1
 * @param operation {@code do}
 * @param on the name of the object it acts on
 * @param in the name of the calling process
 * @param arguments {@code arg}
 * @param as the name for what it makes
 * @param save variable to field of the result
 * @param expect what must come back
 */
public record Step(
    int number,
    String operation,
    @Nullable String on,
    String in,
    JsonObject arguments,
    @Nullable String as,
    Map<String, String> save,
    Expectation expect) {

  /** The step as a reader of the case knows it, without what is expected. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(operation);
    if (on != null) {
      text.append(" on ").append(on);
    }
    if (!in.equals(CaseReader.FIRST_PROCESS)) {
      text.append(" in ").append(in);
    }
    text.append(' ').append(arguments);
    if (as != null) {
      text.append(" as ").append(as);
    }
    return text.toString();
  }
}
