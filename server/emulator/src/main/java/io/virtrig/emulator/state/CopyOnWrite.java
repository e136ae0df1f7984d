package io.virtrig.emulator.state;

/**
 * Knows a faster way to be cloned than field by field.
 *
 * @param <T> its own type
 */
public interface CopyOnWrite<T> {

  /** A second object with the same contents, which are shared until one of the two changes them. */
  T copy();
}
