package io.virtrig.emulator.state;

import io.virtrig.v1.StateField;
import io.virtrig.v1.StateNode;
import java.util.HashSet;
import java.util.Set;

/** Writes a state as a tree of messages for people to read. */
public final class StateTree implements StateWriter {

  private final Set<Integer> met;
  private final StateNode.Builder node;

  private StateTree(StateNode.Builder node, Set<Integer> met) {
    this.node = node;
    this.met = met;
  }

  /** The tree of a state. */
  public static StateNode of(String name, String key, Stateful state) {
    return of(name, key, state, new HashSet<>());
  }

  private static StateNode of(String name, String key, Stateful state, Set<Integer> met) {
    StateNode.Builder node = StateNode.newBuilder().setName(name).setKey(key);
    state.writeState(new StateTree(node, met));
    return node.build();
  }

  @Override
  public void number(String name, long value) {
    text(name, Long.toString(value));
  }

  @Override
  public void hex(String name, long value) {
    text(name, "0x" + Long.toHexString(value));
  }

  @Override
  public void text(String name, String value) {
    node.addFields(StateField.newBuilder().setName(name).setValue(value));
  }

  @Override
  public void child(String name, String key, Stateful child) {
    node.addChildren(of(name, key, child, met));
  }

  @Override
  public void shared(String name, KernelObject object) {
    String identity = object.kind() + "#" + object.id();
    if (met.add(object.id())) {
      node.addChildren(of(name, identity, object, met));
    } else {
      text(name, identity);
    }
  }
}
