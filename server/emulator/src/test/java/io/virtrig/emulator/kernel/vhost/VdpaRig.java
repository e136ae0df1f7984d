package io.virtrig.emulator.kernel.vhost;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.Rig;
import io.virtrig.v1.*;

/** A host with vDPA devices, one of them open and owned, its guest memory mapped at IOVA 0. */
final class VdpaRig implements AutoCloseable {
  static final int GUEST_BYTES = 1 << 20;
  static final long PLAIN = 1L << 32 | 1L << 33;
  static final long PACKED = 1L << 34;
  static final int DRIVER_OK = 0x0f;

  final Rig rig;
  final int fd;
  final long guest;

  VdpaRig(String model, String kind) {
    this(HostSpec.newBuilder().addDevices(device("vdpa0", model, kind)).build(), 0);
  }

  VdpaRig(HostSpec spec, int node) {
    this(new Rig(spec), node);
  }

  VdpaRig(Rig rig, int node) {
    this.rig = rig;
    fd = rig.open("/dev/vhost-vdpa-" + node);
    rig.ok(
        Operation.newBuilder().setVhostSetOwner(VhostSetOwnerRequest.newBuilder().setTargetFd(fd)));
    guest = rig.mmap(GUEST_BYTES);
    rig.ok(iotlb(2, 0, GUEST_BYTES, guest, 3));
  }

  static DeviceSpec.Builder device(String name, String model, String kind) {
    return DeviceSpec.newBuilder().setKind("vdpa").setName(name).setModel(model).setClass_(kind);
  }

  Operation.Builder iotlb(int type, long iova, long size, long uaddr, int perm) {
    return Operation.newBuilder()
        .setWrite(
            WriteRequest.newBuilder()
                .setTargetFd(fd)
                .setIotlb(
                    io.virtrig.v1.VhostIotlbMsg.newBuilder()
                        .setIova(iova)
                        .setSize(size)
                        .setUaddr(uaddr)
                        .setPerm(perm)
                        .setType(type)));
  }

  Operation.Builder features(long features) {
    return Operation.newBuilder()
        .setVhostSetFeatures(
            VhostSetFeaturesRequest.newBuilder().setTargetFd(fd).setFeatures(features));
  }

  Operation.Builder status(int status) {
    return Operation.newBuilder()
        .setVhostVdpaSetStatus(
            VhostVdpaSetStatusRequest.newBuilder().setTargetFd(fd).setStatus(status));
  }

  int status() {
    return rig.ok(
            Operation.newBuilder()
                .setVhostVdpaGetStatus(VhostVdpaGetStatusRequest.newBuilder().setTargetFd(fd)))
        .getVhostVdpaGetStatus()
        .getStatus();
  }

  Operation.Builder num(int index, int num) {
    return Operation.newBuilder()
        .setVhostSetVringNum(
            VhostSetVringNumRequest.newBuilder().setTargetFd(fd).setIndex(index).setNum(num));
  }

  Operation.Builder addr(int index, int flags, long desc, long avail, long used) {
    return Operation.newBuilder()
        .setVhostSetVringAddr(
            VhostSetVringAddrRequest.newBuilder()
                .setTargetFd(fd)
                .setIndex(index)
                .setFlags(flags)
                .setDescUserAddr(desc)
                .setAvailUserAddr(avail)
                .setUsedUserAddr(used));
  }

  Operation.Builder base(int index, int num) {
    return Operation.newBuilder()
        .setVhostSetVringBase(
            VhostSetVringBaseRequest.newBuilder().setTargetFd(fd).setIndex(index).setNum(num));
  }

  Operation.Builder getBase(int index) {
    return Operation.newBuilder()
        .setVhostGetVringBase(
            VhostGetVringBaseRequest.newBuilder().setTargetFd(fd).setIndex(index));
  }

  int position(int index) {
    return rig.ok(getBase(index)).getVhostGetVringBase().getNum();
  }

  Operation.Builder kick(int index, int eventfd) {
    return Operation.newBuilder()
        .setVhostSetVringKick(
            VhostSetVringKickRequest.newBuilder().setTargetFd(fd).setIndex(index).setFd(eventfd));
  }

  Operation.Builder call(int index, int eventfd) {
    return Operation.newBuilder()
        .setVhostSetVringCall(
            VhostSetVringCallRequest.newBuilder().setTargetFd(fd).setIndex(index).setFd(eventfd));
  }

  Operation.Builder configCall(int eventfd) {
    return Operation.newBuilder()
        .setVhostVdpaSetConfigCall(
            VhostVdpaSetConfigCallRequest.newBuilder().setTargetFd(fd).setFd(eventfd));
  }

  Operation.Builder enable(int index) {
    return Operation.newBuilder()
        .setVhostVdpaSetVringEnable(
            VhostVdpaSetVringEnableRequest.newBuilder().setTargetFd(fd).setIndex(index).setNum(1));
  }

  Operation.Builder suspend() {
    return Operation.newBuilder()
        .setVhostVdpaSuspend(VhostVdpaSuspendRequest.newBuilder().setTargetFd(fd));
  }

  Operation.Builder backendFeatures(long features) {
    return Operation.newBuilder()
        .setVhostSetBackendFeatures(
            VhostSetBackendFeaturesRequest.newBuilder().setTargetFd(fd).setFeatures(features));
  }

  static Operation.Builder raise(String device, int index, int queue) {
    return Operation.newBuilder()
        .setHwRaiseIrq(
            HwRaiseIrqRequest.newBuilder().setDevice(device).setIndex(index).setSubindex(queue));
  }

  void store(long at, byte... bytes) {
    rig.store(guest + at, bytes);
  }

  byte[] load(long at, int length) {
    return rig.load(guest + at, length);
  }

  Result write(ByteString bytes) {
    return rig.apply(
        Operation.newBuilder().setWrite(WriteRequest.newBuilder().setTargetFd(fd).setRaw(bytes)));
  }

  @Override
  public void close() {
    rig.close();
  }
}
