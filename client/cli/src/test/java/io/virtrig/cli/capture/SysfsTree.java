package io.virtrig.cli.capture;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/** Writes what the kernel shows of a machine in /sys and /proc, as far as the capture reads it. */
final class SysfsTree {

  private final Path root;

  SysfsTree(Path root) throws IOException {
    this.root = root;
    Files.createDirectories(root.resolve("sys/bus/pci/devices"));
    Files.createDirectories(root.resolve("sys/class/iommu"));
  }

  SysfsTree arch(String arch) throws IOException {
    return write("proc/sys/kernel/arch", arch + "\n");
  }

  SysfsTree cpu(String vendor) throws IOException {
    return write("proc/cpuinfo", "processor\t: 0\nvendor_id\t: " + vendor + "\ncpu family\t: 6\n");
  }

  SysfsTree vtd(String unit, String cap, String ecap) throws IOException {
    write("sys/class/iommu/" + unit + "/intel-iommu/cap", cap + "\n");
    return write("sys/class/iommu/" + unit + "/intel-iommu/ecap", ecap + "\n");
  }

  SysfsTree amdVi(String unit, String features) throws IOException {
    return write("sys/class/iommu/" + unit + "/amd-iommu/features", features + "\n");
  }

  SysfsTree smmu(String unit) throws IOException {
    Files.createDirectories(root.resolve("sys/class/iommu/" + unit));
    return this;
  }

  Function function(String bdf, int vendor, int device, int classCode) throws IOException {
    return new Function(bdf, vendor, device, classCode);
  }

  private SysfsTree write(String path, String text) throws IOException {
    Files.createDirectories(root.resolve(path).getParent());
    Files.writeString(root.resolve(path), text);
    return this;
  }

  /** A PCI function; its configuration space is little-endian. */
  final class Function {
    private final String folder;
    private final ByteBuffer config = ByteBuffer.allocate(4096).order(ByteOrder.LITTLE_ENDIAN);
    private final StringBuilder resources = new StringBuilder();

    Function(String bdf, int vendor, int device, int classCode) throws IOException {
      folder = "sys/bus/pci/devices/" + bdf;
      config.putShort(0, (short) vendor).putShort(2, (short) device).putInt(8, classCode << 8);
      write(folder + "/vendor", "0x%04x\n".formatted(vendor));
      write(folder + "/device", "0x%04x\n".formatted(device));
      write(folder + "/class", "0x%06x\n".formatted(classCode));
    }

    Function set8(int at, int value) {
      config.put(at, (byte) value);
      return this;
    }

    Function set16(int at, int value) {
      config.putShort(at, (short) value);
      return this;
    }

    Function set32(int at, int value) {
      config.putInt(at, value);
      return this;
    }

    /** A capability; the first is at {@code first}. */
    Function capability(int at, int id, int next) {
      set16(6, 0x10);
      return set8(at, id).set8(at + 1, next);
    }

    Function extended(int at, int id, int next) {
      return set32(at, id | 1 << 16 | next << 20);
    }

    Function resource(String first, String last, String flags) {
      resources.append(first).append(' ').append(last).append(' ').append(flags).append('\n');
      return this;
    }

    Function group(int number) throws IOException {
      return link("iommu_group", "../../../../kernel/iommu_groups/" + number);
    }

    Function driver(String name) throws IOException {
      return link("driver", "../../../../bus/pci/drivers/" + name);
    }

    private Function link(String name, String target) throws IOException {
      Files.createSymbolicLink(root.resolve(folder).resolve(name), Path.of(target));
      return this;
    }

    /** As much of the configuration space as its reader may see. */
    void done(int visible) throws IOException {
      write(folder + "/resource", resources.toString());
      byte[] bytes = new byte[visible];
      config.get(0, bytes);
      Files.write(root.resolve(folder).resolve("config"), bytes);
    }
  }
}
