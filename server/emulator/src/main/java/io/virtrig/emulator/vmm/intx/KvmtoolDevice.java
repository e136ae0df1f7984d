package io.virtrig.emulator.vmm.intx;

import static io.virtrig.uapi.Vfio.VFIO_PCI_MSIX_IRQ_INDEX;
import static io.virtrig.uapi.Vfio.VFIO_PCI_MSI_IRQ_INDEX;

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
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** An assigned device: vfio_pci_setup_device and the guest's writes to its capabilities. */
final class KvmtoolDevice implements Stateful {
  private static final int CONFIG_BYTES = 256;
  private static final int CAPABILITY_LIST = 0x34;
  private static final int INTERRUPT_PIN = 0x3d;
  private static final int MSI = 0x05;
  private static final int MSIX = 0x11;
  private static final int MOST_CAPABILITIES = 48;
  private static final int MSI_ENABLE = 1;
  private static final int MOST_MSI_BYTES = 18;
  private static final int MSI_64 = 1 << 7;
  private static final int MSI_MASKS = 1 << 8;
  private static final int MSIX_ENABLE = 1 << 15;
  private static final int MSIX_MASKALL = 1 << 14;

  private final Program program;
  private final VfioDevice device;
  private final InterruptCalls calls;
  private final boolean series;
  private final long configSpace;
  private int msiAt;
  private int msiControl;
  private int msixAt;
  private int msixControl;
  private @Nullable MsiCapability msi;
  private @Nullable MsiCapability msix;
  private @Nullable Intx intx;

  /** Reads its configuration space. */
  KvmtoolDevice(
      Program program,
      VirtualMachine vm,
      IrqRoutes routes,
      CallRecord record,
      VfioDevice device,
      int gsi,
      boolean series) {
    this.program = program;
    this.device = device;
    this.series = series;
    calls = new InterruptCalls(program, vm, device, record);
    device.reset();
    configSpace = device.configSpace();
    ByteBuffer config =
        program
            .pread(device.fd(), configSpace, CONFIG_BYTES)
            .asReadOnlyByteBuffer()
            .order(ByteOrder.LITTLE_ENDIAN);
    findCapabilities(config, routes);
    if (config.get(INTERRUPT_PIN) != 0) {
      intx = new Intx(calls, gsi, series);
    }
  }

  /** vfio_pci_parse_caps. */
  private void findCapabilities(ByteBuffer config, IrqRoutes routes) {
    int at = config.get(CAPABILITY_LIST) & 0xfc;
    for (int i = 0; i < MOST_CAPABILITIES && at != 0; i++) {
      int id = config.get(at) & 0xff;
      int control = config.getShort(at + 2) & 0xffff;
      if (id == MSI) {
        msiAt = at;
        msiControl = control;
        msi = new MsiCapability(VFIO_PCI_MSI_IRQ_INDEX, 1 << (control >>> 1 & 7), calls, routes);
      } else if (id == MSIX) {
        msixAt = at;
        msixControl = control & 0x7ff;
        msix = new MsiCapability(VFIO_PCI_MSIX_IRQ_INDEX, msixControl + 1, calls, routes);
      }
      at = config.get(at + 1) & 0xfc;
    }
  }

  String name() {
    return device.name();
  }

  int openEventfds() {
    return calls.open();
  }

  /** vfio_pci_configure_dev_irqs. EINVAL, ENODEV. */
  void configureInterrupts() {
    if (msix != null) {
      msix.init();
    }
    if (msi != null) {
      msi.init();
    }
    if (intx != null) {
      intx.init();
      intx.enable();
    }
  }

  /** vfio_pci_cfg_read. */
  int read(ConfigAccess access) {
    return access.within(CONFIG_BYTES)
        ? ConfigAccess.value(
            program.pread(device.fd(), configSpace + access.offset(), access.size()))
        : access.mask();
  }

  /** vfio_pci_cfg_write: the device first, then what follows for messages. */
  void write(ConfigAccess access, int value) {
    if (!access.within(CONFIG_BYTES)) {
      return;
    }
    program.pwrite(device.fd(), configSpace + access.offset(), access.bytes(value));
    if (msix != null && access.touches(msixAt + 3, 1)) {
      int control = byteAt(msixAt + 3, access, value) << Byte.SIZE;
      writeMsix(msix, (control & MSIX_ENABLE) != 0, (control & MSIX_MASKALL) != 0);
    } else if (msi != null && access.touches(msiAt + 2, MOST_MSI_BYTES)) {
      writeMsi(msi, access, value);
    }
  }

  /** What an access writes to one of its bytes: VFIO may have put something else there. */
  private static int byteAt(int at, ConfigAccess access, int value) {
    return value >>> (Byte.SIZE * (at - access.offset())) & 0xff;
  }

  /** vfio_pci_msi_cap_write. The message is what the device's registers hold. */
  private void writeMsi(MsiCapability capability, ConfigAccess access, int value) {
    boolean wide = (msiControl & MSI_64) != 0;
    long address = Integer.toUnsignedLong(read(new ConfigAccess(msiAt + 4, 4)));
    if (wide) {
      address |= (long) read(new ConfigAccess(msiAt + 8, 4)) << Integer.SIZE;
    }
    capability.writeMessage(address, read(new ConfigAccess(msiAt + (wide ? 12 : 8), 2)));
    int masksAt = msiAt + (wide ? 16 : 12);
    if ((msiControl & MSI_MASKS) != 0 && access.touches(masksAt, 4)) {
      int masks = read(new ConfigAccess(masksAt, 4));
      for (int vector = 0; vector < capability.size(); vector++) {
        capability.mask(vector, (masks >>> vector & 1) != 0);
      }
      if (capability.guestEnabled()) {
        for (int vector = 0; vector < capability.size(); vector++) {
          capability.update(vector);
        }
        settle(capability);
      }
    } else if (access.touches(msiAt + 2, 1)) {
      int control = byteAt(msiAt + 2, access, value);
      writeMsi(capability, (control & MSI_ENABLE) != 0, 1 << (control >>> 4 & 7));
    }
  }

  /** The guest writes a control word. */
  void write(GuestConfigWriteRequest arg) {
    MsiCapability capability = capability(arg.getCapability());
    if (arg.getCapability().equals("msix")) {
      int control =
          msixControl
              | (arg.getEnable() ? MSIX_ENABLE : 0)
              | (arg.getFunctionMask() ? MSIX_MASKALL : 0);
      writeControl(msixAt, control);
      writeMsix(capability, arg.getEnable(), arg.getFunctionMask());
      return;
    }
    int asked = arg.hasVectors() ? arg.getVectors() : 1;
    if (Integer.bitCount(asked) != 1 || asked > 32 || asked < 0) {
      throw Refused.invalid(
          "vectors", Integer.toUnsignedString(asked) + " is not a power of two up to 32");
    }
    int queueSize = Integer.numberOfTrailingZeros(asked);
    writeControl(msiAt, (arg.getEnable() ? MSI_ENABLE : 0) | queueSize << 4);
    writeMsi(capability, arg.getEnable(), asked);
  }

  private void writeControl(int at, int control) {
    program.pwrite(device.fd(), configSpace + at + 2, new ConfigAccess(at + 2, 2).bytes(control));
  }

  private void writeMsix(MsiCapability capability, boolean enable, boolean functionMask) {
    capability.guestMasked(functionMask);
    capability.guestEnabled(enable);
    settle(capability);
  }

  private void writeMsi(MsiCapability capability, boolean enable, int asked) {
    capability.guestEnabled(enable);
    if (enable) {
      for (int vector = 0; vector < Math.min(asked, capability.size()); vector++) {
        capability.update(vector);
      }
    }
    settle(capability);
  }

  /** The host's side follows the guest's; INTx is off while messages are on. */
  private void settle(MsiCapability capability) {
    if (capability.guestEnabled()) {
      if (intx != null) {
        intx.disable();
        if (!series) {
          intx = null;
        }
      }
      capability.enable();
    } else if (capability.disable() && series && intx != null) {
      intx.enable();
    }
  }

  /** A vector's table entry, or MSI's message registers and the vector's mask bit. */
  void write(GuestVectorWriteRequest arg) {
    MsiCapability capability = capability(arg.getCapability());
    if (arg.getVector() < 0 || arg.getVector() >= capability.size()) {
      throw Refused.invalid(
          "vector",
          Integer.toUnsignedString(arg.getVector())
              + " is not below the capability's "
              + capability.size());
    }
    if (arg.getCapability().equals("msi")) {
      capability.writeMessage(arg.getAddress(), arg.getData());
      capability.mask(arg.getVector(), arg.getMasked());
      if (!capability.guestEnabled()) {
        return;
      }
    } else {
      capability.write(arg.getVector(), arg.getAddress(), arg.getData(), arg.getMasked());
    }
    capability.update(arg.getVector());
    if (capability.guestEnabled()) {
      settle(capability);
    }
  }

  private MsiCapability capability(String name) {
    MsiCapability found =
        switch (name) {
          case "msi" -> msi;
          case "msix" -> msix;
          default -> throw Refused.invalid("capability", "\"" + name + "\" is none of [msi, msix]");
        };
    if (found == null) {
      throw Refused.invalid("capability", "the device has no " + name + " capability");
    }
    return found;
  }

  /** The device's descriptor is closed, and the host takes its interrupts down: no SET_IRQS. */
  void close() {
    device.close();
    calls.closeAll();
  }

  @Override
  public void writeState(StateWriter out) {
    out.child("device", "", device);
    out.child("eventfds", "", calls);
    if (intx != null) {
      out.child("intx", "", intx);
    }
    if (msi != null) {
      out.child("msi", "", msi);
    }
    if (msix != null) {
      out.child("msix", "", msix);
    }
  }
}
