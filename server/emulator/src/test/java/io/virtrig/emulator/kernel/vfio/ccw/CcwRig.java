package io.virtrig.emulator.kernel.vfio.ccw;

import static io.virtrig.uapi.Vfio.VFIO_DMA_MAP_FLAG_READ;
import static io.virtrig.uapi.Vfio.VFIO_DMA_MAP_FLAG_WRITE;
import static io.virtrig.uapi.Vfio.VFIO_IRQ_SET_ACTION_TRIGGER;
import static io.virtrig.uapi.Vfio.VFIO_IRQ_SET_DATA_EVENTFD;
import static io.virtrig.uapi.Vfio.VFIO_TYPE1v2_IOMMU;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.Rig;
import io.virtrig.v1.*;
import java.util.HexFormat;

/** An s390x host with one channel device, sch0 of group 9, open in a container with memory. */
final class CcwRig implements AutoCloseable {
  static final int MAPPED = 0x10000;

  final Rig rig;
  final int container;
  final int group;
  final long memory;
  final int io;
  int device;

  CcwRig() {
    this(true, DeviceSpec.newBuilder());
  }

  CcwRig(boolean fixes, DeviceSpec.Builder device) {
    rig =
        new Rig(
            HostSpec.newBuilder()
                .setArch("s390x")
                .setKernel(KernelSpec.newBuilder().setCcwFixes(fixes))
                .addDevices(device.setName("sch0").setKind("ccw").setGroup(9))
                .build());
    container = rig.open("/dev/vfio/vfio");
    group = rig.open("/dev/vfio/9");
    rig.ok(
        Operation.newBuilder()
            .setVfioGroupSetContainer(
                VfioGroupSetContainerRequest.newBuilder().setTargetFd(group).setValue(container)));
    rig.ok(
        Operation.newBuilder()
            .setVfioSetIommu(
                VfioSetIommuRequest.newBuilder()
                    .setTargetFd(container)
                    .setValue(VFIO_TYPE1v2_IOMMU)));
    memory = rig.mmap(2L * MAPPED);
    rig.ok(
        Operation.newBuilder()
            .setVfioIommuMapDma(
                VfioIommuMapDmaRequest.newBuilder()
                    .setTargetFd(container)
                    .setFlags(VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)
                    .setVaddr(memory)
                    .setSize(MAPPED)));
    io = rig.eventfd(0);
  }

  Operation.Builder opening() {
    return Operation.newBuilder()
        .setVfioGroupGetDeviceFd(
            VfioGroupGetDeviceFdRequest.newBuilder().setTargetFd(group).setName("sch0"));
  }

  CcwRig open() {
    device = (int) rig.ok(opening()).getVfioGroupGetDeviceFd().getRet();
    trigger(0, io);
    return this;
  }

  void trigger(int index, int eventfd) {
    rig.ok(
        Operation.newBuilder()
            .setVfioDeviceSetIrqs(
                VfioDeviceSetIrqsRequest.newBuilder()
                    .setTargetFd(device)
                    .setFlags(VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER)
                    .setIndex(index)
                    .setCount(1)
                    .addData(eventfd)));
  }

  /** Writes CCWs, or whatever else, into guest memory. */
  void store(long address, String hex) {
    rig.store(memory + address, HexFormat.of().parseHex(hex));
  }

  byte[] load(long address, int length) {
    return rig.load(memory + address, length);
  }

  static Operation.Builder writing(int device, long offset, String hex) {
    return Operation.newBuilder()
        .setPwrite(
            PwriteRequest.newBuilder()
                .setTargetFd(device)
                .setOffset(offset)
                .setBytes(ByteString.copyFrom(HexFormat.of().parseHex(hex))));
  }

  /** START with a format-1 program at an address. */
  Operation.Builder starting(int cpa) {
    return writing(
        device,
        0,
        "1122334400c20000" + HexFormat.of().toHexDigits(cpa) + "000040000000000000000000");
  }

  Operation.Builder command(int command) {
    return writing(device, 0x400, HexFormat.of().toHexDigits(command));
  }

  Operation.Builder resetting() {
    return Operation.newBuilder()
        .setVfioDeviceReset(VfioDeviceResetRequest.newBuilder().setTargetFd(device));
  }

  Operation.Builder unmapping() {
    return Operation.newBuilder()
        .setVfioIommuUnmapDma(
            VfioIommuUnmapDmaRequest.newBuilder().setTargetFd(container).setSize(MAPPED));
  }

  Operation.Builder completing(HwCompleteRequest.Builder request) {
    return Operation.newBuilder().setHwComplete(request.setDevice("sch0"));
  }

  /** A write of 4 KiB at 0x4000, with the page at 0x1000 for the CCW. */
  void startWrite() {
    store(0x1000, "0100100000004000");
    rig.ok(starting(0x1000));
  }

  void fail(String kind, int count) {
    rig.ok(
        Operation.newBuilder()
            .setHwFail(HwFailRequest.newBuilder().setDevice("sch0").setKind(kind).setCount(count)));
  }

  void path(int chpid, String event) {
    rig.ok(
        Operation.newBuilder()
            .setHwPath(
                HwPathRequest.newBuilder().setDevice("sch0").setChpid(chpid).setEvent(event)));
  }

  HostCcwResponse state() {
    return rig.ok(Operation.newBuilder().setHostCcw(HostCcwRequest.newBuilder().setDevice("sch0")))
        .getHostCcw();
  }

  long pins() {
    return rig.ok(
            Operation.newBuilder().setHostPinnedPages(HostPinnedPagesRequest.getDefaultInstance()))
        .getHostPinnedPages()
        .getPages();
  }

  String pread(long offset, int length) {
    return HexFormat.of()
        .formatHex(
            rig.ok(
                    Operation.newBuilder()
                        .setPread(
                            PreadRequest.newBuilder()
                                .setTargetFd(device)
                                .setOffset(offset)
                                .setLength(length)))
                .getPread()
                .getBytes()
                .toByteArray());
  }

  @Override
  public void close() {
    rig.close();
  }
}
