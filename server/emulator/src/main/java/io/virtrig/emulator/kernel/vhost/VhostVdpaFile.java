package io.virtrig.emulator.kernel.vhost;

import static io.virtrig.uapi.Vhost.VHOST_BACKEND_F_IOTLB_ASID;
import static io.virtrig.uapi.Vhost.VHOST_BACKEND_F_IOTLB_BATCH;
import static io.virtrig.uapi.Vhost.VHOST_BACKEND_F_IOTLB_MSG_V2;
import static io.virtrig.uapi.Vhost.VHOST_BACKEND_F_SUSPEND;
import static io.virtrig.uapi.Virtio.VIRTIO_CONFIG_S_DRIVER_OK;
import static io.virtrig.uapi.Virtio.VIRTIO_CONFIG_S_FEATURES_OK;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.hardware.iommu.Iommu;
import io.virtrig.emulator.hardware.memory.PhysicalMemory;
import io.virtrig.emulator.hardware.vdpa.VdpaCallback;
import io.virtrig.emulator.hardware.vdpa.VdpaDevice;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.eventfd.EventFd;
import io.virtrig.emulator.kernel.eventfd.EventFdFile;
import io.virtrig.emulator.kernel.process.DeviceMemory;
import io.virtrig.emulator.kernel.process.OpenFile;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.time.Cost;
import io.virtrig.v1.*;
import io.virtrig.wire.Results;
import org.jspecify.annotations.Nullable;

/**
 * An open vhost-vdpa device (vhost_vdpa_fops). Some calls need no owner: they come first, as in
 * vhost_vdpa_unlocked_ioctl; what is not among them goes to vhost's own and to those on a ring.
 */
final class VhostVdpaFile extends OpenFile {
  private static final long BACKEND_FEATURES =
      1L << VHOST_BACKEND_F_IOTLB_MSG_V2
          | 1L << VHOST_BACKEND_F_IOTLB_BATCH
          | 1L << VHOST_BACKEND_F_IOTLB_ASID;
  private static final long SUSPEND = 1L << VHOST_BACKEND_F_SUSPEND;

  /** VHOST_FILE_UNBIND, as an fd. */
  static final int UNBIND = -1;

  private static final int STATUS_MASK = 0xff;

  private final Kernel kernel;
  private final VhostVdpa node;
  private final VdpaDevice device;
  private final VhostVrings vrings;
  private final VhostTranslations translations;
  private @Nullable Task owner;
  private @Nullable EventFd configCall;
  private long backendFeatures;

  VhostVdpaFile(Kernel kernel, VhostVdpa node) {
    super(kernel.ids());
    this.kernel = kernel;
    this.node = node;
    device = node.device();
    vrings = new VhostVrings(kernel, device);
    translations = new VhostTranslations(kernel, device, range(kernel, device));
  }

  /** vhost_vdpa_set_iova_range: everything, or what the IOMMU can map. */
  private static Iommu.Range range(Kernel kernel, VdpaDevice device) {
    if (device.model().ownTranslations()) {
      return new Iommu.Range(0, -1L);
    }
    int bits = kernel.configuration().spec().getIommu().getAddressWidth();
    return new Iommu.Range(0, bits == Long.SIZE ? -1L : (1L << bits) - 1);
  }

  @Override
  public Result ioctl(Task caller, Operation op) {
    return switch (op.getOpCase()) {
      case VHOST_SET_BACKEND_FEATURES -> {
        setBackendFeatures(op.getVhostSetBackendFeatures().getFeatures());
        yield Results.of(VhostSetBackendFeaturesResponse.getDefaultInstance());
      }
      case VHOST_GET_BACKEND_FEATURES ->
          Results.of(
              VhostGetBackendFeaturesResponse.newBuilder()
                  .setFeatures(BACKEND_FEATURES | (device.model().canSuspend() ? SUSPEND : 0)));
      case VHOST_VDPA_GET_DEVICE_ID ->
          Results.of(
              VhostVdpaGetDeviceIdResponse.newBuilder().setDeviceId(device.model().deviceId()));
      case VHOST_VDPA_GET_STATUS ->
          Results.of(VhostVdpaGetStatusResponse.newBuilder().setStatus(device.status()));
      case VHOST_VDPA_SET_STATUS -> {
        setStatus(op.getVhostVdpaSetStatus().getStatus() & STATUS_MASK);
        yield Results.of(VhostVdpaSetStatusResponse.getDefaultInstance());
      }
      case VHOST_VDPA_GET_CONFIG -> {
        VhostVdpaGetConfigRequest arg = op.getVhostVdpaGetConfig();
        checkConfig(arg.getOff(), arg.getLen());
        yield Results.of(
            VhostVdpaGetConfigResponse.newBuilder()
                .setBuf(ByteString.copyFrom(device.config().read(arg.getOff(), arg.getLen()))));
      }
      case VHOST_VDPA_SET_CONFIG -> {
        VhostVdpaSetConfigRequest arg = op.getVhostVdpaSetConfig();
        checkConfig(arg.getOff(), arg.getBuf().size());
        device.config().write(arg.getOff(), arg.getBuf().toByteArray());
        yield Results.of(VhostVdpaSetConfigResponse.getDefaultInstance());
      }
      case VHOST_GET_FEATURES ->
          Results.of(VhostGetFeaturesResponse.newBuilder().setFeatures(device.model().features()));
      case VHOST_SET_FEATURES -> {
        setFeatures(op.getVhostSetFeatures().getFeatures());
        yield Results.of(VhostSetFeaturesResponse.getDefaultInstance());
      }
      case VHOST_VDPA_GET_VRING_NUM ->
          Results.of(
              VhostVdpaGetVringNumResponse.newBuilder().setNum(device.model().largestQueue()));
      case VHOST_VDPA_GET_GROUP_NUM ->
          Results.of(VhostVdpaGetGroupNumResponse.newBuilder().setNum(device.model().groups()));
      case VHOST_VDPA_GET_AS_NUM ->
          Results.of(VhostVdpaGetAsNumResponse.newBuilder().setNum(device.model().addressSpaces()));
      case VHOST_VDPA_SET_CONFIG_CALL -> {
        setConfigCall(caller, op.getVhostVdpaSetConfigCall().getFd());
        yield Results.of(VhostVdpaSetConfigCallResponse.getDefaultInstance());
      }
      case VHOST_VDPA_GET_IOVA_RANGE ->
          Results.of(
              VhostVdpaGetIovaRangeResponse.newBuilder()
                  .setFirst(translations.range().start())
                  .setLast(translations.range().last()));
      case VHOST_VDPA_GET_CONFIG_SIZE ->
          Results.of(VhostVdpaGetConfigSizeResponse.newBuilder().setSize(device.config().size()));
      case VHOST_VDPA_GET_VQS_COUNT ->
          Results.of(VhostVdpaGetVqsCountResponse.newBuilder().setCount(device.queues()));
      case VHOST_VDPA_SUSPEND -> {
        if (!device.model().canSuspend()) {
          throw new KernelError(Errno.EOPNOTSUPP, device.name() + " cannot be suspended");
        }
        device.suspend();
        yield Results.of(VhostVdpaSuspendResponse.getDefaultInstance());
      }
      case VHOST_SET_LOG_BASE, VHOST_SET_LOG_FD ->
          throw new KernelError(Errno.ENOTTY, "a vDPA device has no log of dirty pages");
      case VHOST_SET_OWNER -> {
        setOwner(caller);
        yield Results.of(VhostSetOwnerResponse.getDefaultInstance());
      }
      default -> {
        if (owner == null) {
          throw new KernelError(Errno.EPERM, "nobody owns the device: VHOST_SET_OWNER comes first");
        }
        yield owned(caller, op);
      }
    };
  }

  /** vhost_dev_ioctl and vhost_vdpa_vring_ioctl, once there is an owner. */
  private Result owned(Task caller, Operation op) {
    if (op.getOpCase() == Operation.OpCase.VHOST_SET_MEM_TABLE) {
      MemoryTable.check(op.getVhostSetMemTable());
      return Results.of(VhostSetMemTableResponse.getDefaultInstance());
    }
    if (op.getOpCase() == Operation.OpCase.VHOST_RESET_OWNER) {
      throw KernelError.fault("the ring's index is read from a null pointer");
    }
    return vrings.ioctl(caller, op);
  }

  private void setBackendFeatures(long taken) {
    long known = BACKEND_FEATURES | (device.model().canSuspend() ? SUSPEND : 0);
    if ((taken & ~known) != 0) {
      throw new KernelError(
          Errno.EOPNOTSUPP,
          "features 0x" + Long.toHexString(taken & ~known) + " are not those of the backend");
    }
    backendFeatures = taken;
  }

  private void setOwner(Task caller) {
    if (owner != null) {
      throw new KernelError(Errno.EBUSY, "pid " + owner.pid() + " owns the device");
    }
    owner = caller;
  }

  /** vhost_vdpa_set_status: producers go before the device is reset, and come after it starts. */
  private void setStatus(int next) {
    int old = device.status();
    if (next != 0 && (old & ~next) != 0) {
      throw KernelError.invalid(
          "status 0x"
              + Integer.toHexString(next)
              + " takes 0x"
              + Integer.toHexString(old & ~next)
              + " away from 0x"
              + Integer.toHexString(old)
              + ": only 0 does that");
    }
    if ((old & ~next & VIRTIO_CONFIG_S_DRIVER_OK) != 0) {
      vrings.unsetupIrqs();
    }
    if (next == 0) {
      translations.endBatch();
      device.reset();
    } else {
      device.status(next);
    }
    if ((next & ~old & VIRTIO_CONFIG_S_DRIVER_OK) != 0) {
      vrings.setupIrqs();
    }
  }

  private void setFeatures(long taken) {
    if ((device.status() & VIRTIO_CONFIG_S_FEATURES_OK) != 0) {
      throw new KernelError(Errno.EBUSY, "features are agreed: FEATURES_OK is set");
    }
    if (!device.features(taken)) {
      throw KernelError.invalid(
          device.name()
              + " does not take features 0x"
              + Long.toHexString(taken)
              + " of 0x"
              + Long.toHexString(device.model().features()));
    }
    vrings.acknowledged(device.features());
  }

  private void checkConfig(int offset, int length) {
    long from = Integer.toUnsignedLong(offset);
    long bytes = Integer.toUnsignedLong(length);
    int size = device.config().size();
    if (bytes == 0 || from > size || bytes > size - from) {
      throw KernelError.invalid(bytes + " bytes at " + from + " of " + size);
    }
  }

  /** A bad fd takes the old eventfd away all the same. */
  private void setConfigCall(Task caller, int fd) {
    configCall = null;
    configCall = fd == UNBIND ? null : EventFdFile.context(caller, fd);
    device.interrupts().configCallback(new ConfigInterrupt());
  }

  /** vhost_vdpa_config_cb. */
  private final class ConfigInterrupt implements VdpaCallback {
    @Override
    public void interrupt() {
      if (device.interrupts().byHost()) {
        kernel.clock().charge(Cost.HOST_INTERRUPT);
      }
      if (configCall != null) {
        configCall.signal();
      }
    }
  }

  @Override
  public long write(Task caller, long value, ByteString bytes) {
    boolean withAsid = (backendFeatures & 1L << VHOST_BACKEND_F_IOTLB_ASID) != 0;
    VhostIotlbMsg message = VhostIotlbMsg.parse(bytes, withAsid);
    try {
      translations.process(caller, owner, message);
    } catch (KernelError e) {
      throw KernelError.fault("the message is refused, " + e.errno() + ": " + e.getMessage());
    }
    return VhostIotlbMsg.BYTES;
  }

  /** vhost_vdpa_mmap: a queue's doorbell. */
  @Override
  public DeviceMemory mmap(Task caller, long offset, long length, int prot) {
    long queue = offset >>> PhysicalMemory.PAGE_SHIFT;
    if (length > PhysicalMemory.PAGE_SIZE || length <= 0) {
      throw KernelError.invalid("a doorbell is one page");
    }
    if ((prot & 1) != 0) {
      throw KernelError.invalid("a doorbell cannot be read");
    }
    if (!device.model().doorbells()) {
      throw new KernelError(Errno.ENOTSUPP, device.name() + " has no doorbells");
    }
    if (queue >= device.queues()) {
      throw KernelError.invalid("there is no queue " + queue);
    }
    return vrings.doorbell((int) queue);
  }

  @Override
  protected void release() {
    vrings.unsetupIrqs();
    device.reset();
    vrings.release();
    configCall = null;
    device.interrupts().configCallback(null);
    if (owner != null) {
      translations.clear(owner);
    }
    device.unmapAll();
    owner = null;
    node.closed();
  }

  @Override
  public void writeState(StateWriter out) {
    out.text("device", device.name());
    out.number("owner", owner == null ? 0 : owner.pid());
    out.hex("backend_features", backendFeatures);
    if (configCall != null) {
      out.shared("config_call", configCall);
    }
    out.child("vrings", "", vrings);
    out.child("translations", "", translations);
  }
}
