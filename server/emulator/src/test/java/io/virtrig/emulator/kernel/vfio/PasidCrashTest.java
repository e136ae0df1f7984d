package io.virtrig.emulator.kernel.vfio;

import static io.virtrig.emulator.kernel.vfio.NestingRig.*;
import static io.virtrig.uapi.NestingSeries.IOMMU_PASID_CONFIG_TRANSLATE;
import static io.virtrig.uapi.UnmergedSeries.VFIO_IOMMU_FLAG_ALLOC_PASID;
import static io.virtrig.uapi.Vfio.VFIO_TYPE1_NESTING_IOMMU;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.emulator.Host;
import io.virtrig.emulator.Rig;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.HwDmaReadRequest;
import io.virtrig.v1.IoasidRequestAllocRequest;
import io.virtrig.v1.IommuPasidSmmuv3;
import io.virtrig.v1.IommuPasidTableConfig;
import io.virtrig.v1.MmapRequest;
import io.virtrig.v1.OpenRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.PasidRange;
import io.virtrig.v1.StateNode;
import io.virtrig.v1.VfioDeviceSetIrqsRequest;
import io.virtrig.v1.VfioGroupGetDeviceFdRequest;
import io.virtrig.v1.VfioIommuAttachPasidTableRequest;
import io.virtrig.v1.VfioIommuBindMsiRequest;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A process that dies after any step of the flow leaves nothing behind. */
class PasidCrashTest {
  private static final int PID = 2;
  private static final int CONTAINER = 3;
  private static final int GROUP = 4;
  private static final int NEXT = 5;

  /** The steps up to memory; descriptors and addresses are those that a new process gets. */
  private static List<Operation.Builder> upToMemory(int group) {
    List<Operation.Builder> steps = new ArrayList<>();
    steps.add(open("/dev/vfio/vfio"));
    steps.add(open("/dev/vfio/" + group));
    steps.add(setContainer(PID, GROUP, CONTAINER));
    steps.add(setIommu(PID, CONTAINER, VFIO_TYPE1_NESTING_IOMMU));
    steps.add(
        Operation.newBuilder().setMmap(MmapRequest.newBuilder().setPid(PID).setLength(MEMORY)));
    steps.add(map(PID, CONTAINER, 0, memory(), MEMORY));
    return steps;
  }

  /** Where the first mapping of a process lies. */
  private static long memory() {
    try (Rig rig = new Rig()) {
      return rig.mmap(MEMORY);
    }
  }

  private static Operation.Builder open(String path) {
    return Operation.newBuilder().setOpen(OpenRequest.newBuilder().setPid(PID).setPath(path));
  }

  private static Operation.Builder dma(String device, int pasid) {
    HwDmaReadRequest.Builder read =
        HwDmaReadRequest.newBuilder().setDevice(device).setIova(GVA).setLength(4).setAts(true);
    return Operation.newBuilder().setHwDmaRead(pasid == 0 ? read : read.setPasid(pasid));
  }

  private static void sweep(HostSpec.Builder spec, List<Operation.Builder> steps) {
    StateNode fresh = new Host(spec.build()).describe();
    for (int last = 0; last <= steps.size(); last++) {
      try (NestingRig rig = new NestingRig(spec)) {
        assertThat(rig.process()).isEqualTo(PID);
        NestingRig.Guest guest = new NestingRig.Guest(PID, CONTAINER, GROUP, memory());
        for (Operation.Builder step : steps.subList(0, last)) {
          if (step.hasHwDmaRead()) {
            rig.rig.apply(step);
          } else {
            rig.rig.ok(step);
          }
          if (step.hasMmap()) {
            rig.tables(guest);
          }
        }
        rig.rig.exit(PID);
        StateNode after = rig.rig.host().describe();
        assertThat(rig.rig.usedFrames()).as("after %s steps", last).isZero();
        assertThat(Rig.child(after, "iommu_core"))
            .as("after %s steps", last)
            .isEqualTo(Rig.child(fresh, "iommu_core"));
        assertThat(Rig.child(Rig.child(after, "machine"), "iommu"))
            .as("after %s steps", last)
            .isEqualTo(Rig.child(Rig.child(fresh, "machine"), "iommu"));
        assertThat(after.toString()).doesNotContain("\"mm\"", "\"domain\"", "message_address");
      }
    }
  }

  @Test
  void containerPasids() {
    List<Operation.Builder> steps = upToMemory(1);
    NestingRig.Guest guest = new NestingRig.Guest(PID, CONTAINER, GROUP, 0);
    steps.add(pasid(guest, VFIO_IOMMU_FLAG_ALLOC_PASID, 100, 100));
    steps.add(bind(guest, 100));
    steps.add(dma("nic1", 100));
    steps.add(pasid(guest, VFIO_IOMMU_FLAG_ALLOC_PASID, 7, 9));
    steps.add(bind(guest, 7));
    steps.add(dma("nic1", 7));
    steps.add(invalidate(guest, 100));
    steps.add(unbind(guest, 100));
    for (String uapi : List.of("vsva-v4", "vsva-v6", "vsva-v7")) {
      sweep(host(uapi, nic(1)), steps);
    }
  }

  @Test
  void numbersOfTheIoasidFile() {
    List<Operation.Builder> steps = upToMemory(1);
    NestingRig.Guest guest = new NestingRig.Guest(PID, CONTAINER, GROUP, 0);
    steps.add(open("/dev/ioasid"));
    steps.add(
        Operation.newBuilder()
            .setIoasidRequestAlloc(
                IoasidRequestAllocRequest.newBuilder()
                    .setPid(PID)
                    .setTargetFd(NEXT)
                    .setRange(PasidRange.newBuilder().setMin(100).setMax(200))));
    steps.add(bind(guest, 100));
    steps.add(dma("nic1", 100));
    steps.add(unbind(guest, 100));
    sweep(host("vsva-v8", nic(1)), steps);
  }

  @Test
  void partsOfAFunction() {
    List<Operation.Builder> steps = upToMemory(10);
    NestingRig.Guest guest = new NestingRig.Guest(PID, CONTAINER, GROUP, 0);
    steps.add(pasid(guest, VFIO_IOMMU_FLAG_ALLOC_PASID, 100, 100));
    steps.add(bind(guest, 100));
    steps.add(bind(guest, 100));
    steps.add(dma("adi0", 100));
    steps.add(dma("adi0", 0));
    sweep(host("vsva-v7", nic(0), adi(0, "nic0")), steps);
  }

  @Test
  void theGuestsStage1() {
    List<Operation.Builder> steps = upToMemory(1);
    steps.add(
        Operation.newBuilder()
            .setVfioIommuAttachPasidTable(
                VfioIommuAttachPasidTableRequest.newBuilder()
                    .setPid(PID)
                    .setTargetFd(CONTAINER)
                    .setConfig(
                        IommuPasidTableConfig.newBuilder()
                            .setVersion(1)
                            .setFormat(1)
                            .setBasePtr(0x1000)
                            .setConfig(IOMMU_PASID_CONFIG_TRANSLATE)
                            .setSmmuv3(IommuPasidSmmuv3.newBuilder().setVersion(1)))));
    steps.add(
        Operation.newBuilder()
            .setVfioIommuBindMsi(
                VfioIommuBindMsiRequest.newBuilder()
                    .setPid(PID)
                    .setTargetFd(CONTAINER)
                    .setIova(0x8000000)
                    .setGpa(0x9000000)
                    .setSize(4096)));
    steps.add(
        Operation.newBuilder()
            .setVfioGroupGetDeviceFd(
                VfioGroupGetDeviceFdRequest.newBuilder()
                    .setPid(PID)
                    .setTargetFd(GROUP)
                    .setName("nic1")));
    steps.add(
        Operation.newBuilder()
            .setVfioDeviceSetIrqs(
                VfioDeviceSetIrqsRequest.newBuilder()
                    .setPid(PID)
                    .setTargetFd(NEXT)
                    .setFlags(0x24)
                    .setIndex(1)
                    .setCount(1)
                    .addData(-1)));
    steps.add(dma("nic1", 0));
    sweep(host("smmu-nested-v7", nic(1)), steps);
  }
}
