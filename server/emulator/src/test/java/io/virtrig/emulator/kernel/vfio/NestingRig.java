package io.virtrig.emulator.kernel.vfio;

import static io.virtrig.uapi.NestingSeries.*;
import static io.virtrig.uapi.UnmergedSeries.*;
import static io.virtrig.uapi.Vfio.VFIO_DMA_MAP_FLAG_READ;
import static io.virtrig.uapi.Vfio.VFIO_DMA_MAP_FLAG_WRITE;
import static io.virtrig.uapi.Vfio.VFIO_TYPE1_NESTING_IOMMU;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.Rig;
import io.virtrig.v1.CloseRequest;
import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.HwDmaReadRequest;
import io.virtrig.v1.IommuGpasidBindDataVtd;
import io.virtrig.v1.IommuGpasidBindVendor;
import io.virtrig.v1.IommuInvAddrInfo;
import io.virtrig.v1.IommuInvalidateGranule;
import io.virtrig.v1.IommuNestingData;
import io.virtrig.v1.IommuSpec;
import io.virtrig.v1.KernelSpec;
import io.virtrig.v1.LoadRequest;
import io.virtrig.v1.MmapRequest;
import io.virtrig.v1.OpenRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.PasidRange;
import io.virtrig.v1.ProcessRequest;
import io.virtrig.v1.Result;
import io.virtrig.v1.StoreRequest;
import io.virtrig.v1.VfioGroupSetContainerRequest;
import io.virtrig.v1.VfioIommuMapDmaRequest;
import io.virtrig.v1.VfioIommuNestingOpRequest;
import io.virtrig.v1.VfioIommuPasidRequestRequest;
import io.virtrig.v1.VfioSetIommuRequest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** A host whose processes nest: containers, PASIDs, and a guest's tables in their memory. */
final class NestingRig implements AutoCloseable {
  /** What the guest's tables map, to {@link #PAGE} of its memory. */
  static final long GVA = 0x7f1234567000L;

  static final long MEMORY = 0x10000;
  static final long PAGE = 0x5000;
  static final long OTHER_PAGE = 0x6000;
  static final long TOP_TABLE = 0x1000;
  static final long LEAF = 0x4b38;

  /** On Arm. */
  static final long STAGE1_PAGE = 0x6000;

  static final long STAGE1_LEAF = 0x5b38;

  /** A container of a process with a group, and 64 KiB of memory mapped at 0. */
  record Guest(int pid, int container, int group, long memory) {}

  final Rig rig;
  private final boolean arm;

  NestingRig(HostSpec.Builder spec) {
    arm = spec.getArch().equals("aarch64");
    rig = new Rig(spec.build());
  }

  static HostSpec.Builder host(String uapi, DeviceSpec.Builder... devices) {
    boolean arm = uapi.equals("smmu-nested-v7");
    HostSpec.Builder spec =
        HostSpec.newBuilder()
            .setArch(arm ? "aarch64" : "x86_64")
            .setKernel(KernelSpec.newBuilder().setUapi(uapi))
            .setIommu(IommuSpec.newBuilder().setNesting(true));
    for (DeviceSpec.Builder device : devices) {
      spec.addDevices(device);
    }
    return spec;
  }

  /** A function with a PASID capability, in a group of its own: nicN at device 2 + N, group N. */
  static DeviceSpec.Builder nic(int number) {
    return DeviceSpec.newBuilder()
        .setName("nic" + number)
        .setBdf("0000:00:0" + (2 + number) + ".0")
        .setGroup(number)
        .setMsi(4)
        .setPasid(true);
  }

  /** A part of a function: adiN, in group 10 + N. */
  static DeviceSpec.Builder adi(int number, String parent) {
    return DeviceSpec.newBuilder()
        .setName("adi" + number)
        .setKind("mdev")
        .setParent(parent)
        .setGroup(10 + number);
  }

  int process() {
    return rig.process(ProcessRequest.newBuilder());
  }

  int open(int pid, String path) {
    return (int)
        rig.ok(Operation.newBuilder().setOpen(OpenRequest.newBuilder().setPid(pid).setPath(path)))
            .getOpen()
            .getRet();
  }

  void close(int pid, int fd) {
    rig.ok(Operation.newBuilder().setClose(CloseRequest.newBuilder().setPid(pid).setTargetFd(fd)));
  }

  static Operation.Builder setContainer(int pid, int group, int container) {
    return Operation.newBuilder()
        .setVfioGroupSetContainer(
            VfioGroupSetContainerRequest.newBuilder()
                .setPid(pid)
                .setTargetFd(group)
                .setValue(container));
  }

  static Operation.Builder setIommu(int pid, int container, long type) {
    return Operation.newBuilder()
        .setVfioSetIommu(
            VfioSetIommuRequest.newBuilder().setPid(pid).setTargetFd(container).setValue(type));
  }

  /** A nesting container with a group and memory, in which the guest's tables lie. */
  Guest guest(int pid, int groupNumber) {
    return guest(pid, groupNumber, VFIO_TYPE1_NESTING_IOMMU);
  }

  Guest guest(int pid, int groupNumber, long type) {
    int container = open(pid, "/dev/vfio/vfio");
    int group = open(pid, "/dev/vfio/" + groupNumber);
    rig.ok(setContainer(pid, group, container));
    rig.ok(setIommu(pid, container, type));
    long memory = mmap(pid);
    rig.ok(map(pid, container, 0, memory, MEMORY));
    Guest guest = new Guest(pid, container, group, memory);
    tables(guest);
    return guest;
  }

  long mmap(int pid) {
    return rig.ok(
            Operation.newBuilder().setMmap(MmapRequest.newBuilder().setPid(pid).setLength(MEMORY)))
        .getMmap()
        .getRet();
  }

  static Operation.Builder map(int pid, int container, long iova, long vaddr, long size) {
    return Operation.newBuilder()
        .setVfioIommuMapDma(
            VfioIommuMapDmaRequest.newBuilder()
                .setPid(pid)
                .setTargetFd(container)
                .setFlags(VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE)
                .setIova(iova)
                .setVaddr(vaddr)
                .setSize(size));
  }

  /** The worked example's four levels; each page holds its own guest-physical address. */
  void tables(Guest guest) {
    if (arm) {
      stage1(guest);
      return;
    }
    store(guest, 0x17f0, 0x2027);
    store(guest, 0x2240, 0x3027);
    store(guest, 0x3d10, 0x4027);
    store(guest, LEAF, PAGE | 0x67);
    store(guest, PAGE, PAGE);
    store(guest, OTHER_PAGE, OTHER_PAGE);
  }

  /** A context descriptor with ASID 1, and the same four levels as VMSAv8-64 has them. */
  private void stage1(Guest guest) {
    store(guest, 0x1000, 0x0001e205c0003510L);
    store(guest, 0x1008, 0x2000);
    store(guest, 0x1018, 0xff);
    store(guest, 0x27f0, 0x3003);
    store(guest, 0x3240, 0x4003);
    store(guest, 0x4d10, 0x5003);
    store(guest, STAGE1_LEAF, STAGE1_PAGE | 0xf43);
    store(guest, STAGE1_PAGE, STAGE1_PAGE);
  }

  /** A word of the guest's memory. */
  void store(Guest guest, long gpa, long word) {
    ByteBuffer bytes = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, word);
    rig.ok(
        Operation.newBuilder()
            .setStore(
                StoreRequest.newBuilder()
                    .setPid(guest.pid)
                    .setAddr(guest.memory + gpa)
                    .setBytes(ByteString.copyFrom(bytes.array()))));
  }

  long load(Guest guest, long gpa) {
    return word(
        rig.ok(
                Operation.newBuilder()
                    .setLoad(
                        LoadRequest.newBuilder()
                            .setPid(guest.pid)
                            .setAddr(guest.memory + gpa)
                            .setLength(8)))
            .getLoad()
            .getBytes());
  }

  static long word(ByteString bytes) {
    return bytes.asReadOnlyByteBuffer().order(ByteOrder.LITTLE_ENDIAN).getLong();
  }

  static Operation.Builder pasid(Guest guest, int flags, int min, int max) {
    return Operation.newBuilder()
        .setVfioIommuPasidRequest(
            VfioIommuPasidRequestRequest.newBuilder()
                .setPid(guest.pid)
                .setTargetFd(guest.container)
                .setFlags(flags)
                .setRange(PasidRange.newBuilder().setMin(min).setMax(max)));
  }

  /** A PASID for the process, which must be that one. */
  void allocate(Guest guest, int pasid) {
    rig.ok(pasid(guest, VFIO_IOMMU_FLAG_ALLOC_PASID, pasid, pasid));
  }

  void free(Guest guest, int pasid) {
    rig.ok(pasid(guest, VFIO_IOMMU_FLAG_FREE_PASID, pasid, pasid));
  }

  /** Bind data that is in order. */
  static IommuNestingData.Builder bindData(long pasid) {
    return IommuNestingData.newBuilder()
        .setVersion(1)
        .setFormat(IOMMU_PASID_FORMAT_INTEL_VTD)
        .setAddrWidth(48)
        .setGpgd(TOP_TABLE)
        .setHpasid(pasid);
  }

  static IommuGpasidBindVendor vtd(long flags) {
    return IommuGpasidBindVendor.newBuilder()
        .setVtd(IommuGpasidBindDataVtd.newBuilder().setFlags(flags))
        .build();
  }

  static Operation.Builder nesting(Guest guest, int operation, IommuNestingData.Builder data) {
    return Operation.newBuilder()
        .setVfioIommuNestingOp(
            VfioIommuNestingOpRequest.newBuilder()
                .setPid(guest.pid)
                .setTargetFd(guest.container)
                .setFlags(operation)
                .setData(data));
  }

  static Operation.Builder bind(Guest guest, IommuNestingData.Builder data) {
    return nesting(guest, VFIO_IOMMU_NESTING_OP_BIND_PGTBL, data);
  }

  static Operation.Builder bind(Guest guest, long pasid) {
    return bind(guest, bindData(pasid));
  }

  static Operation.Builder unbind(Guest guest, long pasid) {
    return nesting(guest, VFIO_IOMMU_NESTING_OP_UNBIND_PGTBL, bindData(pasid));
  }

  static Operation.Builder invalidate(Guest guest, long pasid) {
    return nesting(
        guest,
        VFIO_IOMMU_NESTING_OP_CACHE_INVLD,
        IommuNestingData.newBuilder()
            .setVersion(1)
            .setCache(IOMMU_CACHE_INV_TYPE_IOTLB)
            .setGranularity(IOMMU_INV_GRANU_ADDR)
            .setGranu(
                IommuInvalidateGranule.newBuilder()
                    .setAddrInfo(
                        IommuInvAddrInfo.newBuilder()
                            .setFlags(IOMMU_INV_ADDR_FLAGS_PASID)
                            .setPasid(pasid)
                            .setAddr(GVA)
                            .setGranuleSize(4096)
                            .setNbGranules(1))));
  }

  /** What a device reads there with a PASID; -1 when it faults. */
  long read(String device, long iova, int pasid) {
    return read(HwDmaReadRequest.newBuilder().setDevice(device).setIova(iova).setPasid(pasid));
  }

  /** What a device reads there; -1 when it faults. */
  long read(String device, long iova) {
    return read(HwDmaReadRequest.newBuilder().setDevice(device).setIova(iova));
  }

  long read(HwDmaReadRequest.Builder request) {
    Result result = rig.apply(Operation.newBuilder().setHwDmaRead(request.setLength(8)));
    return result.hasErrno() ? -1 : word(result.getHwDmaRead().getBytes());
  }

  @Override
  public void close() {
    rig.close();
  }
}
