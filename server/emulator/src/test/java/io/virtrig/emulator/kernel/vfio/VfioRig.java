package io.virtrig.emulator.kernel.vfio;

import static io.virtrig.uapi.Vfio.VFIO_DMA_MAP_FLAG_READ;
import static io.virtrig.uapi.Vfio.VFIO_DMA_MAP_FLAG_WRITE;
import static io.virtrig.uapi.Vfio.VFIO_TYPE1v2_IOMMU;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.Rig;
import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.HwDmaReadRequest;
import io.virtrig.v1.HwDmaWriteRequest;
import io.virtrig.v1.HwLowerIrqRequest;
import io.virtrig.v1.HwRaiseIrqRequest;
import io.virtrig.v1.MmapRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.PreadRequest;
import io.virtrig.v1.PwriteRequest;
import io.virtrig.v1.Result;
import io.virtrig.v1.VfioDeviceSetIrqsRequest;
import io.virtrig.v1.VfioGroupGetDeviceFdRequest;
import io.virtrig.v1.VfioGroupSetContainerRequest;
import io.virtrig.v1.VfioIommuMapDmaRequest;
import io.virtrig.v1.VfioIommuUnmapDmaRequest;
import io.virtrig.v1.VfioSetIommuRequest;
import java.util.HexFormat;

/** A host with one device open: nic0 of group 7, with INTx, 4 MSI and 8 MSI-X vectors. */
public final class VfioRig implements AutoCloseable {
  public static final long CONFIG = 7L << 40;
  public static final String DEVICE = "nic0";
  public static final String BDF = "0000:00:02.0";

  public final Rig rig;
  public final int container;
  public final int group;
  public final int device;

  /** With more devices than the one. */
  public VfioRig(DeviceSpec... others) {
    this(spec(others));
  }

  /** A host whose first device is bound to vfio-pci and in group 7. */
  public VfioRig(HostSpec spec) {
    rig = new Rig(spec);
    container = rig.open("/dev/vfio/vfio");
    group = join(7);
    rig.ok(
        Operation.newBuilder()
            .setVfioSetIommu(
                VfioSetIommuRequest.newBuilder()
                    .setTargetFd(container)
                    .setValue(VFIO_TYPE1v2_IOMMU)));
    device = openDevice(group, spec.getDevices(0).getBdf());
  }

  /** The usual device. */
  public static DeviceSpec.Builder nic() {
    return DeviceSpec.newBuilder()
        .setName(DEVICE)
        .setBdf(BDF)
        .setGroup(7)
        .setIntx(true)
        .setMsi(4)
        .setMsix(8);
  }

  /** A host with the usual device and others. */
  public static HostSpec spec(DeviceSpec... others) {
    HostSpec.Builder spec = HostSpec.newBuilder().addDevices(nic());
    for (DeviceSpec other : others) {
      spec.addDevices(other);
    }
    return spec.build();
  }

  /** Opens a group and puts it into the container. */
  public int join(int number) {
    int fd = rig.open("/dev/vfio/" + number);
    rig.ok(
        Operation.newBuilder()
            .setVfioGroupSetContainer(
                VfioGroupSetContainerRequest.newBuilder().setTargetFd(fd).setValue(container)));
    return fd;
  }

  /** Opens a device of a group. */
  public int openDevice(int from, String name) {
    return (int)
        rig.ok(
                Operation.newBuilder()
                    .setVfioGroupGetDeviceFd(
                        VfioGroupGetDeviceFdRequest.newBuilder().setTargetFd(from).setName(name)))
            .getVfioGroupGetDeviceFd()
            .getRet();
  }

  /** pread of the device, in hexadecimal. */
  public String read(long offset, int length) {
    return HexFormat.of()
        .formatHex(rig.ok(pread(offset, length)).getPread().getBytes().toByteArray());
  }

  /** pread of configuration space, in hexadecimal. */
  public String config(int at, int length) {
    return read(CONFIG + at, length);
  }

  /** pread of the device. */
  public Operation.Builder pread(long offset, int length) {
    return Operation.newBuilder()
        .setPread(
            PreadRequest.newBuilder().setTargetFd(device).setOffset(offset).setLength(length));
  }

  /** pwrite of the device. */
  public Operation.Builder pwrite(long offset, String hex) {
    return Operation.newBuilder()
        .setPwrite(
            PwriteRequest.newBuilder()
                .setTargetFd(device)
                .setOffset(offset)
                .setBytes(ByteString.fromHex(hex)));
  }

  /** pwrite of the device that must succeed. */
  public void write(long offset, String hex) {
    rig.ok(pwrite(offset, hex));
  }

  /** pwrite of configuration space. */
  public void writeConfig(int at, String hex) {
    write(CONFIG + at, hex);
  }

  /** Memory decode and bus master on, as a guest's driver does. */
  public void busMaster() {
    writeConfig(4, "0600");
  }

  /** VFIO_DEVICE_SET_IRQS. */
  public Operation.Builder setIrqs(int flags, int index, int start, int count, long... data) {
    VfioDeviceSetIrqsRequest.Builder arg =
        VfioDeviceSetIrqsRequest.newBuilder()
            .setTargetFd(device)
            .setFlags(flags)
            .setIndex(index)
            .setStart(start)
            .setCount(count);
    for (long value : data) {
      arg.addData(value);
    }
    return Operation.newBuilder().setVfioDeviceSetIrqs(arg);
  }

  /** The device raises an interrupt. */
  public void raise(int index, int subindex) {
    rig.ok(
        Operation.newBuilder()
            .setHwRaiseIrq(
                HwRaiseIrqRequest.newBuilder()
                    .setDevice(DEVICE)
                    .setIndex(index)
                    .setSubindex(subindex)));
  }

  /** The device lowers its line. */
  public void lower() {
    rig.ok(Operation.newBuilder().setHwLowerIrq(HwLowerIrqRequest.newBuilder().setDevice(DEVICE)));
  }

  /** VFIO_IOMMU_MAP_DMA for reading and writing. */
  public Operation.Builder map(long iova, long vaddr, long size) {
    return map(VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE, iova, vaddr, size);
  }

  /** VFIO_IOMMU_MAP_DMA. */
  public Operation.Builder map(int flags, long iova, long vaddr, long size) {
    return Operation.newBuilder()
        .setVfioIommuMapDma(
            VfioIommuMapDmaRequest.newBuilder()
                .setTargetFd(container)
                .setFlags(flags)
                .setIova(iova)
                .setVaddr(vaddr)
                .setSize(size));
  }

  /** VFIO_IOMMU_UNMAP_DMA. */
  public Operation.Builder unmap(int flags, long iova, long size) {
    return Operation.newBuilder()
        .setVfioIommuUnmapDma(
            VfioIommuUnmapDmaRequest.newBuilder()
                .setTargetFd(container)
                .setFlags(flags)
                .setIova(iova)
                .setSize(size));
  }

  /** mmap of the device. */
  public Operation.Builder mmapDevice(long offset, long length) {
    return Operation.newBuilder()
        .setMmap(MmapRequest.newBuilder().setFd(device).setOffset(offset).setLength(length));
  }

  /** A device writes memory. */
  public Result dmaWrite(String name, long iova, String hex) {
    return rig.apply(
        Operation.newBuilder()
            .setHwDmaWrite(
                HwDmaWriteRequest.newBuilder()
                    .setDevice(name)
                    .setIova(iova)
                    .setBytes(ByteString.fromHex(hex))));
  }

  /** A device reads memory. */
  public Result dmaRead(String name, long iova, int length) {
    return rig.apply(
        Operation.newBuilder()
            .setHwDmaRead(
                HwDmaReadRequest.newBuilder().setDevice(name).setIova(iova).setLength(length)));
  }

  @Override
  public void close() {
    rig.close();
  }
}
