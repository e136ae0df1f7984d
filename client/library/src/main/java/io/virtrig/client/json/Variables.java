package io.virtrig.client.json;

import java.util.OptionalLong;

/** What {@code "$name"} stands for. */
@FunctionalInterface
public interface Variables {

  /** Knows no variable. */
  Variables NONE = name -> OptionalLong.empty();

  /**
   * The value of a variable.
   *
   * @param name without the dollar sign
   * @return its value, empty when there is none of that name
   */
  OptionalLong value(String name);
}
