package io.virtrig.emulator.kernel.vfio;

import static io.virtrig.emulator.kernel.vfio.NestingRig.*;
import static io.virtrig.uapi.NestingSeries.*;
import static io.virtrig.uapi.Vfio.*;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.virtrig.emulator.kernel.vfio.NestingRig.Guest;
import io.virtrig.v1.HwDmaReadRequest;
import io.virtrig.v1.HwRaiseIrqRequest;
import io.virtrig.v1.IommuPasidSmmuv3;
import io.virtrig.v1.IommuPasidTableConfig;
import io.virtrig.v1.IommuSpec;
import io.virtrig.v1.Operation;
import io.virtrig.v1.PreadRequest;
import io.virtrig.v1.PwriteRequest;
import io.virtrig.v1.VfioDeviceSetIrqsRequest;
import io.virtrig.v1.VfioGroupGetDeviceFdRequest;
import io.virtrig.v1.VfioIommuAttachPasidTableRequest;
import io.virtrig.v1.VfioIommuBindMsiRequest;
import io.virtrig.v1.VfioIommuDetachPasidTableRequest;
import io.virtrig.v1.VfioIommuUnbindMsiRequest;
import org.junit.jupiter.api.Test;

/** The nested SMMU series where no shared case looks. */
class Stage1Test {
  private static final long PRODUCER = 9L << 40;
  private static final long CONSUMER = 10L << 40;
  private static final long DOORBELL = GVA + 0x1000;
  private static final long VIRTUAL_DOORBELL = 0x9000000;

  private static Operation.Builder attach(Guest guest, int config) {
    return Operation.newBuilder()
        .setVfioIommuAttachPasidTable(
            VfioIommuAttachPasidTableRequest.newBuilder()
                .setTargetFd(guest.container())
                .setConfig(
                    IommuPasidTableConfig.newBuilder()
                        .setVersion(1)
                        .setFormat(1)
                        .setBasePtr(TOP_TABLE)
                        .setConfig(config)
                        .setSmmuv3(IommuPasidSmmuv3.newBuilder().setVersion(1))));
  }

  private static Operation.Builder detach(Guest guest) {
    return Operation.newBuilder()
        .setVfioIommuDetachPasidTable(
            VfioIommuDetachPasidTableRequest.newBuilder().setTargetFd(guest.container()));
  }

  private static Operation.Builder bindMsi(Guest guest, long iova, long gpa, long size) {
    return Operation.newBuilder()
        .setVfioIommuBindMsi(
            VfioIommuBindMsiRequest.newBuilder()
                .setTargetFd(guest.container())
                .setIova(iova)
                .setGpa(gpa)
                .setSize(size));
  }

  private static int device(NestingRig rig, Guest guest, String name) {
    return (int)
        rig.rig
            .ok(
                Operation.newBuilder()
                    .setVfioGroupGetDeviceFd(
                        VfioGroupGetDeviceFdRequest.newBuilder()
                            .setTargetFd(guest.group())
                            .setName(name)))
            .getVfioGroupGetDeviceFd()
            .getRet();
  }

  private static int irq(NestingRig rig, int device, int index) {
    int eventfd = rig.rig.eventfd(0);
    rig.rig.ok(
        Operation.newBuilder()
            .setVfioDeviceSetIrqs(
                VfioDeviceSetIrqsRequest.newBuilder()
                    .setTargetFd(device)
                    .setFlags(VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER)
                    .setIndex(index)
                    .setCount(1)
                    .addData(eventfd)));
    return eventfd;
  }

  private static Operation.Builder consumer(int device, int version, int cons) {
    byte[] bytes = {(byte) version, 0, 0, 0, (byte) cons, 0, 0, 0};
    return Operation.newBuilder()
        .setPwrite(
            PwriteRequest.newBuilder()
                .setTargetFd(device)
                .setOffset(CONSUMER)
                .setBytes(ByteString.copyFrom(bytes)));
  }

  private static int prod(NestingRig rig, int device) {
    return rig.rig
        .ok(
            Operation.newBuilder()
                .setPread(
                    PreadRequest.newBuilder()
                        .setTargetFd(device)
                        .setOffset(PRODUCER + 16)
                        .setLength(4)))
        .getPread()
        .getBytes()
        .byteAt(0);
  }

  @Test
  void theQueueTakesEightyFourRecordsAndDropsTheRestWithoutASignal() {
    try (NestingRig rig = new NestingRig(host("smmu-nested-v7", nic(1)))) {
      Guest guest = rig.guest(1, 1);
      int device = device(rig, guest, "nic1");
      int eventfd = irq(rig, device, VFIO_PCI_DMA_FAULT_IRQ_INDEX);
      rig.rig.ok(attach(guest, IOMMU_PASID_CONFIG_TRANSLATE));
      rig.rig.ok(consumer(device, 1, 0));
      for (int i = 0; i < 100; i++) {
        assertThat(rig.read("nic1", 0)).isEqualTo(-1);
      }
      assertThat(prod(rig, device)).isEqualTo(84);
      assertThat(rig.rig.read(eventfd)).isEqualTo(84);
      assertThat(rig.rig.host().events().after(0, 1000))
          .anyMatch(event -> event.getDetail().startsWith("recorded: reason 5"))
          .anyMatch(event -> event.getDetail().startsWith("dropped"));
      // cons 85 is no slot; 84 makes room, and prod goes round.
      assertThat(rig.rig.errno(consumer(device, 1, 85))).isEqualTo("EINVAL");
      rig.rig.ok(consumer(device, 1, 84));
      rig.read("nic1", 0);
      assertThat(prod(rig, device)).isZero();
    }
  }

  @Test
  void theAbiAndTheQueueOutliveTheDevicesFilesAndTheHandlerDoesNot() {
    try (NestingRig rig = new NestingRig(host("smmu-nested-v7", nic(1)))) {
      Guest guest = rig.guest(1, 1);
      int device = device(rig, guest, "nic1");
      rig.rig.ok(attach(guest, IOMMU_PASID_CONFIG_TRANSLATE));
      assertThat(rig.rig.errno(consumer(device, 0, 0))).isEqualTo("EINVAL");
      rig.rig.ok(consumer(device, 1, 77));
      rig.rig.ok(consumer(device, 1, 0));
      rig.read("nic1", 0);
      assertThat(prod(rig, device)).isEqualTo(1);
      rig.rig.close(device);
      rig.read("nic1", 0);
      int again = device(rig, guest, "nic1");
      assertThat(prod(rig, again)).isEqualTo(1);
      assertThat(rig.rig.errno(consumer(again, 2, 0))).isEqualTo("EINVAL");
      // Closing the container while the device is open keeps the handler.
      rig.rig.close(guest.container());
      rig.read("nic1", 0);
      assertThat(prod(rig, again)).isEqualTo(2);
    }
  }

  @Test
  void aMessageIsLostOnceAnyStageNoLongerLeadsToTheDoorbell() {
    try (NestingRig rig = new NestingRig(host("smmu-nested-v7", nic(1)))) {
      Guest guest = rig.guest(1, 1);
      rig.store(guest, STAGE1_LEAF + 8, VIRTUAL_DOORBELL | 0x40000000000f43L);
      rig.rig.ok(attach(guest, IOMMU_PASID_CONFIG_TRANSLATE));
      rig.rig.ok(bindMsi(guest, DOORBELL, VIRTUAL_DOORBELL, 0x1000));
      int device = device(rig, guest, "nic1");
      int eventfd = irq(rig, device, VFIO_PCI_MSI_IRQ_INDEX);
      raise(rig);
      assertThat(rig.rig.read(eventfd)).isEqualTo(1);
      rig.rig.ok(detach(guest));
      raise(rig);
      assertThat(rig.rig.read(eventfd)).isZero();
      rig.rig.ok(attach(guest, IOMMU_PASID_CONFIG_TRANSLATE));
      raise(rig);
      assertThat(rig.rig.read(eventfd)).isEqualTo(1);
      rig.rig.ok(
          Operation.newBuilder()
              .setVfioIommuUnbindMsi(
                  VfioIommuUnbindMsiRequest.newBuilder()
                      .setTargetFd(guest.container())
                      .setIova(DOORBELL + 0x40)));
      raise(rig);
      assertThat(rig.rig.read(eventfd)).isZero();
    }
  }

  private static void raise(NestingRig rig) {
    rig.rig.ok(
        Operation.newBuilder()
            .setHwRaiseIrq(
                HwRaiseIrqRequest.newBuilder().setDevice("nic1").setIndex(VFIO_PCI_MSI_IRQ_INDEX)));
  }

  @Test
  void withoutABindingMessagesArePoisonedUntilTheyAreSetUpAnew() {
    try (NestingRig rig = new NestingRig(host("smmu-nested-v7", nic(1)))) {
      Guest guest = rig.guest(1, 1);
      rig.store(guest, STAGE1_LEAF + 8, VIRTUAL_DOORBELL | 0x40000000000f43L);
      rig.rig.ok(attach(guest, IOMMU_PASID_CONFIG_TRANSLATE));
      int device = device(rig, guest, "nic1");
      int eventfd = irq(rig, device, VFIO_PCI_MSI_IRQ_INDEX);
      rig.rig.ok(bindMsi(guest, DOORBELL, VIRTUAL_DOORBELL, 0x1000));
      raise(rig);
      assertThat(rig.rig.read(eventfd)).isZero();
      rig.rig.ok(
          Operation.newBuilder()
              .setVfioDeviceSetIrqs(
                  VfioDeviceSetIrqsRequest.newBuilder()
                      .setTargetFd(device)
                      .setFlags(VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER)
                      .setIndex(VFIO_PCI_MSI_IRQ_INDEX)));
      int anew = irq(rig, device, VFIO_PCI_MSI_IRQ_INDEX);
      raise(rig);
      assertThat(rig.rig.read(anew)).isEqualTo(1);
    }
  }

  @Test
  void aDoorbellAndAMappingCannotLieAtOneAddress() {
    try (NestingRig rig = new NestingRig(host("smmu-nested-v7", nic(1)))) {
      Guest guest = rig.guest(1, 1);
      rig.rig.ok(bindMsi(guest, DOORBELL, VIRTUAL_DOORBELL, 0x1000));
      irq(rig, device(rig, guest, "nic1"), VFIO_PCI_MSI_IRQ_INDEX);
      long more = rig.mmap(1);
      long used = rig.rig.usedFrames();
      assertThat(rig.rig.errno(map(1, guest.container(), VIRTUAL_DOORBELL, more, 0x1000)))
          .isEqualTo("EEXIST");
      rig.rig.munmap(more, MEMORY);
      assertThat(rig.rig.usedFrames()).isEqualTo(used - MEMORY / 0x1000);
    }
  }

  @Test
  void groupsWithDifferentDoorbellsGetDomainsOfTheirOwn() {
    try (NestingRig rig =
        new NestingRig(host("smmu-nested-v7", nic(1), nic(2).setMsiDoorbell("its1")))) {
      Guest guest = rig.guest(1, 1);
      rig.rig.ok(attach(guest, IOMMU_PASID_CONFIG_TRANSLATE));
      int second = rig.open(1, "/dev/vfio/2");
      rig.rig.ok(setContainer(1, second, guest.container()));
      // The mappings are replayed there, the table is not.
      assertThat(rig.read("nic1", GVA)).isEqualTo(STAGE1_PAGE);
      assertThat(rig.read("nic2", STAGE1_PAGE)).isEqualTo(STAGE1_PAGE);
      assertThat(rig.read("nic2", GVA)).isEqualTo(-1);
      rig.rig.ok(attach(guest, IOMMU_PASID_CONFIG_TRANSLATE));
      assertThat(rig.read("nic2", GVA)).isEqualTo(STAGE1_PAGE);
      rig.rig.ok(detach(guest));
      assertThat(rig.read("nic1", GVA)).isEqualTo(-1);
      assertThat(rig.read("nic2", GVA)).isEqualTo(-1);
    }
  }

  @Test
  void aFunctionThatJoinsBeginsWithStage1Bypassed() {
    try (NestingRig rig = new NestingRig(host("smmu-nested-v7", nic(1), nic(2)))) {
      Guest guest = rig.guest(1, 1);
      rig.rig.ok(attach(guest, IOMMU_PASID_CONFIG_ABORT));
      int second = rig.open(1, "/dev/vfio/2");
      rig.rig.ok(setContainer(1, second, guest.container()));
      assertThat(rig.read("nic1", STAGE1_PAGE)).isEqualTo(-1);
      assertThat(rig.read("nic2", STAGE1_PAGE)).isEqualTo(STAGE1_PAGE);
      rig.rig.close(guest.group());
      int again = rig.open(1, "/dev/vfio/1");
      rig.rig.ok(setContainer(1, again, guest.container()));
      assertThat(rig.read("nic1", STAGE1_PAGE)).isEqualTo(STAGE1_PAGE);
    }
  }

  @Test
  void withoutBothStagesThereIsNothingToAttachTo() {
    try (NestingRig rig =
        new NestingRig(
            host("smmu-nested-v7", nic(1)).setIommu(IommuSpec.newBuilder().setNesting(false)))) {
      Guest guest = rig.guest(1, 1);
      assertThat(rig.read("nic1", STAGE1_PAGE)).isEqualTo(STAGE1_PAGE);
      assertThat(rig.rig.errno(attach(guest, IOMMU_PASID_CONFIG_TRANSLATE))).isEqualTo("EINVAL");
      assertThat(rig.rig.errno(bindMsi(guest, 0, 0, 0x1000))).isEqualTo("EINVAL");
      rig.rig.ok(detach(guest));
      assertThat(rig.read("nic1", STAGE1_PAGE)).isEqualTo(STAGE1_PAGE);
    }
  }

  @Test
  void aSubstreamThatTheGuestHasNoneOfIsReportedWithItsPasid() {
    try (NestingRig rig = new NestingRig(host("smmu-nested-v7", nic(1)))) {
      Guest guest = rig.guest(1, 1);
      int device = device(rig, guest, "nic1");
      rig.rig.ok(attach(guest, IOMMU_PASID_CONFIG_TRANSLATE));
      rig.rig.ok(consumer(device, 1, 0));
      assertThat(rig.read(HwDmaReadRequest.newBuilder().setDevice("nic1").setIova(GVA).setPasid(5)))
          .isEqualTo(-1);
      ByteString record =
          rig.rig
              .ok(
                  Operation.newBuilder()
                      .setPread(
                          PreadRequest.newBuilder()
                              .setTargetFd(device)
                              .setOffset(PRODUCER + 0x1000)
                              .setLength(48)))
              .getPread()
              .getBytes();
      assertThat(record.byteAt(0)).isEqualTo((byte) IOMMU_FAULT_DMA_UNRECOV);
      assertThat(record.byteAt(8)).isEqualTo((byte) IOMMU_FAULT_REASON_PASID_INVALID);
      assertThat(record.byteAt(12)).isEqualTo((byte) IOMMU_FAULT_UNRECOV_PASID_VALID);
      assertThat(record.byteAt(16)).isEqualTo((byte) 5);
    }
  }
}
