package io.virtrig.emulator.vmm;

import static io.virtrig.emulator.vmm.VmmRig.*;
import static io.virtrig.uapi.UnmergedSeries.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.EventKind;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.OpenRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.ProcessRequest;
import io.virtrig.v1.VmmCall;
import io.virtrig.v1.VmmViommu;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The tests that the series lists, from the guest's registers to the bytes a device reads. */
class VirtualSvaTest {
  private static final int DOMAIN = 3;

  private static List<Integer> operations(List<VmmCall> calls) {
    return calls.stream().map(VmmCall::getFlags).toList();
  }

  /** A guest with nic0 and a page table bound to a PASID that it has allocated. */
  private static int bound(VmmRig rig, int... devfns) {
    rig.driver(devfns);
    int pasid = rig.allocatePasid();
    rig.pasidEntry(pasid, DOMAIN, TOP_TABLE);
    List<VmmCall> calls = rig.invalidatePasid(DOMAIN, pasid);
    assertThat(calls).hasSize(devfns.length).allMatch(call -> call.getErrno().isEmpty());
    return pasid;
  }

  private static long sanitizerReports(VmmRig rig) {
    return rig.rig.host().events().after(0, 1000).stream()
        .filter(event -> event.getKind() == EventKind.EVENT_KIND_SANITIZER)
        .count();
  }

  /** Whether another process finds the host as if there had been no VM. */
  private static void assertNothingIsLeft(VmmRig rig, String device, String group) {
    int other = rig.rig.process(ProcessRequest.newBuilder());
    int fd =
        (int)
            rig.rig
                .ok(
                    Operation.newBuilder()
                        .setOpen(
                            OpenRequest.newBuilder().setPid(other).setPath("/dev/vfio/" + group)))
                .getOpen()
                .getRet();
    assertThat(fd).isEqualTo(3);
    rig.rig.exit(other);
    assertThat(rig.dma(device, GVA, 1)).isEqualTo(-1);
    int next = rig.rig.process(ProcessRequest.newBuilder());
    Operation.Builder again = qemu(modern(), device);
    again.getVmmStartBuilder().setPid(next);
    assertThat(rig.rig.ok(again).getVmmStart().getFd()).isPositive();
    rig.rig.exit(next);
    assertThat(rig.rig.usedFrames()).isZero();
  }

  @Test
  void basicFunctionOfAnEntirePciDevice() {
    try (VmmRig rig = new VmmRig(host("vsva-v6", nic(0))).started(qemu(modern(), "nic0"))) {
      int pasid = bound(rig, 0x10);
      assertThat(rig.dma("nic0", GVA, pasid)).isEqualTo(PAGE);
      rig.store(LEAF, OTHER_PAGE | 0x67);
      assertThat(operations(rig.flushPage(DOMAIN, pasid, GVA)))
          .containsExactly(VFIO_IOMMU_NESTING_OP_CACHE_INVLD);
      assertThat(rig.dma("nic0", GVA, pasid)).isEqualTo(OTHER_PAGE);
      assertThat(sanitizerReports(rig)).isZero();
    }
  }

  @Test
  void forgettingAnInvalidationGivesStaleBytesAndAReport() {
    try (VmmRig rig = new VmmRig(host("vsva-v6", nic(0))).started(qemu(modern(), "nic0"))) {
      int pasid = bound(rig, 0x10);
      assertThat(rig.dma("nic0", GVA, pasid)).isEqualTo(PAGE);
      rig.store(LEAF, OTHER_PAGE | 0x67);
      assertThat(rig.dma("nic0", GVA, pasid)).isEqualTo(PAGE);
      assertThat(sanitizerReports(rig)).isPositive();
    }
  }

  @Test
  void basicFunctionOfAnAssignableInterface() {
    DeviceSpec.Builder adi =
        DeviceSpec.newBuilder().setName("adi0").setKind("mdev").setParent("nic0").setGroup(9);
    try (VmmRig rig = new VmmRig(host("vsva-v6", nic(0), adi)).started(qemu(modern(), "adi0"))) {
      int pasid = bound(rig, 0x10);
      assertThat(rig.dma("nic0", GVA, pasid)).isEqualTo(PAGE);
    }
  }

  @Test
  void rebootUnbindsAndTheNextBootBindsAgain() {
    try (VmmRig rig = new VmmRig(host("vsva-v6", nic(0))).started(qemu(modern(), "nic0"))) {
      int pasid = bound(rig, 0x10);
      assertThat(rig.dma("nic0", GVA, pasid)).isEqualTo(PAGE);
      assertThat(operations(rig.rig.ok(rig.reset()).getVmmReset().getCallsList()))
          .containsExactly(VFIO_IOMMU_NESTING_OP_UNBIND_PGTBL);
      assertThat(rig.dma("nic0", GVA, pasid)).isEqualTo(-1);
      rig.queueStartsAgain();
      rig.clearPasidEntry(pasid);
      int second = bound(rig, 0x10);
      assertThat(second).as("nothing frees a PASID at a reset").isNotEqualTo(pasid);
      assertThat(rig.dma("nic0", GVA, second)).isEqualTo(PAGE);
    }
  }

  @Test
  void shutdownLeavesNothingBehind() {
    try (VmmRig rig = new VmmRig(host("vsva-v6", nic(0))).started(qemu(modern(), "nic0"))) {
      bound(rig, 0x10);
      rig.rig.ok(rig.stop());
      assertNothingIsLeft(rig, "nic0", "0");
    }
  }

  @Test
  void aCrashLeavesNothingBehind() {
    try (VmmRig rig = new VmmRig(host("vsva-v6", nic(0))).started(qemu(modern(), "nic0"))) {
      bound(rig, 0x10);
      rig.rig.exit(1);
      assertNothingIsLeft(rig, "nic0", "0");
    }
  }

  @Test
  void anAssertionOfTheVmmThatFailsIsACrash() {
    try (VmmRig rig = new VmmRig(host("vsva-v6", nic(0))).started(qemu(modern(), "nic0"))) {
      bound(rig, 0x10);
      var _ = rig.submit(0x35, 0x8000);
      assertThat(rig.rig.refusal(rig.reset()).getReason()).contains("no VMM");
      assertNothingIsLeft(rig, "nic0", "0");
    }
  }

  @Test
  void bootWithVirtualSvaDisabled() {
    for (String mode : new String[] {"off", "legacy"}) {
      VmmViommu.Builder viommu = VmmViommu.newBuilder().setCachingMode(true).setXScalableMode(mode);
      try (VmmRig rig = new VmmRig(host("vsva-v6", nic(0))).started(qemu(viommu, "nic0"))) {
        rig.store(PAGE, PAGE);
        rig.driver(0x10);
        rig.pasidEntry(1, DOMAIN, TOP_TABLE);
        assertThat(rig.write(0xe10, 8, 1)).isEmpty();
        assertThat(rig.read(0xe20, 8)).isZero();
        assertThat(rig.invalidateAllPasids()).isEmpty();
        assertThat(rig.dma("nic0", GVA, 1)).isEqualTo(-1);
      }
    }
  }

  @Test
  void theUnbindOfRfcV7SaysNoVersionAndTheHostIgnoresIt() {
    try (VmmRig rig =
        new VmmRig(host("vsva-v4", nic(0))).started(start("qemu-vsva-rfcv7", modern(), "nic0"))) {
      int pasid = bound(rig, 0x10);
      rig.clearPasidEntry(pasid);
      List<VmmCall> calls = rig.invalidatePasid(DOMAIN, pasid);
      assertThat(operations(calls)).containsExactly(VFIO_IOMMU_NESTING_OP_UNBIND_PGTBL);
      assertThat(calls.getFirst().getFormat()).isZero();
      assertThat(calls.getFirst().getErrno()).isEmpty();
      assertThat(rig.dma("nic0", GVA, pasid)).isEqualTo(PAGE);
    }
  }

  @Test
  void theDeviceAttachedLastIsAskedFirst() {
    try (VmmRig rig =
        new VmmRig(host("vsva-v6", nic(0), nic(1))).started(qemu(modern(), "nic0", "nic1"))) {
      rig.driver(0x10, 0x18);
      assertThat(rig.write(VCMD, 8, 1)).extracting(VmmCall::getVia).containsExactly("nic1");
      rig.pasidEntry(1, DOMAIN, TOP_TABLE);
      assertThat(rig.invalidateAllPasids())
          .extracting(VmmCall::getVia)
          .containsExactly("nic1", "nic0");
      assertThat(rig.dma("nic0", GVA, 1)).isEqualTo(PAGE);
      assertThat(rig.dma("nic1", GVA, 1)).isEqualTo(PAGE);
    }
  }

  @Test
  void unpluggingMakesNoCallAndAPluggedDeviceIsFoundByTheNextInvalidation() {
    HostSpec.Builder same = host("vsva-v6", nic(0), nic(1));
    same.getIommuBuilder().setEcapReg(0x19884000000L);
    try (VmmRig rig = new VmmRig(same).started(qemu(modern(), "nic0"))) {
      int pasid = bound(rig, 0x10);
      rig.store(CONTEXT + 0x18 * 32L, DIRECTORY | 9, 0, 0, 0);
      assertThat(rig.rig.ok(rig.deviceAdd("nic1", "00:03.0")).getVmmDeviceAdd().getCallsList())
          .isEmpty();
      assertThat(rig.invalidateAllPasids()).extracting(VmmCall::getVia).containsExactly("nic1");
      assertThat(rig.dma("nic1", GVA, pasid)).isEqualTo(PAGE);
      assertThat(rig.rig.ok(rig.deviceDel("nic1")).getVmmDeviceDel().getCallsList()).isEmpty();
      assertThat(rig.rig.errno(rig.deviceDel("nic1"))).isEqualTo("ENODEV");
      rig.clearPasidEntry(pasid);
      assertThat(rig.invalidateAllPasids()).extracting(VmmCall::getVia).containsExactly("nic0");
      assertThat(rig.dma("nic1", GVA, pasid)).isEqualTo(-1);
    }
  }

  @Test
  void aHostThatCanDoMoreThanTheUnitIsGoodEnoughUntilTheMachineIsDone() {
    try (VmmRig rig = new VmmRig(host("vsva-v6", nic(0), nic(1))).started(qemu(modern(), "nic0"))) {
      assertThat(rig.rig.errno(rig.deviceAdd("nic1", "00:03.0"))).isEqualTo("ENOENT");
      assertThat(rig.rig.open("/dev/vfio/1")).isPositive();
    }
  }

  @Test
  void anEntryThatTheHostRefusesStaysCached() {
    try (VmmRig rig = new VmmRig(host("vsva-v6", nic(0))).started(qemu(modern(), "nic0"))) {
      rig.driver(0x10);
      rig.pasidEntry(7, DOMAIN, TOP_TABLE);
      assertThat(rig.invalidatePasid(DOMAIN, 7).getFirst().getErrno()).isEqualTo("ENOENT");
      assertThat(rig.invalidatePasid(DOMAIN, 7)).isEmpty();
    }
  }

  @Test
  void anEntryOfAnotherDomainIsUnboundWithoutHavingBeenBound() {
    try (VmmRig rig = new VmmRig(host("vsva-v6", nic(0))).started(qemu(modern(), "nic0"))) {
      rig.driver(0x10);
      rig.pasidEntry(7, DOMAIN, TOP_TABLE);
      assertThat(rig.submit(0x07L | 5L << 16, 0)).isEmpty();
      rig.clearPasidEntry(7);
      assertThat(operations(rig.invalidateAllPasids()))
          .containsExactly(VFIO_IOMMU_NESTING_OP_UNBIND_PGTBL);
    }
  }

  @Test
  void aDeviceThatIsRefusedLeavesNothingOpen() {
    try (VmmRig rig = new VmmRig(host("mainline", nic(0)))) {
      assertThat(rig.rig.errno(qemu(modern(), "nic0"))).isEqualTo("EINVAL");
      assertThat(rig.rig.usedFrames()).isZero();
      assertThat(rig.rig.open("/dev/vfio/0")).isEqualTo(3);
    }
    VmmViommu.Builder blind = VmmViommu.newBuilder().setXScalableMode("modern");
    try (VmmRig rig = new VmmRig(host("vsva-v6", nic(0)))) {
      assertThat(rig.rig.errno(qemu(blind, "nic0"))).isEqualTo("EINVAL");
      assertThat(rig.rig.open("/dev/vfio/0")).isEqualTo(3);
    }
  }

  @Test
  void theModeIsLookedAtBeforeTheWidth() {
    try (VmmRig rig = new VmmRig(host("vsva-v6", nic(0)))) {
      VmmViommu.Builder both = VmmViommu.newBuilder().setXScalableMode("on").setAwBits(40);
      assertThat(rig.rig.apply(qemu(both)).getErrno().getCheck()).contains("x-scalable-mode");
      assertThat(rig.rig.errno(qemu(VmmViommu.newBuilder().setAwBits(40)))).isEqualTo("EINVAL");
    }
  }
}
