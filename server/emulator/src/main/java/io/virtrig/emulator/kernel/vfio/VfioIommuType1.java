package io.virtrig.emulator.kernel.vfio;

import static io.virtrig.uapi.Vfio.VFIO_DMA_CC_IOMMU;
import static io.virtrig.uapi.Vfio.VFIO_DMA_MAP_FLAG_READ;
import static io.virtrig.uapi.Vfio.VFIO_DMA_MAP_FLAG_VADDR;
import static io.virtrig.uapi.Vfio.VFIO_DMA_MAP_FLAG_WRITE;
import static io.virtrig.uapi.Vfio.VFIO_DMA_UNMAP_FLAG_ALL;
import static io.virtrig.uapi.Vfio.VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP;
import static io.virtrig.uapi.Vfio.VFIO_DMA_UNMAP_FLAG_VADDR;
import static io.virtrig.uapi.Vfio.VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP;
import static io.virtrig.uapi.Vfio.VFIO_IOMMU_DIRTY_PAGES_FLAG_START;
import static io.virtrig.uapi.Vfio.VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP;
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
import io.virtrig.emulator.kernel.process.AddressSpace;
import io.virtrig.emulator.kernel.process.Task;
import io.virtrig.emulator.spec.UapiProfile;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import io.virtrig.v1.VfioIommuDirtyPagesRequest;
import io.virtrig.v1.VfioIommuDirtyPagesResponse;
import io.virtrig.v1.VfioIommuDirtyRange;
import io.virtrig.v1.VfioIommuMapDmaRequest;
import io.virtrig.v1.VfioIommuMapDmaResponse;
import io.virtrig.v1.VfioIommuUnmapDmaRequest;
import io.virtrig.v1.VfioIommuUnmapDmaResponse;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The type1 IOMMU back end of a container (drivers/vfio/vfio_iommu_type1.c): mappings of process
 * memory for the devices of the container's groups, which share one domain.
 *
 * <p>Invariants: mappings never overlap; a mapping's memory is pinned, in the domain, and counted
 * as locked; the free entries and the mappings together are the entry limit.
 */
final class VfioIommuType1 implements Stateful {
  /** sizeof(struct vfio_iommu_type1_dma_map). */
  private static final int MAP_SIZE = 32;

  /** sizeof(struct vfio_iommu_type1_dma_unmap) without the bitmap. */
  private static final int UNMAP_SIZE = 24;

  /** sizeof(struct vfio_bitmap). */
  private static final int BITMAP_SIZE = 24;

  /** sizeof(struct vfio_iommu_type1_dirty_bitmap) without the data. */
  private static final int DIRTY_SIZE = 8;

  /** sizeof(struct vfio_iommu_type1_dirty_bitmap_get). */
  private static final int DIRTY_GET_SIZE = 40;

  private static final int MAP_FLAGS =
      VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE | VFIO_DMA_MAP_FLAG_VADDR;
  private static final int UNMAP_FLAGS =
      VFIO_DMA_UNMAP_FLAG_GET_DIRTY_BITMAP | VFIO_DMA_UNMAP_FLAG_ALL | VFIO_DMA_UNMAP_FLAG_VADDR;
  private static final int DIRTY_FLAGS =
      VFIO_IOMMU_DIRTY_PAGES_FLAG_START
          | VFIO_IOMMU_DIRTY_PAGES_FLAG_STOP
          | VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP;

  private static final Result MAPPED =
      Result.newBuilder().setVfioIommuMapDma(VfioIommuMapDmaResponse.getDefaultInstance()).build();

  private final Kernel kernel;
  private final Iommu iommu;
  private final NestingContainer nesting;
  private final boolean v2;
  private final boolean nested;
  private final List<VfioDomain> domains = new ArrayList<>(1);

  /** Groups of devices without an IOMMU of their own (the external domain). */
  private final List<VfioGroup> emulated = new ArrayList<>(0);

  private final ExtentMap<VfioDma> mappings;
  private final EmulatedPins pins;
  private int available;
  private boolean dirtyTracking;

  private VfioIommuType1(Kernel kernel, VfioMms mms, LostPins lost, boolean v2, boolean nested) {
    this.kernel = kernel;
    this.v2 = v2;
    this.nested = nested;
    iommu = kernel.machine().iommu();
    mappings = new ExtentMap<>(kernel.mappings());
    nesting = new NestingContainer(kernel, mms, nested);
    pins = new EmulatedPins(mappings, v2, lost);
    available = kernel.configuration().spec().getKernel().getDmaEntryLimit();
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
      return backEnd == null || backEnd.emulated() ? 0 : 1;
    }
    if (extension == VFIO_DMA_CC_IOMMU) {
      return backEnd != null && backEnd.iommu.enforcesCoherency() ? 1 : 0;
    }
    return 0;
  }

  /** Some of its devices do no DMA by an IOMMU: their drivers pin what they need. */
  private boolean emulated() {
    return !emulated.isEmpty();
  }

  /** The pages that drivers have pinned one by one. */
  EmulatedPins pins() {
    return pins;
  }

  /** vfio_iommu_type1_attach_group. A refusal leaves the group out. */
  void attachGroup(Task caller, VfioGroup group) {
    nesting.requireRoom(emulated.size() + domains.stream().mapToInt(d -> d.groups().size()).sum());
    if (!group.functions().isEmpty() && !group.interfaces().isEmpty()) {
      throw KernelError.invalid("group " + group.number() + " has devices of two buses");
    }
    if (group.emulated()) {
      emulated.add(group);
      return;
    }
    nesting.requireCapable();
    for (VfioDma mapping : mappings.all()) {
      if (!usable(mapping.start(), mapping.last())) {
        throw KernelError.invalid("a mapping lies outside what the group's devices can reach");
      }
    }
    VfioDomain domain = join(group);
    try {
      nesting.attached(caller);
    } catch (KernelError e) {
      domain.detach(group);
      forgetUnused(domain);
      throw e;
    }
  }

  /** The first domain that takes the group; where none does, a new one with all mappings. */
  private VfioDomain join(VfioGroup group) {
    VfioDomain made = new VfioDomain(kernel.iommu(), nested);
    made.attach(group);
    for (VfioDomain domain : domains) {
      made.detach(group);
      try {
        domain.attach(group);
        return domain;
      } catch (KernelError _) {
        made.attach(group);
      }
    }
    try {
      replay(made);
    } catch (KernelError e) {
      made.detach(group);
      throw e;
    }
    domains.add(made);
    return made;
  }

  /**
   * vfio_iommu_replay: what was mapped while nothing needed it pinned is pinned now. A refusal
   * leaves all as it was.
   */
  private void replay(VfioDomain domain) {
    List<VfioDma> pinnedNow = new ArrayList<>();
    try {
      for (VfioDma mapping : mappings.all()) {
        if (domains.isEmpty()) {
          pin(mapping);
          pinnedNow.add(mapping);
        }
        domain.map(mapping);
      }
    } catch (KernelError e) {
      for (VfioDma mapping : pinnedNow) {
        domain.unmap(mapping);
        unpin(mapping);
      }
      throw e;
    }
  }

  private void pin(VfioDma mapping) {
    AddressSpace memory = mapping.process().memory();
    mapping.pin(
        memory.pin(
            mapping.vaddr(),
            mapping.size(),
            mapping.write(),
            mapping.process().lockablePages(mapping.lockCap())));
    memory.lock(mapping.lockedPages());
  }

  private void unpin(VfioDma mapping) {
    AddressSpace memory = mapping.process().memory();
    memory.unpin(mapping.pinned());
    memory.lock(-mapping.lockedPages());
    mapping.pin(List.of());
  }

  /**
   * vfio_iommu_type1_detach_group. The series unbinds the process's PASIDs first; with the last
   * group every mapping goes.
   */
  void detachGroup(VfioGroup group) {
    if (emulated.remove(group)) {
      if (emulated.isEmpty() && domains.isEmpty()) {
        removeAllMappings();
      }
      return;
    }
    for (VfioDomain domain : List.copyOf(domains)) {
      if (domain.groups().contains(group)) {
        nesting.unbindAll(group);
        domain.detach(group);
        if (domain.groups().isEmpty() && domains.size() == 1) {
          lastDomainGoes();
        }
        forgetUnused(domain);
      }
    }
  }

  private void lastDomainGoes() {
    if (emulated.isEmpty()) {
      removeAllMappings();
    } else {
      for (VfioDma mapping : mappings.all()) {
        domains.getFirst().unmap(mapping);
        unpin(mapping);
      }
    }
    nesting.detached();
  }

  private void removeAllMappings() {
    pins.lose();
    for (VfioDma mapping : List.copyOf(mappings.all())) {
      remove(mapping);
    }
  }

  /** A domain without groups goes. */
  private void forgetUnused(VfioDomain domain) {
    if (domain.groups().isEmpty()) {
      domains.remove(domain);
    }
  }

  Result ioctl(Task caller, Operation operation) {
    return switch (operation.getOpCase()) {
      case VFIO_IOMMU_GET_INFO ->
          IommuInfo.get(
              operation.getVfioIommuGetInfo(),
              iommu,
              available,
              nesting,
              kernel.configuration().uapi());
      case VFIO_IOMMU_MAP_DMA -> map(caller, operation.getVfioIommuMapDma());
      case VFIO_IOMMU_UNMAP_DMA -> unmap(operation.getVfioIommuUnmapDma());
      case VFIO_IOMMU_DIRTY_PAGES -> dirtyPages(operation.getVfioIommuDirtyPages());
      case VFIO_IOMMU_PASID_REQUEST -> nesting.pasidRequest(operation.getVfioIommuPasidRequest());
      case VFIO_IOMMU_NESTING_OP ->
          nesting.operate(operation.getVfioIommuNestingOp(), onlyDomain());
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

  private @Nullable VfioDomain onlyDomain() {
    return domains.isEmpty() ? null : domains.getFirst();
  }

  /** The ioctls of the nested SMMU series, where the kernel has it. */
  private Stage1Ioctls stage1() {
    if (kernel.configuration().uapi() != UapiProfile.SMMU_NESTED_V7) {
      throw KernelError.notTty("type1 of " + kernel.configuration().uapi().label());
    }
    return new Stage1Ioctls(domains);
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
    requireAligned("size", size, mask);
    requireAligned("iova", iova, mask);
    requireAligned("vaddr", vaddr, mask);
    requireNoWrap("iova", iova, size);
    requireNoWrap("vaddr", vaddr, size);
    long last = iova + size - 1;
    VfioDma hit = mappings.firstIn(iova, last);
    if (setVaddr) {
      return setVaddr(caller, hit, iova, size, vaddr);
    }
    if (hit != null) {
      throw new KernelError(
          Errno.EEXIST,
          "the range overlaps the mapping of [0x"
              + hex(hit.start())
              + ", 0x"
              + hex(hit.last())
              + "]");
    }
    if (available == 0) {
      throw new KernelError(Errno.ENOSPC, "dma_entry_limit is reached: no mapping is left");
    }
    if (!usable(iova, last)) {
      throw KernelError.invalid(
          "[0x" + hex(iova) + ", 0x" + hex(last) + "] is not inside one usable IOVA range");
    }
    VfioDma dma = new VfioDma(iova, size, vaddr, read, write, caller);
    if (!domains.isEmpty()) {
      pin(dma);
      mapInto(dma);
    }
    mappings.add(dma);
    available--;
    return MAPPED;
  }

  /** A doorbell that the host has mapped may lie there: what is pinned is given back. */
  private void mapInto(VfioDma dma) {
    for (VfioDomain domain : domains) {
      if (domain.overlaps(dma.start(), dma.size())) {
        unpin(dma);
        throw new KernelError(Errno.EEXIST, "the host has mapped a doorbell in the range");
      }
    }
    for (VfioDomain domain : domains) {
      domain.map(dma);
    }
  }

  /** VFIO_DMA_MAP_FLAG_VADDR: a mapping's memory lies at another address now. */
  private Result setVaddr(Task caller, @Nullable VfioDma hit, long iova, long size, long vaddr) {
    if (hit == null) {
      throw new KernelError(Errno.ENOENT, "no mapping touches the range");
    }
    if (hit.start() != iova || hit.size() != size) {
      throw KernelError.invalid(
          "the mapping at 0x" + hex(hit.start()) + " is not exactly the range");
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

  private boolean usable(long start, long last) {
    if (domains.isEmpty()) {
      return true;
    }
    for (Iommu.Range range : iommu.usableRanges()) {
      if (Long.compareUnsigned(start, range.start()) >= 0
          && Long.compareUnsigned(last, range.last()) <= 0) {
        return true;
      }
    }
    return false;
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
    if (invalidate && emulated()) {
      throw new KernelError(
          Errno.EBUSY, "a device without an IOMMU of its own is in the container");
    }
    long start = arg.getIova();
    long size = arg.getSize();
    long mask = iommu.smallestPage() - 1;
    requireAligned("iova", start, mask);
    if (all) {
      if (start != 0 || size != 0) {
        throw KernelError.invalid("ALL needs iova 0 and size 0");
      }
    } else {
      if (size == 0) {
        throw KernelError.invalid("size is 0");
      }
      requireAligned("size", size, mask);
      requireNoWrap("iova", start, size);
    }
    if (bitmap) {
      requireTracking();
      UserBitmap.requirePageSize(arg.getBitmap(), iommu.smallestPage());
    }
    long last = all ? -1L : start + size - 1;
    if (v2 && !all) {
      requireWhole(start, last);
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
    return Result.newBuilder().setVfioIommuUnmapDma(out).build();
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
      letGo(hit);
      unmapped += hit.size();
      remove(hit);
    }
    return unmapped;
  }

  /** Drivers let go of a mapping's pages (vfio_notify_dma_unmap). */
  private void letGo(VfioDma mapping) {
    if (pins.any(mapping.start(), mapping.last())) {
      for (VfioGroup group : emulated) {
        group.dmaUnmap(mapping.start(), mapping.last());
      }
    }
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
            "the vaddr of the mapping at 0x" + hex(hit.start()) + " is invalid already");
      }
      hit.vaddrValid(false);
      done.add(hit);
      size += hit.size();
      hit = mappings.after(hit);
    }
    return size;
  }

  /**
   * vfio_remove_dma: out of the domain, unpinned, no longer locked, and its entry is free again.
   */
  private void remove(VfioDma mapping) {
    mappings.remove(mapping);
    for (VfioDomain domain : domains) {
      domain.unmap(mapping);
    }
    unpin(mapping);
    available++;
  }

  /** vfio_iommu_type1_dirty_pages. */
  private Result dirtyPages(VfioIommuDirtyPagesRequest arg) {
    int flags = arg.getFlags();
    boolean get = (flags & VFIO_IOMMU_DIRTY_PAGES_FLAG_GET_BITMAP) != 0;
    int argsz = arg.hasArgsz() ? arg.getArgsz() : get ? DIRTY_SIZE + DIRTY_GET_SIZE : DIRTY_SIZE;
    if (!v2) {
      throw new KernelError(Errno.EACCES, "a container of VFIO_TYPE1_IOMMU has no dirty tracking");
    }
    Argsz.check(argsz, DIRTY_SIZE);
    if ((flags & ~DIRTY_FLAGS) != 0) {
      throw KernelError.invalid("unknown flags 0x" + Integer.toHexString(flags & ~DIRTY_FLAGS));
    }
    if (Integer.bitCount(flags) != 1) {
      throw KernelError.invalid("exactly one of START, STOP and GET_BITMAP must be set");
    }
    VfioIommuDirtyPagesResponse.Builder out =
        VfioIommuDirtyPagesResponse.newBuilder().setArgsz(argsz).setFlags(flags);
    if (get) {
      out.setRange(getBitmap(argsz, arg.getRange()));
    } else {
      track((flags & VFIO_IOMMU_DIRTY_PAGES_FLAG_START) != 0);
    }
    return Result.newBuilder().setVfioIommuDirtyPages(out).build();
  }

  private void track(boolean on) {
    dirtyTracking = on;
    if (!on) {
      mappings.all().forEach(VfioDma::forgetDirty);
    }
  }

  private VfioIommuDirtyRange getBitmap(int argsz, VfioIommuDirtyRange range) {
    long start = range.getIova();
    long size = range.getSize();
    long mask = iommu.smallestPage() - 1;
    if (Integer.compareUnsigned(argsz - DIRTY_SIZE, DIRTY_GET_SIZE) < 0) {
      throw KernelError.invalid(
          "argsz " + Integer.toUnsignedString(argsz) + " has no room for the range");
    }
    if (Long.compareUnsigned(start + size, start) < 0) {
      throw KernelError.invalid("iova + size wraps");
    }
    UserBitmap.requireRoom(range.getBitmap(), size);
    UserBitmap.requirePageSize(range.getBitmap(), iommu.smallestPage());
    requireAligned("iova", start, mask);
    if (size == 0) {
      throw KernelError.invalid("size is 0");
    }
    requireAligned("size", size, mask);
    requireTracking();
    long last = start + size - 1;
    requireWhole(start, last);
    UserBitmap bitmap = new UserBitmap(range.getBitmap());
    VfioDma hit = mappings.firstIn(start, last);
    while (hit != null && Long.compareUnsigned(hit.start(), last) <= 0) {
      bitmap.query(hit, start);
      hit = mappings.after(hit);
    }
    return range.toBuilder().setBitmap(bitmap.filled()).build();
  }

  /** The range may not cut a mapping at its start or end. */
  private void requireWhole(long start, long last) {
    VfioDma first = mappings.at(start);
    if (first != null && first.start() != start) {
      throw KernelError.invalid("the range begins inside the mapping at 0x" + hex(first.start()));
    }
    VfioDma end = mappings.at(last);
    if (end != null && end.last() != last) {
      throw KernelError.invalid("the range ends inside the mapping at 0x" + hex(end.start()));
    }
  }

  private void requireTracking() {
    if (!dirtyTracking) {
      throw KernelError.invalid("dirty tracking has not been started");
    }
  }

  private static void requireAligned(String field, long value, long mask) {
    if ((value & mask) != 0) {
      throw KernelError.invalid(
          field
              + " 0x"
              + hex(value)
              + " is not aligned to the minimum page size 0x"
              + hex(mask + 1));
    }
  }

  private static void requireNoWrap(String field, long start, long size) {
    if (Long.compareUnsigned(start + size - 1, start) < 0) {
      throw KernelError.invalid(field + " 0x" + hex(start) + " + size 0x" + hex(size) + " wraps");
    }
  }

  private static String hex(long value) {
    return Long.toHexString(value);
  }

  @Override
  public void writeState(StateWriter out) {
    out.text("mode", v2 ? "v2" : "v1");
    out.number("available", Integer.toUnsignedLong(available));
    out.flag("dirty_tracking", dirtyTracking);
    out.child("nesting", "", nesting);
    for (VfioDomain domain : domains) {
      out.child("domain", "", domain);
    }
    out.child("pins", "", pins);
    for (VfioDma mapping : mappings.all()) {
      out.child("mapping", "0x" + hex(mapping.start()), mapping);
    }
  }
}
