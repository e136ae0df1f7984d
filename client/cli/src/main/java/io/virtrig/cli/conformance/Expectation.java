package io.virtrig.cli.conformance;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import org.jspecify.annotations.Nullable;

/**
 * What a step must bring back.
 *
 * @param errno the errno's name, or {@link #OK}
 * @param anyErrno it must fail, with whichever errno
 * @param ret the return value, unless it is not checked
 * @param out the fields of the result that are checked
 * @param note text for the reader; may be empty
 */
public record Expectation(
    String errno, boolean anyErrno, @Nullable JsonElement ret, JsonObject out, String note) {

  /** Stands for success where an errno could stand. */
  public static final String OK = "OK";
}
