package io.virtrig.emulator.state;

/** Is no state of a host, or never changes: a host and its clones use one and the same object. */
public interface Shared {}
