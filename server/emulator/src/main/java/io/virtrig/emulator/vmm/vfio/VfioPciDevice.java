package io.virtrig.emulator.vmm.vfio;

import static io.virtrig.emulator.vmm.InterruptCalls.NONE;
import static io.virtrig.emulator.vmm.vfio.ConfigSpace.*;
import static io.virtrig.uapi.Vfio.*;

import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.emulator.vmm.CallRecord;
import io.virtrig.emulator.vmm.ConfigAccess;
import io.virtrig.emulator.vmm.InterruptCalls;
import io.virtrig.emulator.vmm.Program;
import io.virtrig.emulator.vmm.VfioDevice;
import io.virtrig.emulator.vmm.VirtualMachine;
import io.virtrig.v1.GuestConfigWriteRequest;
import io.virtrig.v1.GuestVectorWriteRequest;
import io.virtrig.v1.VfioDeviceGetRegionInfoResponse;
import org.jspecify.annotations.Nullable;

/**
 * An assigned function as its guest sees it: vfio_realize from the open device on, configuration
 * space, interrupts, reset and exit.
 */
public final class VfioPciDevice implements Stateful {
  /** The board routes a function's pins to the I/O APIC's last four. */
  private static final int FIRST_LINE = 20;

  private static final int LINES = 4;
  private static final int CONFIG_BYTES = 4096;
  private static final int MSI = 0x05;
  private static final int MSIX = 0x11;
  private static final int CONTROL_BITS = 0x7;

  private final Program program;
  private final VirtualMachine vm;
  private final VfioDevice device;
  private final InterruptCalls calls;
  private final long configSpace;
  private final ConfigSpace config;
  private final int msiAt;
  private final int msixAt;
  private final @Nullable MsixTable table;
  private final Interrupts interrupts;
  private int err = NONE;
  private int req = NONE;

  /**
   * Reads its configuration space; nothing is enabled.
   *
   * @param slot of the guest's bus that it is in
   * @param resample whether KVM has resampling irqfds
   */
  public VfioPciDevice(
      Program program,
      VirtualMachine vm,
      GsiRoutes routes,
      CallRecord record,
      VfioDevice device,
      int slot,
      boolean resample) {
    this.program = program;
    this.vm = vm;
    this.device = device;
    calls = new InterruptCalls(program, vm, device, record);
    VfioDeviceGetRegionInfoResponse[] bars = new VfioDeviceGetRegionInfoResponse[BAR_COUNT];
    for (int i = 0; i < BAR_COUNT; i++) {
      bars[i] = device.region(i);
    }
    VfioDeviceGetRegionInfoResponse region = device.region(VFIO_PCI_CONFIG_REGION_INDEX);
    configSpace = region.getOffset();
    boolean reportsErrors = device.interrupts(VFIO_PCI_ERR_IRQ_INDEX) == 1;
    int bytes = (int) Math.min(CONFIG_BYTES, region.getSize());
    config = new ConfigSpace(program.pread(device.fd(), configSpace, bytes));
    for (int i = 0; i < BAR_COUNT; i++) {
      if (bars[i].getSize() != 0) {
        config.bar(i, physical(BARS + 4 * i, 4), bars[i]);
      }
    }
    msixAt = config.find(MSIX);
    if (msixAt != 0) {
      int control = physical(msixAt + 2, 2);
      config.emulateMsix(msixAt, control);
      table = new MsixTable((control & 0x7ff) + 1);
    } else {
      table = null;
    }
    msiAt = config.find(MSI);
    if (msiAt != 0) {
      config.emulateMsi(msiAt, physical(msiAt + 2, 2));
    }
    int pin = physical(INTERRUPT_PIN, 1);
    int gsi = FIRST_LINE + (slot + pin - 1) % LINES;
    LineInterrupt line = pin == 0 ? null : new LineInterrupt(program, vm, calls, gsi, resample);
    interrupts = new Interrupts(program, calls, routes, new Sender(), line, table);
    realize(reportsErrors);
  }

  /** INTx, then the notifications of errors and of requests to give the device back. */
  private void realize(boolean reportsErrors) {
    interrupts.enableLine();
    if (reportsErrors) {
      err = notify(VFIO_PCI_ERR_IRQ_INDEX, "err");
    }
    if (device.interrupts(VFIO_PCI_REQ_IRQ_INDEX) >= 1) {
      req = notify(VFIO_PCI_REQ_IRQ_INDEX, "req");
    }
  }

  private int notify(int index, String role) {
    int fd = calls.tryEventfd(role);
    if (fd != NONE && calls.eventfds(VFIO_IRQ_SET_ACTION_TRIGGER, index, 0, fd).hasErrno()) {
      calls.close(fd);
      return NONE;
    }
    return fd;
  }

  private void stopNotifying(int index, int fd) {
    if (fd != NONE) {
      var _ = calls.eventfds(VFIO_IRQ_SET_ACTION_TRIGGER, index, 0, NONE);
      calls.close(fd);
    }
  }

  private int physical(int at, int size) {
    return ConfigAccess.value(program.pread(device.fd(), configSpace + at, size));
  }

  /** Eventfds that are open. */
  public int openEventfds() {
    return calls.open();
  }

  /** vfio_pci_read_config. */
  public int read(ConfigAccess access) {
    interrupts.turn();
    if (!access.within(config.size())) {
      return access.mask();
    }
    int emulated = config.emulated(access);
    int value = emulated == 0 ? 0 : config.read(access) & emulated;
    if ((~emulated & access.mask()) != 0) {
      value |= physical(access.offset(), access.size()) & ~emulated;
    }
    return value;
  }

  /** vfio_pci_write_config: everything goes to VFIO, which keeps what it likes. */
  public void write(ConfigAccess access, int value) {
    interrupts.turn();
    if (!access.within(config.size())) {
      return;
    }
    program.pwrite(device.fd(), configSpace + access.offset(), access.bytes(value));
    if (msiAt != 0 && access.touches(msiAt, msiBytes(config.word(msiAt + 2)))) {
      writeMsi(access, value);
    } else if (msixAt != 0 && table != null && access.touches(msixAt, 12)) {
      writeMsix(table, access, value);
    } else {
      config.write(access, value);
    }
    interrupts.turn();
  }

  private void writeMsi(ConfigAccess access, int value) {
    boolean before = msiEnabled();
    config.write(access, value);
    if (msiEnabled()) {
      interrupts.lowerLine();
    }
    if (!before && msiEnabled()) {
      interrupts.enableMsi(config.msiVectors(msiAt));
    } else if (before && !msiEnabled()) {
      interrupts.disableMsi();
    } else if (before) {
      interrupts.updateMsi();
    }
  }

  private boolean msiEnabled() {
    return (config.word(msiAt + 2) & MSI_ENABLE) != 0;
  }

  private void writeMsix(MsixTable entries, ConfigAccess access, int value) {
    boolean before = msixEnabled();
    config.write(access, value);
    boolean now = msixEnabled();
    if (access.touches(msixAt + 3, 1)) {
      if (now) {
        interrupts.lowerLine();
      }
      boolean maskAll = (config.word(msixAt + 2) & MSIX_MASK_ALL) != 0;
      entries.control(now, maskAll, interrupts);
    }
    if (!before && now) {
      interrupts.enableMsix(entries);
    } else if (before && !now) {
      interrupts.disableMsix();
    }
  }

  private boolean msixEnabled() {
    return (config.word(msixAt + 2) & MSIX_ENABLE) != 0;
  }

  /** The guest writes a control word. */
  public void write(GuestConfigWriteRequest arg) {
    if (arg.getCapability().equals("msi")) {
      int asked = arg.hasVectors() ? arg.getVectors() : 1;
      if (Integer.bitCount(asked) != 1 || asked > 32 || asked < 0) {
        throw Refused.invalid(
            "vectors", Integer.toUnsignedString(asked) + " is not a power of two up to 32");
      }
      int queueSize = Integer.numberOfTrailingZeros(asked) << 4;
      write(
          new ConfigAccess(capability(arg.getCapability()) + 2, 2),
          queueSize | (arg.getEnable() ? MSI_ENABLE : 0));
      return;
    }
    write(
        new ConfigAccess(capability(arg.getCapability()) + 2, 2),
        (arg.getEnable() ? MSIX_ENABLE : 0) | (arg.getFunctionMask() ? MSIX_MASK_ALL : 0));
  }

  /** The guest writes a table entry, or MSI's registers one after the other. */
  public void write(GuestVectorWriteRequest arg) {
    int at = capability(arg.getCapability());
    boolean msi = arg.getCapability().equals("msi");
    int count =
        msi || table == null ? 1 << (config.word(at + 2) >>> 1 & CONTROL_BITS) : table.size();
    if (arg.getVector() < 0 || arg.getVector() >= count) {
      throw Refused.invalid(
          "vector",
          Integer.toUnsignedString(arg.getVector()) + " is not below the capability's " + count);
    }
    if (msi) {
      writeMessage(at, arg);
    } else if (table != null) {
      interrupts.turn();
      table.write(arg.getVector(), arg.getAddress(), arg.getData(), arg.getMasked(), interrupts);
      interrupts.turn();
    }
  }

  private void writeMessage(int at, GuestVectorWriteRequest arg) {
    int control = config.word(at + 2);
    boolean wide = (control & 1 << 7) != 0;
    write(new ConfigAccess(at + 4, 4), (int) arg.getAddress());
    if (wide) {
      write(new ConfigAccess(at + 8, 4), (int) (arg.getAddress() >>> Integer.SIZE));
    }
    write(new ConfigAccess(at + (wide ? 12 : 8), 2), arg.getData());
    if ((control & 1 << 8) != 0) {
      ConfigAccess masks = new ConfigAccess(at + (wide ? 16 : 12), 4);
      int bit = 1 << arg.getVector();
      write(masks, arg.getMasked() ? config.read(masks) | bit : config.read(masks) & ~bit);
    }
  }

  private int capability(String name) {
    int at =
        switch (name) {
          case "msi" -> msiAt;
          case "msix" -> msixAt;
          default -> throw Refused.invalid("capability", "\"" + name + "\" is none of [msi, msix]");
        };
    if (at == 0) {
      throw Refused.invalid("capability", "the device has no " + name + " capability");
    }
    return at;
  }

  /** vfio_pci_reset: interrupts and DMA off, the function reset, INTx on; BARs come back empty. */
  public void reset() {
    interrupts.disable();
    ConfigAccess command = new ConfigAccess(COMMAND, 2);
    write(command, read(command) & ~CONTROL_BITS);
    device.reset();
    interrupts.tryLine();
    for (int i = 0; i < BAR_COUNT; i++) {
      ConfigAccess bar = new ConfigAccess(BARS + 4 * i, 4);
      program.pwrite(device.fd(), configSpace + bar.offset(), bar.bytes(0));
    }
    config.reset();
    if (table != null) {
      table.reset();
    }
  }

  /** vfio_exitfn. */
  public void exit() {
    stopNotifying(VFIO_PCI_REQ_IRQ_INDEX, req);
    stopNotifying(VFIO_PCI_ERR_IRQ_INDEX, err);
    interrupts.disable();
  }

  /** Messages as the capabilities say them. */
  private final class Sender implements Interrupts.Messages {
    @Override
    public long address(boolean msix, int vector) {
      return msix && table != null ? table.address(vector) : config.msiAddress(msiAt);
    }

    @Override
    public int data(boolean msix, int vector) {
      if (msix && table != null) {
        return table.data(vector);
      }
      if (vector >= config.msiVectors(msiAt)) {
        throw new Aborted("msi_get_message: vector " + vector + " is beyond what is enabled");
      }
      return config.msiData(msiAt, vector);
    }

    @Override
    public void send(boolean msix, int vector) {
      if (config.busMaster()) {
        vm.message(address(msix, vector), data(msix, vector));
      }
    }
  }

  @Override
  public void writeState(StateWriter out) {
    out.child("eventfds", "", calls);
    out.number("err", err);
    out.number("req", req);
    out.child("config", "", config);
    out.child("interrupts", "", interrupts);
  }
}
