package io.virtrig.emulator.hardware.css;

import io.virtrig.emulator.hardware.memory.PhysicalMemory;
import io.virtrig.emulator.state.StateHash;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/**
 * The device behind a subchannel. It keeps the record that the latest write command brought, and
 * every input command reads that back, with zeros behind it.
 */
final class ChannelDevice implements Stateful {
  private final PhysicalMemory memory;
  private byte[] record = new byte[0];

  ChannelDevice(PhysicalMemory memory) {
    this.memory = memory;
  }

  /**
   * Executes a program. A TIC to a CCW that was executed before stands for a loop that a device
   * leaves by status modifier: the CCW behind it is next.
   *
   * @param lastCcw the index of the CCW executed last, in the order of execution; below 0: the last
   * @param residual bytes of the last one that are not moved
   * @return the address behind the CCW executed last
   */
  int run(Orb orb, int lastCcw, int residual) {
    Set<Integer> executed = new HashSet<>();
    int address = orb.cpa();
    for (int index = 0; ; index++) {
      Ccw ccw = orb.program().at(address);
      if (ccw == null) {
        return address;
      }
      executed.add(address);
      boolean stop = index == lastCcw || (!ccw.isTic() && !ccw.chains());
      if (!ccw.isTic()) {
        move(ccw, Math.max(0, ccw.count() - (stop ? residual : 0)));
      }
      if (stop) {
        return address + Ccw.SIZE;
      }
      boolean transfers = ccw.isTic() && !executed.contains(ccw.target());
      address = transfers ? ccw.target() : address + Ccw.SIZE;
    }
  }

  private void move(Ccw ccw, int length) {
    if (ccw.areas().isEmpty() || (ccw.isInput() && ccw.skips())) {
      return;
    }
    if (ccw.isInput()) {
      byte[] bytes = Arrays.copyOf(record, length);
      int done = 0;
      for (Ccw.Area area : ccw.areas()) {
        int piece = Math.min(area.length(), length - done);
        memory.write(area.address(), bytes, done, piece);
        done += piece;
      }
    } else if (ccw.isWrite()) {
      record = new byte[length];
      int done = 0;
      for (Ccw.Area area : ccw.areas()) {
        int piece = Math.min(area.length(), length - done);
        memory.read(area.address(), record, done, piece);
        done += piece;
      }
    }
  }

  @Override
  public void writeState(StateWriter out) {
    out.number("record", record.length);
    out.hex("contents", StateHash.ofBytes(record));
  }
}
