package io.virtrig.emulator.hardware.pci;

import io.virtrig.emulator.hardware.iommu.IommuUnit;
import io.virtrig.emulator.hardware.memory.PhysicalMemory;
import io.virtrig.emulator.spec.DeviceConfiguration;
import io.virtrig.emulator.spec.HostConfiguration;
import io.virtrig.emulator.spec.UapiProfile;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The PCI functions of a host and the addresses of their BARs. Bus 0 is a root bus; every other bus
 * is behind a bridge that can reset it.
 *
 * <p>A BAR lies at a physical address above all memory, from its function's number and its own, so
 * that neither ever collides: bit 62, the function's number from bit 51, the BAR's from bit 48.
 */
public final class PciBus {
  private static final long DEVICE_SPACE = 1L << 62;
  private static final int FUNCTION_SHIFT = 51;
  private static final int BAR_SHIFT = 48;
  private static final int BAR_MASK = 7;
  private static final int ROOT_BUS = 0;

  private final List<PciFunction> functions = new ArrayList<>();

  /** The functions of a host's specification, in its order. */
  public PciBus(
      HostConfiguration host, DeviceModels models, PhysicalMemory memory, IommuUnit iommu) {
    for (DeviceConfiguration device : host.devices()) {
      int number = functions.size();
      DeviceModel model =
          device.spec().getModel().isEmpty()
              ? MadeUpModel.of(device, number)
              : models.get(
                  "spec.devices[" + host.spec().getDevicesList().indexOf(device.spec()) + "].model",
                  device.spec().getModel());
      // Made-up functions of a series' host need no driver that enables them.
      boolean alwaysMaster =
          device.spec().getModel().isEmpty() && host.uapi() != UapiProfile.MAINLINE;
      functions.add(new PciFunction(device, model, memory, iommu, this, number, alwaysMaster));
    }
  }

  /** They. */
  public List<PciFunction> functions() {
    return functions;
  }

  /** The functions on the same bus, this one included. */
  public List<PciFunction> sharingBus(PciFunction function) {
    List<PciFunction> sharing = new ArrayList<>();
    for (PciFunction other : functions) {
      if (other.configuration().bdf().domain() == function.configuration().bdf().domain()
          && other.configuration().bdf().bus() == function.configuration().bdf().bus()) {
        sharing.add(other);
      }
    }
    return sharing;
  }

  /** Whether the function's bus can be reset: not a root bus. */
  public boolean resettable(PciFunction function) {
    return function.configuration().bdf().bus() != ROOT_BUS;
  }

  /** Whether a physical address is a device's. */
  public static boolean isDevice(long physical) {
    return (physical & DEVICE_SPACE) != 0;
  }

  static long address(int function, int bar) {
    return DEVICE_SPACE | (long) function << FUNCTION_SHIFT | (long) bar << BAR_SHIFT;
  }

  /** Another function reads a BAR: all ones from one that does not decode memory. */
  void read(long physical, byte[] to, int at, int length) {
    PciFunction target = target(physical);
    if (target.decodesMemory()) {
      target.bars().read(bar(physical), offset(physical), to, at, length);
    } else {
      Arrays.fill(to, at, at + length, (byte) 0xff);
    }
  }

  /** Another function writes a BAR: nothing happens to one that does not decode memory. */
  void write(long physical, byte[] from, int at, int length) {
    PciFunction target = target(physical);
    if (target.decodesMemory()) {
      target.bars().write(bar(physical), offset(physical), from, at, length);
    }
  }

  private PciFunction target(long physical) {
    return functions.get((int) ((physical & ~DEVICE_SPACE) >>> FUNCTION_SHIFT));
  }

  private static int bar(long physical) {
    return (int) (physical >>> BAR_SHIFT) & BAR_MASK;
  }

  private static long offset(long physical) {
    return physical & ((1L << BAR_SHIFT) - 1);
  }
}
