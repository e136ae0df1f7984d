package io.virtrig.emulator.kernel.vfio;

import static io.virtrig.emulator.kernel.vfio.NestingRig.*;
import static io.virtrig.uapi.NestingSeries.*;
import static io.virtrig.uapi.UnmergedSeries.*;
import static io.virtrig.uapi.Vfio.VFIO_TYPE1_NESTING_IOMMU;
import static io.virtrig.uapi.Vfio.VFIO_TYPE1v2_IOMMU;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.kernel.vfio.NestingRig.Guest;
import io.virtrig.v1.HwDmaReadRequest;
import io.virtrig.v1.IoasidRequestAllocRequest;
import io.virtrig.v1.IoasidRequestFreeRequest;
import io.virtrig.v1.IommuInvPasidInfo;
import io.virtrig.v1.IommuInvalidateGranule;
import io.virtrig.v1.IommuNestingData;
import io.virtrig.v1.IommuSpec;
import io.virtrig.v1.KernelSpec;
import io.virtrig.v1.Operation;
import io.virtrig.v1.PasidRange;
import io.virtrig.v1.VfioIommuNestingOpRequest;
import io.virtrig.v1.VfioIommuUnmapDmaRequest;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** NESTING_OP where no shared case looks: which of two errors wins, what a refusal leaves. */
class GuestPageTableTest {

  @Test
  void theFirstOfTwoErrorsDecides() {
    try (NestingRig rig = new NestingRig(host("vsva-v7", nic(1).setPasidBits(16), nic(2)))) {
      Guest narrow = rig.guest(1, 1);
      Guest guest = rig.guest(1, 2);
      rig.allocate(guest, 100);
      // The core's version before the driver's ownership; the driver's format before ownership.
      assertThat(rig.rig.errno(bind(guest, bindData(7).setVersion(2)))).isEqualTo("EINVAL");
      assertThat(rig.rig.errno(bind(guest, bindData(7).setFormat(0)))).isEqualTo("EINVAL");
      // The capability's width and the PASID's range before ownership.
      assertThat(rig.rig.errno(bind(narrow, 7))).isEqualTo("EINVAL");
      assertThat(rig.rig.errno(bind(guest, 0))).isEqualTo("EINVAL");
      assertThat(rig.rig.errno(bind(guest, -1L))).isEqualTo("EINVAL");
      // Ownership before the widths; a binding that is there before the widths.
      assertThat(rig.rig.errno(bind(guest, bindData(7).setAddrWidth(1)))).isEqualTo("ENOENT");
      rig.rig.ok(bind(guest, 100));
      assertThat(rig.rig.errno(bind(guest, bindData(100).setAddrWidth(1)))).isEqualTo("EBUSY");
    }
  }

  @Test
  void inV8TheCoreLooksAtTheOwnerBeforeTheDriverAtAnything() {
    try (NestingRig rig = new NestingRig(host("vsva-v8", nic(1)))) {
      Guest guest = rig.guest(1, 1);
      assertThat(rig.rig.errno(bind(guest, bindData(7).setFormat(0)))).isEqualTo("ENOENT");
      assertThat(rig.rig.errno(bind(guest, bindData(0)))).isEqualTo("ENOENT");
      assertThat(rig.rig.errno(bind(guest, bindData(7).setVersion(0)))).isEqualTo("EINVAL");
    }
  }

  @Test
  void theHeaderIsCheckedBeforeTheContainerAndTheContainerBeforeTheData() {
    try (NestingRig rig = new NestingRig(host("vsva-v7", nic(1), nic(2)))) {
      Guest plain = rig.guest(1, 1, VFIO_TYPE1v2_IOMMU);
      Guest nesting = rig.guest(1, 2);
      assertThat(rig.rig.errno(nesting(plain, 3, bindData(1)))).isEqualTo("EINVAL");
      assertThat(rig.rig.errno(bind(plain, bindData(1).setVersion(9)))).isEqualTo("EOPNOTSUPP");
      Operation.Builder unreadable =
          Operation.newBuilder()
              .setVfioIommuNestingOp(
                  VfioIommuNestingOpRequest.newBuilder().setTargetFd(nesting.container()));
      assertThat(rig.rig.errno(unreadable)).isEqualTo("EFAULT");
    }
  }

  @Test
  void aRefusalByTheDriverEndsTheFirstBindingAndOneByTheCoreDoesNot() {
    try (NestingRig rig = new NestingRig(host("vsva-v7", nic(1)))) {
      Guest guest = rig.guest(1, 1);
      rig.allocate(guest, 100);
      List<IommuNestingData.Builder> ofTheCore =
          List.of(
              bindData(100).setVersion(2),
              bindData(100).setFormat(2),
              bindData(100).setFlags(2),
              bindData(100).setArgsz(55),
              bindData(100).setPadding(ByteString.fromHex("0000000000000001")));
      List<IommuNestingData.Builder> ofTheDriver =
          List.of(
              bindData(100).setFormat(0),
              bindData(100).setArgsz(71),
              bindData(100).setVendor(vtd(64)),
              bindData(100).setGpgd(0x10001));
      rig.rig.ok(bind(guest, 100));
      for (IommuNestingData.Builder data : ofTheCore) {
        assertThat(rig.rig.errno(bind(guest, data))).isEqualTo("EINVAL");
        assertThat(rig.read("nic1", GVA, 100)).isEqualTo(PAGE);
      }
      for (IommuNestingData.Builder data : ofTheDriver) {
        rig.rig.errno(bind(guest, data));
        assertThat(rig.read("nic1", GVA, 100)).isEqualTo(-1);
        rig.rig.ok(bind(guest, 100));
        assertThat(rig.read("nic1", GVA, 100)).isEqualTo(PAGE);
      }
    }
  }

  @Test
  void theTopOfWhatIsMappedFollowsTheLastUnmapOnly() {
    try (NestingRig rig = new NestingRig(host("vsva-v7", nic(1)))) {
      Guest guest = rig.guest(1, 1);
      rig.allocate(guest, 100);
      long more = rig.mmap(1);
      rig.rig.ok(map(1, guest.container(), 0x100000, more, 0x1000));
      rig.rig.ok(bind(guest, bindData(100).setGpgd(0x101000)));
      rig.rig.ok(unbind(guest, 100));
      rig.rig.ok(
          Operation.newBuilder()
              .setVfioIommuUnmapDma(
                  VfioIommuUnmapDmaRequest.newBuilder()
                      .setTargetFd(guest.container())
                      .setIova(0x100000)
                      .setSize(0x1000)));
      assertThat(rig.rig.errno(bind(guest, bindData(100).setGpgd(0x100001)))).isEqualTo("EINVAL");
      // Not the end of the mapping below, which nothing looks up.
      rig.rig.ok(bind(guest, bindData(100).setGpgd(0x100000)));
    }
  }

  @Test
  void freeingWhatIsBoundUnbindsItOnEveryDevice() {
    try (NestingRig rig = new NestingRig(host("vsva-v7", nic(1), nic(2)))) {
      Guest first = rig.guest(1, 1);
      Guest second = rig.guest(1, 2);
      rig.allocate(first, 100);
      rig.rig.ok(bind(first, 100));
      rig.rig.ok(bind(second, 100));
      assertThat(rig.read("nic2", GVA, 100)).isEqualTo(PAGE);
      rig.free(second, 100);
      assertThat(rig.read("nic1", GVA, 100)).isEqualTo(-1);
      assertThat(rig.read("nic2", GVA, 100)).isEqualTo(-1);
      rig.allocate(first, 100);
      assertThat(rig.read("nic1", GVA, 100)).isEqualTo(-1);
    }
  }

  @Test
  void leavingTheContainerUnbindsAndTheOtherContainerKeepsItsOwn() {
    try (NestingRig rig = new NestingRig(host("vsva-v7", nic(1), nic(2)))) {
      Guest first = rig.guest(1, 1);
      Guest second = rig.guest(1, 2);
      rig.allocate(first, 100);
      rig.rig.ok(bind(first, 100));
      rig.rig.ok(bind(second, 100));
      rig.close(1, first.group());
      assertThat(rig.read("nic1", GVA, 100)).isEqualTo(-1);
      assertThat(rig.read("nic2", GVA, 100)).isEqualTo(PAGE);
    }
  }

  @Test
  void anInvalidationOfAnotherProcessTouchesNothing() {
    try (NestingRig rig = new NestingRig(host("vsva-v7", nic(1), nic(2)))) {
      Guest guest = rig.guest(1, 1);
      Guest other = rig.guest(rig.process(), 2);
      rig.allocate(guest, 100);
      rig.rig.ok(bind(guest, 100));
      assertThat(rig.read("nic1", GVA, 100)).isEqualTo(PAGE);
      rig.store(guest, LEAF, OTHER_PAGE | 0x67);
      rig.rig.ok(invalidate(other, 100));
      assertThat(rig.read("nic1", GVA, 100)).isEqualTo(PAGE);
      rig.rig.ok(invalidate(guest, 100));
      assertThat(rig.read("nic1", GVA, 100)).isEqualTo(OTHER_PAGE);
    }
  }

  @Test
  void theDevicesOwnTlbIsFlushedWithTheIotlb() {
    try (NestingRig rig = new NestingRig(host("vsva-v7", nic(1)))) {
      Guest guest = rig.guest(1, 1);
      rig.allocate(guest, 100);
      rig.rig.ok(bind(guest, 100));
      assertThat(byAts(rig)).isEqualTo(PAGE);
      rig.store(guest, LEAF, OTHER_PAGE | 0x67);
      assertThat(byAts(rig)).isEqualTo(PAGE);
      rig.rig.ok(
          nesting(
              guest,
              VFIO_IOMMU_NESTING_OP_CACHE_INVLD,
              IommuNestingData.newBuilder()
                  .setVersion(1)
                  .setCache(IOMMU_CACHE_INV_TYPE_IOTLB)
                  .setGranularity(IOMMU_INV_GRANU_PASID)
                  .setGranu(
                      IommuInvalidateGranule.newBuilder()
                          .setPasidInfo(
                              IommuInvPasidInfo.newBuilder()
                                  .setFlags(IOMMU_INV_PASID_FLAGS_PASID)
                                  .setPasid(100)))));
      assertThat(byAts(rig)).isEqualTo(OTHER_PAGE);
      rig.store(guest, LEAF, PAGE | 0x67);
      rig.rig.ok(unbind(guest, 100));
      assertThat(byAts(rig)).isEqualTo(-1);
    }
  }

  private static long byAts(NestingRig rig) {
    return rig.read(
        HwDmaReadRequest.newBuilder().setDevice("nic1").setIova(GVA).setPasid(100).setAts(true));
  }

  @Test
  void v4FreesWhatAnotherProcessHasBoundAndTheSanitizerSaysSo() {
    try (NestingRig rig = new NestingRig(host("vsva-v4", nic(1), nic(2)))) {
      Guest guest = rig.guest(1, 1);
      Guest other = rig.guest(rig.process(), 2);
      rig.allocate(guest, 100);
      rig.rig.ok(bind(guest, 100));
      rig.free(other, 100);
      assertThat(rig.read("nic1", GVA, 100)).isEqualTo(-1);
      assertThat(rig.rig.errno(bind(guest, 100))).isEqualTo("ENOENT");
      assertThat(rig.rig.host().events().after(0, 1000))
          .anyMatch(event -> event.getDetail().contains("frees PASIDs of process 1"));
    }
  }

  @Test
  void theDefaultQuotaIsEachProcesssOwn() {
    try (NestingRig rig = new NestingRig(host("vsva-v7", nic(1), nic(2)))) {
      for (Guest guest : List.of(rig.guest(1, 1), rig.guest(rig.process(), 2))) {
        for (int i = 0; i < 1000; i++) {
          rig.rig.ok(pasid(guest, VFIO_IOMMU_FLAG_ALLOC_PASID, 1, 0xfffff));
        }
        assertThat(rig.rig.errno(pasid(guest, VFIO_IOMMU_FLAG_ALLOC_PASID, 1, 0xfffff)))
            .isEqualTo("ENOSPC");
        rig.rig.ok(pasid(guest, VFIO_IOMMU_FLAG_FREE_PASID, 500, 500));
      }
    }
  }

  @Test
  void quotasAreReservedFromTheHostsCapacity() {
    int half = ((1 << 20) - 32768) / 2 + 1;
    try (NestingRig rig =
        new NestingRig(
            host("vsva-v7", nic(1), nic(2))
                .setKernel(KernelSpec.newBuilder().setUapi("vsva-v7").setPasidQuota(half)))) {
      Guest guest = rig.guest(1, 1);
      int second = rig.process();
      int container = rig.open(second, "/dev/vfio/vfio");
      int group = rig.open(second, "/dev/vfio/2");
      rig.rig.ok(setContainer(second, group, container));
      Operation.Builder nest = setIommu(second, container, VFIO_TYPE1_NESTING_IOMMU);
      assertThat(rig.rig.errno(nest)).isEqualTo("ENOSPC");
      rig.close(1, guest.group());
      rig.rig.ok(nest);
    }
  }

  @Test
  void withoutTheNestingBitOfTheExtendedCapabilityNothingNests() {
    try (NestingRig rig =
        new NestingRig(
            host("vsva-v7", nic(1))
                .setIommu(IommuSpec.newBuilder().setNesting(true).setEcapReg(0x198a0000000L)))) {
      int container = rig.open(1, "/dev/vfio/vfio");
      int group = rig.open(1, "/dev/vfio/1");
      rig.rig.ok(setContainer(1, group, container));
      assertThat(rig.rig.errno(setIommu(1, container, VFIO_TYPE1_NESTING_IOMMU)))
          .isEqualTo("ENODEV");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mainline", "smmu-nested-v7"})
  void kernelsWithoutTheSeriesKnowNoNestingOp(String uapi) {
    try (NestingRig rig = new NestingRig(host(uapi, nic(1)).setArch("x86_64"))) {
      Guest guest = rig.guest(1, 1, VFIO_TYPE1v2_IOMMU);
      assertThat(rig.rig.errno(bind(guest, 100))).isEqualTo("ENOTTY");
      assertThat(rig.rig.errno(nesting(guest, 9, bindData(1)))).isEqualTo("ENOTTY");
    }
  }

  @Test
  void numbersOfTheIoasidFileAreItsProcesssAndGoWithIt() {
    try (NestingRig rig = new NestingRig(host("vsva-v8", nic(1), nic(2)))) {
      Guest guest = rig.guest(1, 1);
      int second = rig.process();
      int ids = rig.open(1, "/dev/ioasid");
      int others = rig.open(second, "/dev/ioasid");
      rig.rig.ok(ioasid(1, ids, 100, 100));
      assertThat(rig.rig.errno(ioasid(second, others, 100, 100))).isEqualTo("EINVAL");
      rig.rig.ok(bind(guest, 100));
      rig.rig.ok(free(second, others, 100));
      assertThat(rig.read("nic1", GVA, 100)).isEqualTo(PAGE);
      rig.rig.ok(free(1, ids, 100));
      assertThat(rig.read("nic1", GVA, 100)).isEqualTo(-1);
      // As posted the set would be gone now; here it lives as long as the file.
      rig.rig.ok(ioasid(1, ids, 100, 100));
      rig.rig.ok(bind(guest, 100));
      rig.close(1, ids);
      assertThat(rig.read("nic1", GVA, 100)).isEqualTo(-1);
      rig.rig.ok(ioasid(second, others, 100, 100));
    }
  }

  private static Operation.Builder ioasid(int pid, int fd, int min, int max) {
    return Operation.newBuilder()
        .setIoasidRequestAlloc(
            IoasidRequestAllocRequest.newBuilder()
                .setPid(pid)
                .setTargetFd(fd)
                .setRange(PasidRange.newBuilder().setMin(min).setMax(max)));
  }

  private static Operation.Builder free(int pid, int fd, int number) {
    return Operation.newBuilder()
        .setIoasidRequestFree(
            IoasidRequestFreeRequest.newBuilder().setPid(pid).setTargetFd(fd).setValue(number));
  }
}
