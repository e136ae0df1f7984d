package io.virtrig.emulator.kernel.vfio;

import static io.virtrig.emulator.kernel.vfio.NestingRig.*;
import static io.virtrig.uapi.UnmergedSeries.VFIO_IOMMU_FLAG_ALLOC_PASID;
import static io.virtrig.uapi.UnmergedSeries.VFIO_IOMMU_FLAG_FREE_PASID;
import static io.virtrig.uapi.Vfio.VFIO_TYPE1_NESTING_IOMMU;
import static io.virtrig.uapi.Vfio.VFIO_TYPE1v2_IOMMU;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.emulator.kernel.vfio.NestingRig.Guest;
import io.virtrig.v1.HwDmaReadRequest;
import io.virtrig.v1.HwPageRequestRequest;
import io.virtrig.v1.IoasidRequestAllocRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.PasidRange;
import org.junit.jupiter.api.Test;

/** Mediated devices on auxiliary domains of their parent. */
class AuxDomainTest {

  @Test
  void partsOfOneFunctionReachTheirOwnProcesssMemory() {
    try (NestingRig rig = new NestingRig(host("vsva-v7", nic(0), adi(0, "nic0"), adi(1, "nic0")))) {
      Guest first = rig.guest(1, 10, VFIO_TYPE1v2_IOMMU);
      Guest second = rig.guest(rig.process(), 11, VFIO_TYPE1v2_IOMMU);
      rig.store(first, PAGE, 1);
      rig.store(second, PAGE, 2);
      assertThat(rig.read("adi0", PAGE)).isEqualTo(1);
      assertThat(rig.read("adi1", PAGE)).isEqualTo(2);
      // The kernel's own numbers, from 1 up; the function itself has no domain.
      assertThat(rig.read("nic0", PAGE, 1)).isEqualTo(1);
      assertThat(rig.read("nic0", PAGE, 2)).isEqualTo(2);
      assertThat(rig.read("nic0", PAGE)).isEqualTo(-1);
      rig.close(1, first.group());
      assertThat(rig.read("adi0", PAGE)).isEqualTo(-1);
      assertThat(rig.read("adi1", PAGE)).isEqualTo(2);
    }
  }

  @Test
  void twoPartsInOneContainerShareADomainAndItsPasid() {
    try (NestingRig rig = new NestingRig(host("vsva-v7", nic(0), adi(0, "nic0"), adi(1, "nic0")))) {
      Guest guest = rig.guest(1, 10, VFIO_TYPE1v2_IOMMU);
      int group = rig.open(1, "/dev/vfio/11");
      rig.rig.ok(setContainer(1, group, guest.container()));
      assertThat(rig.read("adi0", PAGE)).isEqualTo(PAGE);
      assertThat(rig.read("adi1", PAGE)).isEqualTo(PAGE);
      assertThat(rig.read("nic0", PAGE, 2)).isEqualTo(-1);
      rig.close(1, guest.group());
      assertThat(rig.read("adi0", PAGE)).isEqualTo(-1);
      assertThat(rig.read("adi1", PAGE)).isEqualTo(PAGE);
    }
  }

  @Test
  void aKernelsNumberIsNobodysToAllocateOrBind() {
    try (NestingRig rig = new NestingRig(host("vsva-v7", nic(0), adi(0, "nic0")))) {
      Guest guest = rig.guest(1, 10);
      assertThat(
              rig.rig
                  .ok(pasid(guest, VFIO_IOMMU_FLAG_ALLOC_PASID, 1, 100))
                  .getVfioIommuPasidRequest()
                  .getRet())
          .isEqualTo(2);
      assertThat(rig.rig.errno(bind(guest, 1))).isEqualTo("EACCES");
      rig.rig.ok(pasid(guest, VFIO_IOMMU_FLAG_FREE_PASID, 0, -1 >>> 1));
      assertThat(rig.read("adi0", PAGE)).isEqualTo(PAGE);
    }
    try (NestingRig rig = new NestingRig(host("vsva-v8", nic(0), adi(0, "nic0")))) {
      assertThat(rig.rig.errno(bind(rig.guest(1, 10), 1))).isEqualTo("EINVAL");
    }
  }

  @Test
  void aSecondBindThroughAnotherPartCountsAndTheFirstTableStays() {
    try (NestingRig rig = new NestingRig(host("vsva-v7", nic(0), adi(0, "nic0"), adi(1, "nic0")))) {
      Guest first = rig.guest(1, 10);
      Guest second = rig.guest(1, 11);
      rig.store(first, PAGE, 1);
      rig.store(second, PAGE, 2);
      rig.allocate(first, 100);
      rig.rig.ok(bind(first, 100));
      rig.rig.ok(bind(second, 100));
      assertThat(rig.read("nic0", GVA, 100)).isEqualTo(1);
      assertThat(rig.read("adi1", GVA, 100)).isEqualTo(1);
      rig.rig.ok(unbind(second, 100));
      assertThat(rig.read("nic0", GVA, 100)).isEqualTo(1);
      rig.rig.ok(unbind(first, 100));
      assertThat(rig.read("nic0", GVA, 100)).isEqualTo(-1);
      // Counted bindings go with the number, however many there are.
      rig.rig.ok(bind(second, 100));
      rig.rig.ok(bind(first, 100));
      assertThat(rig.read("nic0", GVA, 100)).isEqualTo(2);
      rig.free(first, 100);
      assertThat(rig.read("nic0", GVA, 100)).isEqualTo(-1);
    }
  }

  @Test
  void inV8ASecondBindIsBusy() {
    try (NestingRig rig = new NestingRig(host("vsva-v8", nic(0), adi(0, "nic0")))) {
      Guest guest = rig.guest(1, 10);
      int ids = rig.open(1, "/dev/ioasid");
      Operation.Builder allocate =
          Operation.newBuilder()
              .setIoasidRequestAlloc(
                  IoasidRequestAllocRequest.newBuilder()
                      .setTargetFd(ids)
                      .setRange(PasidRange.newBuilder().setMin(100).setMax(100)));
      rig.rig.ok(allocate);
      rig.rig.ok(bind(guest, 100));
      assertThat(rig.rig.errno(bind(guest, 100))).isEqualTo("EBUSY");
    }
  }

  @Test
  void withoutAnIommuOfItsOwnAPartNestsButHasNothingOfIt() {
    try (NestingRig rig =
        new NestingRig(host("vsva-v7", nic(0), adi(0, "nic0").setIommuBacked(false)))) {
      Guest guest = rig.guest(1, 10);
      assertThat(rig.rig.errno(pasid(guest, VFIO_IOMMU_FLAG_ALLOC_PASID, 1, 1)))
          .isEqualTo("EOPNOTSUPP");
      assertThat(rig.rig.errno(bind(guest, 100))).isEqualTo("EOPNOTSUPP");
      // It still fills the container, and nothing of its memory is pinned.
      int container = guest.container();
      int other = rig.open(1, "/dev/vfio/0");
      assertThat(rig.rig.errno(setContainer(1, other, container))).isEqualTo("EINVAL");
      long used = rig.rig.usedFrames();
      rig.rig.munmap(guest.memory(), MEMORY);
      assertThat(rig.rig.usedFrames()).isLessThan(used);
    }
  }

  @Test
  void aGroupWithAndWithoutIommuIsTreatedAsOneWithout() {
    try (NestingRig rig =
        new NestingRig(
            host(
                "vsva-v7",
                nic(0),
                adi(0, "nic0"),
                adi(1, "nic0").setGroup(10).setIommuBacked(false)))) {
      Guest guest = rig.guest(1, 10);
      assertThat(rig.rig.errno(bind(guest, 100))).isEqualTo("EOPNOTSUPP");
      assertThat(rig.read("adi0", PAGE)).isEqualTo(-1);
    }
  }

  @Test
  void aGroupOfFunctionsAndPartsCannotBeAttached() {
    try (NestingRig rig = new NestingRig(host("vsva-v7", nic(0), adi(0, "nic0").setGroup(0)))) {
      int container = rig.open(1, "/dev/vfio/vfio");
      int group = rig.open(1, "/dev/vfio/0");
      rig.rig.ok(setContainer(1, group, container));
      assertThat(rig.rig.errno(setIommu(1, container, VFIO_TYPE1_NESTING_IOMMU)))
          .isEqualTo("EINVAL");
    }
  }

  @Test
  void whatWasMappedBeforeAnIommuCameIsPinnedThen() {
    try (NestingRig rig =
        new NestingRig(host("vsva-v7", nic(0), nic(1), adi(0, "nic0").setIommuBacked(false)))) {
      Guest guest = rig.guest(1, 10, VFIO_TYPE1v2_IOMMU);
      int group = rig.open(1, "/dev/vfio/1");
      rig.rig.ok(setContainer(1, group, guest.container()));
      assertThat(rig.read("nic1", PAGE)).isEqualTo(PAGE);
      rig.close(1, group);
      assertThat(rig.read("nic1", PAGE)).isEqualTo(-1);
      long used = rig.rig.usedFrames();
      rig.rig.munmap(guest.memory(), MEMORY);
      assertThat(rig.rig.usedFrames()).isLessThan(used);
    }
  }

  @Test
  void aPageRequestForAGuestsPasidIsInvalid() {
    try (NestingRig rig = new NestingRig(host("vsva-v7", nic(0).setPri(true)))) {
      Guest guest = rig.guest(1, 0);
      rig.allocate(guest, 100);
      rig.rig.ok(bind(guest, 100));
      Operation.Builder request =
          Operation.newBuilder()
              .setHwPageRequest(
                  HwPageRequestRequest.newBuilder().setDevice("nic0").setIova(GVA).setPasid(100));
      assertThat(rig.rig.errno(request)).isEqualTo("EFAULT");
      assertThat(rig.rig.apply(request).getHwPageRequest().getCode()).isEqualTo(1);
      assertThat(
              rig.read(HwDmaReadRequest.newBuilder().setDevice("nic0").setIova(GVA).setPasid(100)))
          .isEqualTo(PAGE);
    }
  }
}
