package io.virtrig.emulator.state;

/**
 * Receives a host's state, field by field in a fixed order. One walk serves the state hash and the
 * description that people read, so that what one sees the other covers.
 */
public interface StateWriter {

  /** A count, size or number. */
  void number(String name, long value);

  /** An address, mask or flag word. */
  void hex(String name, long value);

  /** A name or a choice. */
  void text(String name, String value);

  /** Something that only the object being written holds. */
  void child(String name, String key, Stateful child);

  /** An object that several others may hold: its state is written where it is met first. */
  void shared(String name, KernelObject object);

  /** {@code true} as 1, {@code false} as 0. */
  default void flag(String name, boolean value) {
    number(name, value ? 1 : 0);
  }
}
