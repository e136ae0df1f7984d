package io.virtrig.emulator.kernel.vhost;

import static io.virtrig.uapi.Vhost.VHOST_IOTLB_BATCH_BEGIN;
import static io.virtrig.uapi.Vhost.VHOST_IOTLB_BATCH_END;
import static io.virtrig.uapi.Vhost.VHOST_IOTLB_INVALIDATE;
import static io.virtrig.uapi.Vhost.VHOST_IOTLB_UPDATE;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.hardware.iommu.Iommu;
import io.virtrig.emulator.hardware.vdpa.VdpaDevice;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The address spaces of an open device and the messages that change them
 * (vhost_vdpa_process_iotlb_msg). An address space is made by the first message that needs it.
 *
 * <p>A device that translates by itself is given the whole table of an address space after each
 * message, in a batch at its end. It forgets its tables at a reset, while vhost keeps them.
 */
final class VhostTranslations implements Stateful {
  private final Kernel kernel;
  private final VdpaDevice device;
  private final Iommu.Range range;
  private final TreeMap<Integer, VhostIotlb> spaces = new TreeMap<>();
  private boolean inBatch;
  private int batchAsid;

  VhostTranslations(Kernel kernel, VdpaDevice device, Iommu.Range range) {
    this.kernel = kernel;
    this.device = device;
    this.range = range;
  }

  /** I/O virtual addresses that can be used. */
  Iommu.Range range() {
    return range;
  }

  /** Does what a message says; every refusal reaches the program as EFAULT. */
  void process(Task caller, @Nullable Task owner, VhostIotlbMsg message) {
    if (owner == null) {
      throw new KernelError(Errno.EPERM, "nobody owns the device");
    }
    VhostIotlb iotlb = space(message);
    if (inBatch && batchAsid != message.asid()) {
      throw KernelError.invalid(
          "a batch for address space " + batchAsid + " is open, not for " + message.asid());
    }
    switch (message.type()) {
      case VHOST_IOTLB_UPDATE -> {
        checkRange(message);
        iotlb.update(caller, owner, message);
        changed(message.asid(), iotlb);
      }
      case VHOST_IOTLB_INVALIDATE -> {
        iotlb.invalidate(owner, message.iova(), message.size());
        changed(message.asid(), iotlb);
      }
      case VHOST_IOTLB_BATCH_BEGIN -> {
        batchAsid = message.asid();
        inBatch = true;
      }
      case VHOST_IOTLB_BATCH_END -> {
        boolean ended = inBatch;
        inBatch = false;
        if (ended) {
          changed(message.asid(), iotlb);
        }
      }
      default -> throw KernelError.invalid("message type " + message.type() + " is none of vhost");
    }
  }

  private VhostIotlb space(VhostIotlbMsg message) {
    VhostIotlb space = spaces.get(message.asid());
    if (space != null) {
      return space;
    }
    boolean makes =
        message.type() == VHOST_IOTLB_UPDATE || message.type() == VHOST_IOTLB_BATCH_BEGIN;
    if (!makes) {
      throw KernelError.invalid(
          "address space " + Integer.toUnsignedString(message.asid()) + " was never used");
    }
    if (Integer.compareUnsigned(message.asid(), device.model().addressSpaces()) >= 0) {
      throw KernelError.invalid(
          "address space "
              + Integer.toUnsignedString(message.asid())
              + " is none of "
              + device.model().addressSpaces());
    }
    VhostIotlb made = new VhostIotlb(kernel.mappings());
    spaces.put(message.asid(), made);
    return made;
  }

  private void checkRange(VhostIotlbMsg message) {
    long last = message.iova() + message.size() - 1;
    if (Long.compareUnsigned(message.iova(), range.start()) < 0
        || Long.compareUnsigned(last, message.iova()) < 0
        || Long.compareUnsigned(last, range.last()) > 0) {
      throw KernelError.invalid(
          "0x"
              + Long.toHexString(message.size())
              + " bytes at 0x"
              + Long.toHexString(message.iova())
              + " leave the usable range");
    }
  }

  /** The device is told, unless a batch holds that back. The IOMMU knows of no batches. */
  private void changed(int asid, VhostIotlb iotlb) {
    if (!inBatch || !device.model().ownTranslations()) {
      device.iotlb(asid, iotlb.translations(kernel.machine().memory()));
    }
  }

  /** A reset of the device ends a batch. */
  void endBatch() {
    inBatch = false;
  }

  /** Everything goes: the file is closed. */
  void clear(Task owner) {
    for (VhostIotlb iotlb : spaces.values()) {
      iotlb.clear(owner);
    }
    spaces.clear();
  }

  @Override
  public void writeState(StateWriter out) {
    out.flag("in_batch", inBatch);
    out.number("batch_asid", batchAsid);
    for (Map.Entry<Integer, VhostIotlb> space : spaces.entrySet()) {
      out.child("address_space", space.getKey().toString(), space.getValue());
    }
  }
}
