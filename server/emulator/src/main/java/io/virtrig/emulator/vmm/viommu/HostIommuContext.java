package io.virtrig.emulator.vmm.viommu;

import static io.virtrig.uapi.NestingSeries.*;
import static io.virtrig.uapi.UnmergedSeries.*;

import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import io.virtrig.emulator.vmm.CallRecord;
import io.virtrig.emulator.vmm.Program;
import io.virtrig.v1.IommuGpasidBindDataVtd;
import io.virtrig.v1.IommuGpasidBindVendor;
import io.virtrig.v1.IommuInvAddrInfo;
import io.virtrig.v1.IommuInvPasidInfo;
import io.virtrig.v1.IommuInvalidateGranule;
import io.virtrig.v1.IommuNestingData;
import io.virtrig.v1.IommuNestingInfo;
import io.virtrig.v1.PasidRange;
import io.virtrig.v1.Result;
import io.virtrig.v1.VfioIommuNestingOpRequest;
import io.virtrig.v1.VfioIommuPasidRequestRequest;
import io.virtrig.v1.VmmCall;
import io.virtrig.wire.Operations;

/**
 * What a virtual IOMMU may do to the host: one of a nesting container (hw/iommu/
 * host_iommu_context.c, and its class in hw/vfio/common.c). What the container does not offer is
 * not asked for.
 */
final class HostIommuContext implements Stateful {
  private static final int HEADER_BYTES = 8;
  private static final int BIND_BYTES = 72;
  private static final int INVALIDATE_BYTES = 56;

  private final Program program;
  private final CallRecord calls;
  private final Revision revision;
  private final int container;
  private final String via;
  private final IommuNestingInfo info;
  private final boolean pasidRequest;
  private final boolean nesting;

  HostIommuContext(
      Program program,
      CallRecord calls,
      Revision revision,
      int container,
      String via,
      IommuNestingInfo info) {
    this.program = program;
    this.calls = calls;
    this.revision = revision;
    this.container = container;
    this.via = via;
    this.info = info;
    int both = IOMMU_NESTING_FEAT_BIND_PGTBL | IOMMU_NESTING_FEAT_CACHE_INVLD;
    pasidRequest = (info.getFeatures() & IOMMU_NESTING_FEAT_SYSWIDE_PASID) != 0;
    nesting = (info.getFeatures() & both) == both;
  }

  /** The host's nesting capability. */
  IommuNestingInfo info() {
    return info;
  }

  /** Allocates a PASID of the host; -1 when there is none. */
  int allocate(int min, int max) {
    return pasidRequest ? (int) request(VFIO_IOMMU_FLAG_ALLOC_PASID, min, max) : -1;
  }

  /** Frees one. The kernel counts {@code max} in, so the next number goes too. */
  boolean free(int pasid) {
    return pasidRequest && request(VFIO_IOMMU_FLAG_FREE_PASID, pasid, pasid + 1) >= 0;
  }

  private long request(int flags, int min, int max) {
    Result result =
        program.attempt(
            Operations.of(
                VfioIommuPasidRequestRequest.newBuilder()
                    .setPid(program.pid())
                    .setTargetFd(container)
                    .setFlags(flags)
                    .setRange(PasidRange.newBuilder().setMin(min).setMax(max))));
    long ret = result.hasErrno() ? -1 : result.getVfioIommuPasidRequest().getRet();
    calls.add(
        VmmCall.newBuilder()
            .setCall("VFIO_IOMMU_PASID_REQUEST")
            .setVia(via)
            .setFlags(flags)
            .setMin(min)
            .setMax(max)
            .setRet(ret)
            .setErrno(result.getErrno().getName()));
    return ret;
  }

  /** Binds the first-level table of a guest's PASID entry. */
  void bind(int pasid, GuestPasidEntry entry) {
    IommuGpasidBindDataVtd vtd =
        IommuGpasidBindDataVtd.newBuilder()
            .setFlags(entry.vtdFlags())
            .setPat(entry.pat())
            .setEmt(entry.emt())
            .build();
    IommuNestingData data =
        IommuNestingData.newBuilder()
            .setArgsz(BIND_BYTES)
            .setVersion(IOMMU_GPASID_BIND_VERSION_1)
            .setFormat(IOMMU_PASID_FORMAT_INTEL_VTD)
            .setAddrWidth(entry.addressWidth())
            .setFlags(IOMMU_SVA_GPASID_VAL)
            .setGpgd(entry.firstLevel())
            .setHpasid(pasid)
            .setGpasid(pasid)
            .setVendor(IommuGpasidBindVendor.newBuilder().setVtd(vtd))
            .build();
    nesting(
        VFIO_IOMMU_NESTING_OP_BIND_PGTBL,
        data,
        VmmCall.newBuilder()
            .setFormat(data.getFormat())
            .setHpasid(pasid)
            .setGpasid(pasid)
            .setGpgd(data.getGpgd())
            .setAddrWidth(data.getAddrWidth())
            .setBindFlags(data.getFlags())
            .setVtdFlags(vtd.getFlags())
            .setPat(vtd.getPat())
            .setEmt(vtd.getEmt()));
  }

  /** Unbinds a PASID. */
  void unbind(int pasid) {
    IommuNestingData.Builder data =
        IommuNestingData.newBuilder().setArgsz(BIND_BYTES).setHpasid(pasid);
    if (revision.describesUnbind()) {
      data.setVersion(IOMMU_GPASID_BIND_VERSION_1).setFormat(IOMMU_PASID_FORMAT_INTEL_VTD);
    }
    nesting(
        VFIO_IOMMU_NESTING_OP_UNBIND_PGTBL,
        data.build(),
        VmmCall.newBuilder().setFormat(data.getFormat()).setHpasid(pasid));
  }

  /** Flushes what is cached of a PASID. */
  void flush(int pasid) {
    IommuInvPasidInfo which =
        IommuInvPasidInfo.newBuilder()
            .setFlags(IOMMU_INV_PASID_FLAGS_PASID)
            .setPasid(pasid)
            .build();
    invalidate(
        IOMMU_INV_GRANU_PASID,
        IommuInvalidateGranule.newBuilder().setPasidInfo(which).build(),
        VmmCall.newBuilder().setInvFlags(which.getFlags()).setPasid(pasid));
  }

  /** Flushes pages of a PASID. */
  void flushPages(int pasid, long address, long bytes, boolean leafOnly) {
    IommuInvAddrInfo which =
        IommuInvAddrInfo.newBuilder()
            .setFlags(IOMMU_INV_ADDR_FLAGS_PASID | (leafOnly ? IOMMU_INV_ADDR_FLAGS_LEAF : 0))
            .setPasid(pasid)
            .setAddr(address)
            .setGranuleSize(bytes)
            .setNbGranules(1)
            .build();
    invalidate(
        IOMMU_INV_GRANU_ADDR,
        IommuInvalidateGranule.newBuilder().setAddrInfo(which).build(),
        VmmCall.newBuilder()
            .setInvFlags(which.getFlags())
            .setPasid(pasid)
            .setAddr(address)
            .setGranuleSize(bytes)
            .setNbGranules(1));
  }

  private void invalidate(int granularity, IommuInvalidateGranule granule, VmmCall.Builder call) {
    nesting(
        VFIO_IOMMU_NESTING_OP_CACHE_INVLD,
        IommuNestingData.newBuilder()
            .setArgsz(INVALIDATE_BYTES)
            .setVersion(IOMMU_CACHE_INVALIDATE_INFO_VERSION_1)
            .setCache(IOMMU_CACHE_INV_TYPE_IOTLB)
            .setGranularity(granularity)
            .setGranu(granule)
            .build(),
        call.setCache(IOMMU_CACHE_INV_TYPE_IOTLB).setGranularity(granularity));
  }

  /** The host's refusal goes to the log of the VMM; the guest is not told. */
  private void nesting(int operation, IommuNestingData data, VmmCall.Builder call) {
    if (!nesting) {
      return;
    }
    Result result =
        program.attempt(
            Operations.of(
                VfioIommuNestingOpRequest.newBuilder()
                    .setPid(program.pid())
                    .setTargetFd(container)
                    .setArgsz(HEADER_BYTES + data.getArgsz())
                    .setFlags(operation)
                    .setData(data)));
    calls.add(
        call.setCall("VFIO_IOMMU_NESTING_OP")
            .setVia(via)
            .setFlags(operation)
            .setRet(result.hasErrno() ? -1 : result.getVfioIommuNestingOp().getRet())
            .setErrno(result.getErrno().getName()));
  }

  @Override
  public void writeState(StateWriter out) {
    out.text("via", via);
    out.number("container", container);
    out.flag("pasid_request", pasidRequest);
    out.flag("nesting", nesting);
  }
}
