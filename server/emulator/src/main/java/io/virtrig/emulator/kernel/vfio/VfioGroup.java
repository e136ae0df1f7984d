package io.virtrig.emulator.kernel.vfio;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.hardware.css.Subchannel;
import io.virtrig.emulator.hardware.pci.AssignableInterface;
import io.virtrig.emulator.hardware.pci.PciFunction;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.iommu.IommuCore;
import io.virtrig.emulator.kernel.process.OpenFile;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.kernel.vfio.ccw.VfioCcwDevice;
import io.virtrig.emulator.kernel.vfio.pci.VfioPciDevice;
import io.virtrig.emulator.spec.DeviceConfiguration.Driver;
import io.virtrig.emulator.state.KernelObject;
import io.virtrig.emulator.state.ObjectIds;
import io.virtrig.emulator.state.StateWriter;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An IOMMU group as VFIO sees it (struct vfio_group).
 *
 * <p>It opens once in the whole system: until its file and every device opened through it are
 * closed. It leaves its container by UNSET_CONTAINER, or when nothing of it is open any more.
 */
public final class VfioGroup extends KernelObject {
  private final ObjectIds ids;
  private final int number;
  private final List<PciFunction> functions;
  private final List<AssignableInterface> interfaces;
  private final boolean emulated;
  private final List<VfioDevice> devices = new ArrayList<>();
  private boolean fileOpen;
  private int openDevices;
  private @Nullable VfioContainer container;

  private VfioGroup(
      Kernel kernel,
      int number,
      List<PciFunction> functions,
      List<AssignableInterface> parts,
      boolean emulated) {
    super(kernel.ids());
    ids = kernel.ids();
    this.number = number;
    this.functions = functions;
    interfaces = parts;
    this.emulated = emulated;
  }

  /** The group of functions, or of parts of functions. */
  VfioGroup(
      Kernel kernel, int number, List<PciFunction> functions, List<AssignableInterface> parts) {
    this(
        kernel,
        number,
        functions,
        parts,
        !parts.isEmpty() && !haveOneIommuDevice(kernel.iommu(), parts));
    for (PciFunction function : functions) {
      if (function.configuration().driver() == Driver.VFIO_PCI) {
        devices.add(new VfioPciDevice(kernel, this, function));
      }
    }
    for (AssignableInterface part : parts) {
      devices.add(new VfioMdev(kernel, this, part));
    }
  }

  /** vfio_mdev_iommu_device: parts of one function, each of which an auxiliary domain can serve. */
  private static boolean haveOneIommuDevice(IommuCore core, List<AssignableInterface> parts) {
    return parts.stream().allMatch(core::backs)
        && parts.stream().map(AssignableInterface::parent).distinct().count() == 1;
  }

  /** The group of a mediated device on a subchannel (vfio_register_emulated_iommu_dev). */
  VfioGroup(Kernel kernel, int number, Subchannel subchannel) {
    this(kernel, number, List.of(), List.of(), true);
    devices.add(new VfioCcwDevice(kernel, this, subchannel));
  }

  /** Where the files of the group get their identities. */
  ObjectIds kernelIds() {
    return ids;
  }

  /** The N of {@code /dev/vfio/N}. */
  public int number() {
    return number;
  }

  /** Its PCI functions, of any driver. */
  public List<PciFunction> functions() {
    return functions;
  }

  /** The mediated devices in it. */
  List<AssignableInterface> interfaces() {
    return interfaces;
  }

  /** Whether its devices have no IOMMU of their own: their drivers pin what they need. */
  boolean emulated() {
    return emulated;
  }

  /** What the IOMMU sees of each device: for a mediated one the function that it is a part of. */
  List<PciFunction> iommuDevices() {
    return interfaces.isEmpty()
        ? functions
        : interfaces.stream().map(AssignableInterface::parent).toList();
  }

  /** A device is unregistered: it is found no more. */
  public void unregister(VfioDevice device) {
    devices.remove(device);
  }

  /** Drivers let go of the pages of a range that they have pinned. */
  void dmaUnmap(long start, long last) {
    for (VfioDevice device : List.copyOf(devices)) {
      if (device.files() > 0) {
        device.dmaUnmap(start, last);
      }
    }
  }

  /** Whether the node exists: a function is bound to a vfio driver. */
  boolean isNode() {
    return !devices.isEmpty();
  }

  OpenFile open() {
    if (fileOpen || openDevices > 0) {
      throw new KernelError(Errno.EBUSY, "group " + number + " is open already");
    }
    fileOpen = true;
    return new VfioGroupFile(this);
  }

  void fileClosed() {
    fileOpen = false;
    leaveIfUnused();
  }

  void deviceClosed() {
    openDevices--;
    leaveIfUnused();
  }

  private void leaveIfUnused() {
    if (!fileOpen && openDevices == 0 && container != null) {
      leave(container);
    }
  }

  /** No function is bound to an ordinary driver that does DMA. */
  boolean viable() {
    return functions.stream()
        .noneMatch(function -> function.configuration().driver() == Driver.HOST);
  }

  /** The container it is in. */
  @Nullable VfioContainer container() {
    return container;
  }

  /** VFIO_GROUP_SET_CONTAINER, once the fd is known to be open. */
  void setContainer(Task caller, OpenFile file) {
    if (container != null) {
      throw KernelError.invalid("group " + number + " has a container already");
    }
    if (!(file instanceof VfioContainer target)) {
      throw KernelError.invalid("the fd is no VFIO container");
    }
    if (!viable()) {
      throw new KernelError(
          Errno.EPERM,
          "group " + number + " is not viable: a function is bound to an ordinary driver");
    }
    target.attach(caller, this);
    container = target;
  }

  /** VFIO_GROUP_UNSET_CONTAINER. */
  void unsetContainer() {
    if (container == null) {
      throw KernelError.invalid("group " + number + " has no container");
    }
    if (openDevices > 0) {
      throw new KernelError(
          Errno.EBUSY, openDevices + " device files of group " + number + " are open");
    }
    leave(container);
  }

  private void leave(VfioContainer from) {
    container = null;
    from.detach(this);
  }

  /** VFIO_GROUP_GET_DEVICE_FD. */
  OpenFile openDevice(String name) {
    VfioDevice device = match(name);
    if (container == null || container.backEnd() == null) {
      throw KernelError.invalid("group " + number + " has no container with an IOMMU back end");
    }
    if (!viable()) {
      throw new KernelError(
          Errno.EPERM,
          "group " + number + " is not viable: a function is bound to an ordinary driver");
    }
    VfioDeviceFile file = new VfioDeviceFile(device);
    openDevices++;
    return file;
  }

  private VfioDevice match(String name) {
    for (VfioDevice device : devices) {
      if (device.matches(name)) {
        return device;
      }
    }
    throw new KernelError(
        Errno.ENODEV, "no vfio device of group " + number + " is called \"" + name + "\"");
  }

  @Override
  public void writeState(StateWriter out) {
    out.number("number", number);
    out.flag("open", fileOpen);
    out.number("open_devices", openDevices);
    if (container != null) {
      out.shared("container", container);
    }
    for (VfioDevice device : devices) {
      out.shared("device", device);
    }
  }
}
