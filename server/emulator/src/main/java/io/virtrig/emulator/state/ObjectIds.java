package io.virtrig.emulator.state;

/** Where a host's objects get their identities from. */
public final class ObjectIds {
  private int last;

  int next() {
    return ++last;
  }
}
