package io.virtrig.emulator.hardware.iommu.vtd;

import io.virtrig.emulator.hardware.iommu.MessageSink;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;

/**
 * The four registers of an event: control, data, address, upper address. FECTL, IECTL and PECTL are
 * alike.
 */
final class EventRegisters implements Stateful {
  private static final int IM = 1 << 31;
  private static final int IP = 1 << 30;

  private final MessageSink messages;
  private boolean masked = true;
  private boolean pending;
  private int data;
  private int address;
  private int upper;

  EventRegisters(MessageSink messages) {
    this.messages = messages;
  }

  /** Reads one of the four. */
  int read(int index) {
    return switch (index) {
      case 0 -> (masked ? IM : 0) | (pending ? IP : 0);
      case 1 -> data;
      case 2 -> address;
      default -> upper;
    };
  }

  /** Writes one of the four; an event that waits is sent when the mask goes. */
  void write(int index, int value) {
    switch (index) {
      case 0 -> {
        masked = (value & IM) != 0;
        if (!masked && pending) {
          send();
        }
      }
      case 1 -> data = value;
      case 2 -> address = value & ~3;
      default -> upper = value;
    }
  }

  /** The event: sent, or kept until the mask goes. */
  void raise() {
    if (masked) {
      pending = true;
    } else {
      send();
    }
  }

  /** What it told of has been dealt with. */
  void clear() {
    pending = false;
  }

  private void send() {
    pending = false;
    messages.message((long) upper << Integer.SIZE | Integer.toUnsignedLong(address), data);
  }

  @Override
  public void writeState(StateWriter out) {
    out.flag("masked", masked);
    out.flag("pending", pending);
    out.hex("data", data);
    out.hex("address", address);
    out.hex("upper", upper);
  }
}
