package io.virtrig.emulator.state;

/** Has state that is part of the host's. */
public interface Stateful {

  /** Writes all of the state, in a fixed order. */
  void writeState(StateWriter out);
}
