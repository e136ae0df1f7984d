package io.virtrig.emulator.state;

import java.util.HashSet;
import java.util.Set;

/**
 * A hash of a host's state: 128 bits in two lanes, each a multiply-and-shift mix of all that is
 * written, names included. Equal states have equal hashes on every machine. It finds differences;
 * it does not withstand an adversary.
 */
public final class StateHash implements StateWriter {
  private static final long FIRST_PRIME = 0x9e3779b97f4a7c15L;
  private static final long SECOND_PRIME = 0xc2b2ae3d27d4eb4fL;

  private final Set<Integer> met = new HashSet<>();
  private long first = 1;
  private long second = 2;

  /** The hash of a state. */
  public static String of(Stateful state) {
    StateHash hash = new StateHash();
    state.writeState(hash);
    return String.format("%016x%016x", hash.first, hash.second);
  }

  /** Mixes bytes into one number, for contents that are too large to be written as fields. */
  public static long ofBytes(byte[] bytes) {
    long hash = bytes.length;
    for (int i = 0; i < bytes.length; i++) {
      hash = (hash ^ bytes[i]) * FIRST_PRIME;
    }
    return hash ^ (hash >>> 31);
  }

  /** As {@link #ofBytes}, for words. */
  public static long ofWords(long[] words) {
    long hash = words.length;
    for (long word : words) {
      hash = (hash ^ word) * FIRST_PRIME;
      hash ^= hash >>> 29;
    }
    return hash;
  }

  @Override
  public void number(String name, long value) {
    mix(name.hashCode());
    mix(value);
  }

  @Override
  public void hex(String name, long value) {
    number(name, value);
  }

  @Override
  public void text(String name, String value) {
    mix(name.hashCode());
    mix(value.length());
    for (int i = 0; i < value.length(); i++) {
      mix(value.charAt(i));
    }
  }

  @Override
  public void child(String name, String key, Stateful child) {
    text(name, key);
    child.writeState(this);
    mix(')');
  }

  @Override
  public void shared(String name, KernelObject object) {
    number(name, object.id());
    if (met.add(object.id())) {
      object.writeState(this);
    }
    mix(']');
  }

  private void mix(long value) {
    first = (first ^ value) * FIRST_PRIME;
    first ^= first >>> 32;
    second = (second + value) * SECOND_PRIME;
    second = Long.rotateLeft(second, 29);
  }
}
