package io.virtrig.emulator.kernel.vfio;

import static io.virtrig.uapi.Vfio.VFIO_DMA_CC_IOMMU;
import static io.virtrig.uapi.Vfio.VFIO_DMA_MAP_FLAG_READ;
import static io.virtrig.uapi.Vfio.VFIO_DMA_MAP_FLAG_VADDR;
import static io.virtrig.uapi.Vfio.VFIO_DMA_MAP_FLAG_WRITE;
import static io.virtrig.uapi.Vfio.VFIO_DMA_UNMAP_FLAG_ALL;
import static io.virtrig.uapi.Vfio.VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP;
import static io.virtrig.uapi.Vfio.VFIO_DMA_UNMAP_FLAG_VADDR;
import static io.virtrig.uapi.Vfio.VFIO_TYPE1_IOMMU;
import static io.virtrig.uapi.Vfio.VFIO_TYPE1_NESTING_IOMMU;
import static io.virtrig.uapi.Vfio.VFIO_TYPE1v2_IOMMU;
import static io.virtrig.uapi.Vfio.VFIO_UNMAP_ALL;
import static io.virtrig.uapi.Vfio.VFIO_UPDATE_VADDR;

import io.virtrig.emulator.errno.Errno;
import io.virtrig.emulator.errno.KernelError;
import io.virtrig.emulator.extent.ExtentMap;
import io.virtrig.emulator.hardware.iommu.Iommu;
import io.virtrig.emulator.kernel.Kernel;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.spec.UapiProfile;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.v1.VfioIommuMapDmaRequest;
import io.virtrig.v1.VfioIommuMapDmaResponse;
import io.virtrig.v1.VfioIommuUnmapDmaRequest;
import io.virtrig.v1.VfioIommuUnmapDmaResponse;
import io.virtrig.wire.Results;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The type1 IOMMU back end of a container (drivers/vfio/vfio_iommu_type1.c): mappings of process
 * memory for the devices of the container's groups.
 */
final class VfioIommuType1 implements Stateful {
  /** sizeof(struct vfio_iommu_type1_dma_map). */
  private static final int MAP_SIZE = 32;

  /** sizeof(struct vfio_iommu_type1_dma_unmap) without the bitmap. */
  private static final int UNMAP_SIZE = 24;

  /** sizeof(struct vfio_bitmap). */
  private static final int BITMAP_SIZE = 24;

  private static final int MAP_FLAGS =
      VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE | VFIO_DMA_MAP_FLAG_VADDR;
  private static final int UNMAP_FLAGS =
      VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP | VFIO_DMA_UNMAP_FLAG_ALL | VFIO_DMA_UNMAP_FLAG_VADDR;

  private static final Result MAPPED = Results.of(VfioIommuMapDmaResponse.getDefaultInstance());

  private final Kernel kernel;
  private final Iommu iommu;
  private final NestingContainer nesting;
  private final boolean v2;
  private final DmaMappings dmas;
  private final ExtentMap<VfioDma> mappings;
  private final EmulatedPins pins;
  private final VfioGroups groups;
  private final DirtyTracking dirty;

  private VfioIommuType1(Kernel kernel, VfioMms mms, LostPins lost, boolean v2, boolean nested) {
    this.kernel = kernel;
    this.v2 = v2;
    iommu = kernel.machine().iommu();
    nesting = new NestingContainer(kernel, mms, nested);
    dmas = new DmaMappings(kernel);
    mappings = dmas.extents();
    pins = new EmulatedPins(mappings, v2, lost);
    groups = new VfioGroups(kernel, dmas, pins, nesting, nested);
    dirty = new DirtyTracking(iommu, mappings, v2);
  }

  /** vfio_iommu_type1_open. EINVAL for a number that is an extension but no mode. */
  static VfioIommuType1 open(Kernel kernel, VfioMms mms, LostPins lost, long type) {
    if (type == VFIO_TYPE1_IOMMU) {
      return new VfioIommuType1(kernel, mms, lost, false, false);
    }
    if (type == VFIO_TYPE1v2_IOMMU) {
      return new VfioIommuType1(kernel, mms, lost, true, false);
    }
    if (type == VFIO_TYPE1_NESTING_IOMMU) {
      return new VfioIommuType1(kernel, mms, lost, true, true);
    }
    throw KernelError.invalid(
        Long.toUnsignedString(type) + " is an extension of type1, but no mode of it");
  }

  /** VFIO_CHECK_EXTENSION, of a container with that back end or none. */
  static int extension(long extension, @Nullable VfioIommuType1 backEnd) {
    if (extension == VFIO_TYPE1_IOMMU
        || extension == VFIO_TYPE1v2_IOMMU
        || extension == VFIO_TYPE1_NESTING_IOMMU
        || extension == VFIO_UNMAP_ALL) {
      return 1;
    }
    if (extension == VFIO_UPDATE_VADDR) {
      return backEnd == null || backEnd.groups.emulated() ? 0 : 1;
    }
    if (extension == VFIO_DMA_CC_IOMMU) {
      return backEnd != null && backEnd.iommu.enforcesCoherency() ? 1 : 0;
    }
    return 0;
  }

  /** The groups that are in. */
  VfioGroups groups() {
    return groups;
  }

  /** The pages that drivers have pinned one by one. */
  EmulatedPins pins() {
    return pins;
  }

  Result ioctl(Task caller, Operation operation) {
    return switch (operation.getOpCase()) {
      case VFIO_IOMMU_GET_INFO ->
          IommuInfo.get(
              operation.getVfioIommuGetInfo(),
              iommu,
              dmas.available(),
              nesting,
              kernel.configuration().uapi());
      case VFIO_IOMMU_MAP_DMA -> map(caller, operation.getVfioIommuMapDma());
      case VFIO_IOMMU_UNMAP_DMA -> unmap(operation.getVfioIommuUnmapDma());
      case VFIO_IOMMU_DIRTY_PAGES -> dirty.ioctl(operation.getVfioIommuDirtyPages());
      case VFIO_IOMMU_PASID_REQUEST -> nesting.pasidRequest(operation.getVfioIommuPasidRequest());
      case VFIO_IOMMU_NESTING_OP ->
          nesting.operate(operation.getVfioIommuNestingOp(), groups.onlyDomain());
      case VFIO_IOMMU_ATTACH_PASID_TABLE ->
          stage1().attachPasidTable(operation.getVfioIommuAttachPasidTable());
      case VFIO_IOMMU_DETACH_PASID_TABLE -> stage1().detachPasidTable();
      case VFIO_IOMMU_CACHE_INVALIDATE ->
          stage1().invalidate(operation.getVfioIommuCacheInvalidate());
      case VFIO_IOMMU_BIND_MSI -> stage1().bindMsi(operation.getVfioIommuBindMsi());
      case VFIO_IOMMU_UNBIND_MSI -> stage1().unbindMsi(operation.getVfioIommuUnbindMsi());
      default -> throw KernelError.notTty("type1");
    };
  }

  /** The ioctls of the nested SMMU series, where the kernel has it. */
  private Stage1Ioctls stage1() {
    if (kernel.configuration().uapi() != UapiProfile.SMMU_NESTED_V7) {
      throw KernelError.notTty("type1 of " + kernel.configuration().uapi().label());
    }
    return new Stage1Ioctls(dmas.domains());
  }

  /** vfio_dma_do_map. */
  private Result map(Task caller, VfioIommuMapDmaRequest arg) {
    int flags = arg.getFlags();
    long iova = arg.getIova();
    long vaddr = arg.getVaddr();
    long size = arg.getSize();
    long mask = iommu.smallestPage() - 1;
    boolean setVaddr = (flags & VFIO_DMA_MAP_FLAG_VADDR) != 0;
    boolean read = (flags & VFIO_DMA_MAP_FLAG_READ) != 0;
    boolean write = (flags & VFIO_DMA_MAP_FLAG_WRITE) != 0;

    if (arg.hasArgsz()) {
      Argsz.check(arg.getArgsz(), MAP_SIZE);
    }
    if ((flags & ~MAP_FLAGS) != 0) {
      throw KernelError.invalid("unknown flags 0x" + Integer.toHexString(flags & ~MAP_FLAGS));
    }
    if ((read || write) == setVaddr) {
      throw KernelError.invalid(
          setVaddr ? "VADDR excludes READ and WRITE" : "none of READ, WRITE and VADDR is set");
    }
    if (size == 0) {
      throw KernelError.invalid("size is 0");
    }
    DmaRange.requireAligned("size", size, mask);
    DmaRange.requireAligned("iova", iova, mask);
    DmaRange.requireAligned("vaddr", vaddr, mask);
    DmaRange.requireNoWrap("iova", iova, size);
    DmaRange.requireNoWrap("vaddr", vaddr, size);
    long last = iova + size - 1;
    VfioDma hit = mappings.firstIn(iova, last);
    if (setVaddr) {
      return setVaddr(caller, hit, iova, size, vaddr);
    }
    if (hit != null) {
      throw new KernelError(
          Errno.EEXIST,
          "the range overlaps the mapping of [0x"
              + DmaRange.hex(hit.start())
              + ", 0x"
              + DmaRange.hex(hit.last())
              + "]");
    }
    if (dmas.available() == 0) {
      throw new KernelError(Errno.ENOSPC, "dma_entry_limit is reached: no mapping is left");
    }
    if (!dmas.usable(iova, last)) {
      throw KernelError.invalid(
          "[0x"
              + DmaRange.hex(iova)
              + ", 0x"
              + DmaRange.hex(last)
              + "] is not inside one usable IOVA range");
    }
    dmas.add(new VfioDma(iova, size, vaddr, read, write, caller));
    return MAPPED;
  }

  /** VFIO_DMA_MAP_FLAG_VADDR: a mapping's memory lies at another address now. */
  private Result setVaddr(Task caller, @Nullable VfioDma hit, long iova, long size, long vaddr) {
    if (hit == null) {
      throw new KernelError(Errno.ENOENT, "no mapping touches the range");
    }
    if (hit.start() != iova || hit.size() != size) {
      throw KernelError.invalid(
          "the mapping at 0x" + DmaRange.hex(hit.start()) + " is not exactly the range");
    }
    if (hit.vaddrValid()) {
      throw KernelError.invalid(
          "the mapping's vaddr is valid: VFIO_DMA_UNMAP_FLAG_VADDR comes first");
    }
    if (hit.process() != caller) {
      long room = caller.lockablePages(hit.lockCap());
      if (room >= 0 && hit.lockedPages() > room) {
        throw new KernelError(
            Errno.ENOMEM, hit.lockedPages() + " pages more would exceed RLIMIT_MEMLOCK");
      }
      hit.process().memory().lock(-hit.lockedPages());
      caller.memory().lock(hit.lockedPages());
    }
    hit.move(caller, vaddr);
    return MAPPED;
  }

  /** vfio_iommu_type1_unmap_dma and vfio_dma_do_unmap. */
  private Result unmap(VfioIommuUnmapDmaRequest arg) {
    int argsz =
        arg.hasArgsz() ? arg.getArgsz() : arg.hasBitmap() ? UNMAP_SIZE + BITMAP_SIZE : UNMAP_SIZE;
    int flags = arg.getFlags();
    boolean all = (flags & VFIO_DMA_UNMAP_FLAG_ALL) != 0;
    boolean invalidate = (flags & VFIO_DMA_UNMAP_FLAG_VADDR) != 0;
    boolean bitmap = (flags & VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP) != 0;

    Argsz.check(argsz, UNMAP_SIZE);
    if ((flags & ~UNMAP_FLAGS) != 0) {
      throw KernelError.invalid("unknown flags 0x" + Integer.toHexString(flags & ~UNMAP_FLAGS));
    }
    if (bitmap && (all || invalidate)) {
      throw KernelError.invalid("GET_DIRTY_BITMAP excludes ALL and VADDR");
    }
    if (bitmap) {
      Argsz.check(argsz, UNMAP_SIZE + BITMAP_SIZE);
      UserBitmap.requireRoom(arg.getBitmap(), arg.getSize());
    }
    if (invalidate && groups.emulated()) {
      throw new KernelError(
          Errno.EBUSY, "a device without an IOMMU of its own is in the container");
    }
    long start = arg.getIova();
    long size = arg.getSize();
    long mask = iommu.smallestPage() - 1;
    DmaRange.requireAligned("iova", start, mask);
    if (all) {
      if (start != 0 || size != 0) {
        throw KernelError.invalid("ALL needs iova 0 and size 0");
      }
    } else {
      if (size == 0) {
        throw KernelError.invalid("size is 0");
      }
      DmaRange.requireAligned("size", size, mask);
      DmaRange.requireNoWrap("iova", start, size);
    }
    if (bitmap) {
      dirty.require();
      UserBitmap.requirePageSize(arg.getBitmap(), iommu.smallestPage());
    }
    long last = all ? -1L : start + size - 1;
    if (v2 && !all) {
      DmaRange.requireWhole(mappings, start, last);
    }
    UserBitmap user = bitmap ? new UserBitmap(arg.getBitmap()) : null;
    long unmapped = invalidate ? invalidate(start, last) : removeAll(start, last, user);
    VfioIommuUnmapDmaResponse.Builder out =
        VfioIommuUnmapDmaResponse.newBuilder()
            .setArgsz(argsz)
            .setFlags(flags)
            .setIova(start)
            .setSize(unmapped);
    if (user != null) {
      out.setBitmap(user.filled());
    }
    return Results.of(out);
  }

  /**
   * Removes what begins in the range; in v1 nothing when the first mapping reaches into it from
   * below.
   */
  private long removeAll(long start, long last, @Nullable UserBitmap bitmap) {
    long unmapped = 0;
    for (VfioDma hit = mappings.firstIn(start, last);
        hit != null;
        hit = mappings.firstIn(start, last)) {
      if (Long.compareUnsigned(hit.start(), start) < 0) {
        break;
      }
      if (bitmap != null) {
        bitmap.query(hit, start);
      }
      groups.letGo(hit);
      unmapped += hit.size();
      dmas.remove(hit);
    }
    return unmapped;
  }

  /**
   * VFIO_DMA_UNMAP_FLAG_VADDR. A mapping that is invalid already is refused, and those before it
   * are valid again.
   */
  private long invalidate(long start, long last) {
    List<VfioDma> done = new ArrayList<>();
    long size = 0;
    VfioDma hit = mappings.firstIn(start, last);
    while (hit != null && Long.compareUnsigned(hit.start(), last) <= 0) {
      if (!v2 && Long.compareUnsigned(hit.start(), start) < 0) {
        break;
      }
      if (!hit.vaddrValid()) {
        done.forEach(undone -> undone.vaddrValid(true));
        throw KernelError.invalid(
            "the vaddr of the mapping at 0x" + DmaRange.hex(hit.start()) + " is invalid already");
      }
      hit.vaddrValid(false);
      done.add(hit);
      size += hit.size();
      hit = mappings.after(hit);
    }
    return size;
  }

  @Override
  public void writeState(StateWriter out) {
    out.text("mode", v2 ? "v2" : "v1");
    out.number("available", Integer.toUnsignedLong(dmas.available()));
    out.flag("dirty_tracking", dirty.on());
    out.child("nesting", "", nesting);
    for (VfioDomain domain : dmas.domains()) {
      out.child("domain", "", domain);
    }
    out.child("pins", "", pins);
    for (VfioDma mapping : mappings.all()) {
      out.child("mapping", "0x" + DmaRange.hex(mapping.start()), mapping);
    }
  }
}
