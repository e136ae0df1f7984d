package io.virtrig.emulator.hardware.pci;

import io.virtrig.emulator.hardware.iommu.IommuDomain;
import io.virtrig.emulator.hardware.memory.PhysicalMemory;
import io.virtrig.emulator.spec.DeviceConfiguration;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.v1.DmaFault;
import org.jspecify.annotations.Nullable;

/** A PCI function: its configuration space and its DMA. */
public final class PciFunction implements Stateful {
  private static final int COMMAND = 0x04;
  private static final int COMMAND_BUS_MASTER = 0x4;

  private final DeviceConfiguration configuration;
  private final PhysicalMemory memory;
  private final byte[] config = new byte[256];
  private @Nullable IommuDomain domain;

  /** A function after power-on. */
  public PciFunction(DeviceConfiguration configuration, PhysicalMemory memory) {
    this.configuration = configuration;
    this.memory = memory;
  }

  /** The name that operations use. */
  public String name() {
    return configuration.name();
  }

  /** What the specification says about it. */
  public DeviceConfiguration configuration() {
    return configuration;
  }

  /** The physical configuration space. */
  public byte[] config() {
    return config;
  }

  /** Which translation its requests go through; null: none lets them pass. */
  public void attach(@Nullable IommuDomain to) {
    domain = to;
  }

  private boolean busMaster() {
    return (config[COMMAND] & COMMAND_BUS_MASTER) != 0;
  }

  /**
   * Reads memory.
   *
   * @return why not; null when all was read
   */
  public @Nullable DmaFault read(long iova, byte[] to) {
    return access(iova, to, false);
  }

  /**
   * Writes memory.
   *
   * @return why not; null when all was written. What lies before the address at fault is written.
   */
  public @Nullable DmaFault write(long iova, byte[] from) {
    return access(iova, from, true);
  }

  private @Nullable DmaFault access(long iova, byte[] bytes, boolean write) {
    if (!busMaster()) {
      return fault("not_bus_master", iova, write);
    }
    int done = 0;
    while (done < bytes.length) {
      long at = iova + done;
      IommuDomain.Mapping mapping = domain == null ? null : domain.at(at);
      if (mapping == null) {
        return fault("not_present", at, write);
      }
      if (write ? !mapping.writable() : !mapping.readable()) {
        return fault("permission", at, write);
      }
      long left = mapping.last() - at + 1;
      int piece =
          Long.compareUnsigned(left, bytes.length - done) < 0 && left != 0
              ? (int) left
              : bytes.length - done;
      long physical = mapping.physical() + (at - mapping.start());
      if (write) {
        memory.write(physical, bytes, done, piece);
      } else {
        memory.read(physical, bytes, done, piece);
      }
      done += piece;
    }
    return null;
  }

  private static DmaFault fault(String reason, long address, boolean write) {
    return DmaFault.newBuilder().setReason(reason).setAddress(address).setWrite(write).build();
  }

  @Override
  public void writeState(StateWriter out) {
    out.text("bdf", configuration.bdf().toString());
    out.hex("command", (config[COMMAND] & 0xff) | (config[COMMAND + 1] & 0xff) << 8);
  }
}
