package io.virtrig.emulator.kernel.vhost;

import static io.virtrig.uapi.Vhost.VHOST_VRING_F_LOG;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.hardware.vdpa.VdpaDevice;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.eventfd.EventFd;
import io.virtrig.emulator.kernel.eventfd.EventFdFile;
import io.virtrig.emulator.kernel.process.DeviceMemory;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.uapi.Virtio;
import io.virtrig.v1.*;
import io.virtrig.wire.Results;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The calls on a ring (vhost_vdpa_vring_ioctl, vhost_vring_ioctl): the index is checked before
 * anything else, and before whether the call is known.
 */
final class VhostVrings implements Stateful {
  private static final int MOST_ENTRIES = 0xffff;
  private static final int AVAIL_ALIGN = 2;
  private static final int USED_ALIGN = 4;

  private final VdpaDevice device;
  private final VhostVring[] vrings;
  private boolean packed;

  VhostVrings(Kernel kernel, VdpaDevice device) {
    this.device = device;
    vrings = new VhostVring[device.queues()];
    for (int i = 0; i < vrings.length; i++) {
      vrings[i] = new VhostVring(kernel, device, i);
    }
  }

  /** The features that the rings follow, until others are agreed. */
  void acknowledged(long features) {
    packed = (features & 1L << Virtio.VIRTIO_F_RING_PACKED) != 0;
  }

  Result ioctl(Task caller, Operation op) {
    return switch (op.getOpCase()) {
      case VHOST_SET_VRING_NUM -> {
        VhostSetVringNumRequest arg = op.getVhostSetVringNum();
        ring(arg.getIndex());
        setNum(arg.getIndex(), arg.getNum());
        yield Results.of(VhostSetVringNumResponse.getDefaultInstance());
      }
      case VHOST_SET_VRING_ADDR -> {
        ring(op.getVhostSetVringAddr().getIndex());
        setAddress(op.getVhostSetVringAddr());
        yield Results.of(VhostSetVringAddrResponse.getDefaultInstance());
      }
      case VHOST_SET_VRING_BASE -> {
        VhostSetVringBaseRequest arg = op.getVhostSetVringBase();
        ring(arg.getIndex());
        if (!packed && Integer.compareUnsigned(arg.getNum(), MOST_ENTRIES) > 0) {
          throw KernelError.invalid(
              "index " + Integer.toUnsignedString(arg.getNum()) + " is no number of 16 bits");
        }
        device.queue(arg.getIndex()).base(arg.getNum());
        yield Results.of(VhostSetVringBaseResponse.getDefaultInstance());
      }
      case VHOST_GET_VRING_BASE -> {
        int index = op.getVhostGetVringBase().getIndex();
        ring(index);
        yield Results.of(
            VhostGetVringBaseResponse.newBuilder()
                .setIndex(index)
                .setNum(device.queue(index).base()));
      }
      case VHOST_SET_VRING_KICK -> {
        VhostSetVringKickRequest arg = op.getVhostSetVringKick();
        ring(arg.getIndex()).kick(eventfd(caller, arg.getFd()));
        yield Results.of(VhostSetVringKickResponse.getDefaultInstance());
      }
      case VHOST_SET_VRING_CALL -> {
        VhostSetVringCallRequest arg = op.getVhostSetVringCall();
        VhostVring ring = ring(arg.getIndex());
        ring.clearToken();
        ring.call(eventfd(caller, arg.getFd()));
        yield Results.of(VhostSetVringCallResponse.getDefaultInstance());
      }
      case VHOST_SET_VRING_ERR -> {
        VhostSetVringErrRequest arg = op.getVhostSetVringErr();
        ring(arg.getIndex()).error(eventfd(caller, arg.getFd()));
        yield Results.of(VhostSetVringErrResponse.getDefaultInstance());
      }
      case VHOST_SET_VRING_BUSYLOOP_TIMEOUT -> {
        VhostSetVringBusyloopTimeoutRequest arg = op.getVhostSetVringBusyloopTimeout();
        ring(arg.getIndex()).busyloopTimeout(arg.getNum());
        yield Results.of(VhostSetVringBusyloopTimeoutResponse.getDefaultInstance());
      }
      case VHOST_GET_VRING_BUSYLOOP_TIMEOUT -> {
        int index = op.getVhostGetVringBusyloopTimeout().getIndex();
        yield Results.of(
            VhostGetVringBusyloopTimeoutResponse.newBuilder()
                .setNum(ring(index).busyloopTimeout())
                .setIndex(index));
      }
      case VHOST_VDPA_SET_VRING_ENABLE -> {
        VhostVdpaSetVringEnableRequest arg = op.getVhostVdpaSetVringEnable();
        ring(arg.getIndex());
        device.queue(arg.getIndex()).ready(arg.getNum() != 0);
        yield Results.of(VhostVdpaSetVringEnableResponse.getDefaultInstance());
      }
      case VHOST_VDPA_GET_VRING_GROUP -> {
        int index = op.getVhostVdpaGetVringGroup().getIndex();
        ring(index);
        yield Results.of(
            VhostVdpaGetVringGroupResponse.newBuilder()
                .setIndex(index)
                .setNum(device.model().group(index)));
      }
      case VHOST_VDPA_SET_GROUP_ASID -> {
        VhostVdpaSetGroupAsidRequest arg = op.getVhostVdpaSetGroupAsid();
        ring(arg.getIndex());
        setGroupAsid(arg.getIndex(), arg.getNum());
        yield Results.of(VhostVdpaSetGroupAsidResponse.getDefaultInstance());
      }
      case VHOST_SET_VRING_ENDIAN -> {
        ring(op.getVhostSetVringEndian().getIndex());
        throw KernelError.notTty("vhost without cross-endian support");
      }
      case VHOST_GET_VRING_ENDIAN -> {
        ring(op.getVhostGetVringEndian().getIndex());
        throw KernelError.notTty("vhost without cross-endian support");
      }
      case VHOST_NET_SET_BACKEND -> {
        ring(op.getVhostNetSetBackend().getIndex());
        throw KernelError.notTty("a vhost-vdpa device");
      }
      default -> throw KernelError.notTty("a vhost-vdpa device");
    };
  }

  private VhostVring ring(int index) {
    if (Integer.compareUnsigned(index, vrings.length) >= 0) {
      throw new KernelError(
          Errno.ENOBUFS,
          "ring " + Integer.toUnsignedString(index) + " is none of " + vrings.length);
    }
    return vrings[index];
  }

  /** VHOST_FILE_UNBIND is none. EBADF, EINVAL. */
  private static @Nullable EventFd eventfd(Task caller, int fd) {
    return fd == VhostVdpaFile.UNBIND ? null : EventFdFile.context(caller, fd);
  }

  private void setNum(int index, int num) {
    if (num == 0 || Integer.compareUnsigned(num, MOST_ENTRIES) > 0 || Integer.bitCount(num) != 1) {
      throw KernelError.invalid(
          Integer.toUnsignedString(num) + " entries are no power of two of 16 bits");
    }
    device.queue(index).size(num);
  }

  private void setAddress(VhostSetVringAddrRequest arg) {
    if ((arg.getFlags() & ~(1 << VHOST_VRING_F_LOG)) != 0) {
      throw new KernelError(
          Errno.EOPNOTSUPP, "unknown flags 0x" + Integer.toHexString(arg.getFlags()));
    }
    if (arg.getAvailUserAddr() % AVAIL_ALIGN != 0
        || arg.getUsedUserAddr() % USED_ALIGN != 0
        || arg.getLogGuestAddr() % USED_ALIGN != 0) {
      throw KernelError.invalid(
          "avail 0x"
              + Long.toHexString(arg.getAvailUserAddr())
              + ", used 0x"
              + Long.toHexString(arg.getUsedUserAddr())
              + " or log 0x"
              + Long.toHexString(arg.getLogGuestAddr())
              + " is not aligned to 2, 4 and 4");
    }
    device
        .queue(arg.getIndex())
        .address(arg.getDescUserAddr(), arg.getAvailUserAddr(), arg.getUsedUserAddr());
  }

  private void setGroupAsid(int group, int asid) {
    if (Integer.compareUnsigned(asid, device.model().addressSpaces()) >= 0) {
      throw KernelError.invalid(
          "address space "
              + Integer.toUnsignedString(asid)
              + " is none of "
              + device.model().addressSpaces());
    }
    if (!device.model().ownTranslations()) {
      throw new KernelError(Errno.EOPNOTSUPP, device.name() + " has one address space");
    }
    if (!device.groupAsid(group, asid)) {
      throw KernelError.invalid("group " + group + " is none of " + device.model().groups());
    }
  }

  void setupIrqs() {
    Arrays.stream(vrings).forEach(VhostVring::setupIrq);
  }

  void unsetupIrqs() {
    Arrays.stream(vrings).forEach(VhostVring::unsetupIrq);
  }

  DeviceMemory doorbell(int index) {
    return new DeviceMemory() {
      @Override
      public void read(long offset, byte[] to, int at, int length) {
        Arrays.fill(to, at, at + length, (byte) 0);
      }

      @Override
      public void write(long offset, byte[] from, int at, int length) {
        vrings[index].kickDevice();
      }

      @Override
      public void writeState(StateWriter out) {
        out.number("doorbell", index);
      }
    };
  }

  void release() {
    Arrays.stream(vrings).forEach(VhostVring::release);
  }

  @Override
  public void writeState(StateWriter out) {
    out.flag("packed", packed);
    for (int i = 0; i < vrings.length; i++) {
      out.child("vring", Integer.toString(i), vrings[i]);
    }
  }
}
