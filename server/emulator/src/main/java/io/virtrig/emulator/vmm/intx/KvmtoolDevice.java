package io.virtrig.emulator.vmm.intx;

import static io.virtrig.uapi.Vfio.VFIO_PCI_MSIX_IRQ_INDEX;
import static io.virtrig.uapi.Vfio.VFIO_PCI_MSI_IRQ_INDEX;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.emulator.vmm.CallRecord;
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
  private static final int MSIX_ENABLE = 1 << 15;
  private static final int MSIX_MASKALL = 1 << 14;

  private final Program program;
  private final VfioDevice device;
  private final InterruptCalls calls;
  private final boolean series;
  private final long configSpace;
  private int msiAt;
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

  /** vfio_pci_msi_cap_write, vfio_pci_msix_cap_write, each after the device has been written. */
  void write(GuestConfigWriteRequest arg) {
    if (arg.getCapability().equals("msix")) {
      MsiCapability capability = capability(arg.getCapability());
      int control =
          msixControl
              | (arg.getEnable() ? MSIX_ENABLE : 0)
              | (arg.getFunctionMask() ? MSIX_MASKALL : 0);
      writeControl(msixAt, control);
      capability.guestMasked(arg.getFunctionMask());
      capability.guestEnabled(arg.getEnable());
      settle(capability);
      return;
    }
    MsiCapability capability = capability(arg.getCapability());
    int asked = arg.hasVectors() ? arg.getVectors() : 1;
    if (Integer.bitCount(asked) != 1 || asked > 32 || asked < 0) {
      throw Refused.invalid(
          "vectors", Integer.toUnsignedString(asked) + " is not a power of two up to 32");
    }
    int queueSize = Integer.numberOfTrailingZeros(asked);
    writeControl(msiAt, (arg.getEnable() ? MSI_ENABLE : 0) | queueSize << 4);
    capability.guestEnabled(arg.getEnable());
    if (arg.getEnable()) {
      for (int vector = 0; vector < Math.min(asked, capability.size()); vector++) {
        capability.update(vector);
      }
    }
    settle(capability);
  }

  private void writeControl(int at, int control) {
    byte[] bytes = {(byte) control, (byte) (control >>> 8)};
    program.pwrite(device.fd(), configSpace + at + 2, ByteString.copyFrom(bytes));
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
