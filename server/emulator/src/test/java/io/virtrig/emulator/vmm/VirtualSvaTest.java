package io.virtrig.emulator.vmm;

import static io.virtrig.emulator.vmm.VmmRig.*;
import static io.virtrig.uapi.UnmergedSeries.*;
import static io.virtrig.uapi.Vfio.VFIO_PCI_MSI_IRQ_INDEX;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.EventKind;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.Operation;
import io.virtrig.v1.ProcessRequest;
import io.virtrig.v1.VmmCall;
import io.virtrig.v1.VmmViommu;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

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

  /** The host is as before, and another process can start the same VM. */
  private static void assertNothingIsLeft(VmmRig rig, Kind kind) {
    rig.assertNothingIsLeft();
    assertThat(rig.dma(kind.device, GVA, 1)).isEqualTo(-1);
    int next = rig.rig.process(ProcessRequest.newBuilder());
    Operation.Builder again = qemu(modern(), kind.device);
    again.getVmmStartBuilder().setPid(next);
    assertThat(rig.rig.ok(again).getVmmStart().getFd()).isPositive();
    rig.rig.exit(next);
    rig.assertNothingIsLeft();
  }

  /** What the series assigns to a guest. */
  enum Kind {
    ENTIRE_PCI_DEVICE("nic0"),
    ASSIGNABLE_INTERFACE("adi0");

    final String device;

    Kind(String device) {
      this.device = device;
    }

    /** A host with both, and a QEMU that has one of them. */
    VmmRig started() {
      DeviceSpec.Builder adi =
          DeviceSpec.newBuilder().setName("adi0").setKind("mdev").setParent("nic0").setGroup(9);
      return new VmmRig(host("vsva-v6", nic(0), adi)).started(qemu(modern(), device));
    }
  }

  @ParameterizedTest
  @EnumSource
  void basicFunction(Kind kind) {
    try (VmmRig rig = kind.started()) {
      int pasid = bound(rig, 0x10);
      assertThat(rig.dma(kind.device, GVA, pasid)).isEqualTo(PAGE);
      rig.store(LEAF, OTHER_PAGE | 0x67);
      assertThat(operations(rig.flushPage(DOMAIN, pasid, GVA)))
          .containsExactly(VFIO_IOMMU_NESTING_OP_CACHE_INVLD);
      assertThat(rig.dma(kind.device, GVA, pasid)).isEqualTo(OTHER_PAGE);
      assertThat(rig.plainDma(kind.device, PAGE)).as("guest-physical").isEqualTo(PAGE);
      assertThat(sanitizerReports(rig)).isZero();
      rig.rig.ok(rig.stop());
      assertNothingIsLeft(rig, kind);
    }
  }

  /**
   * An interface's own PASID is the host's: its requests reach guest memory, its function's not.
   */
  @Test
  void anInterfacesOwnPasidIsNotTheGuests() {
    try (VmmRig rig = Kind.ASSIGNABLE_INTERFACE.started()) {
      int pasid = bound(rig, 0x10);
      assertThat(pasid).as("1 is the interface's own").isEqualTo(2);
      assertThat(rig.plainDma("adi0", PAGE)).isEqualTo(PAGE);
      assertThat(rig.dma("adi0", PAGE, 1)).as("the same, named").isEqualTo(PAGE);
      assertThat(rig.plainDma("nic0", PAGE)).isEqualTo(-1);
      rig.pasidEntry(1, DOMAIN, TOP_TABLE);
      assertThat(rig.invalidatePasid(DOMAIN, 1).getFirst().getErrno())
          .as("the guest cannot put its tables under it")
          .isNotEmpty();
      assertThat(rig.plainDma("adi0", PAGE)).isEqualTo(PAGE);
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

  @ParameterizedTest
  @EnumSource
  void rebootUnbindsAndTheNextBootBindsAgain(Kind kind) {
    try (VmmRig rig = kind.started()) {
      int pasid = bound(rig, 0x10);
      assertThat(rig.dma(kind.device, GVA, pasid)).isEqualTo(PAGE);
      assertThat(operations(rig.rig.ok(rig.reset()).getVmmReset().getCallsList()))
          .containsExactly(VFIO_IOMMU_NESTING_OP_UNBIND_PGTBL);
      assertThat(rig.dma(kind.device, GVA, pasid)).isEqualTo(-1);
      rig.queueStartsAgain();
      rig.clearPasidEntry(pasid);
      int second = bound(rig, 0x10);
      assertThat(second).as("nothing frees a PASID at a reset").isNotEqualTo(pasid);
      assertThat(rig.dma(kind.device, GVA, second)).isEqualTo(PAGE);
      rig.rig.ok(rig.stop());
      assertNothingIsLeft(rig, kind);
    }
  }

  @ParameterizedTest
  @EnumSource
  void shutdownLeavesNothingBehind(Kind kind) {
    try (VmmRig rig = kind.started()) {
      int pasid = bound(rig, 0x10);
      assertThat(rig.dma(kind.device, GVA, pasid)).isEqualTo(PAGE);
      rig.rig.ok(rig.stop());
      assertNothingIsLeft(rig, kind);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aCrashLeavesNothingBehind(Kind kind) {
    try (VmmRig rig = kind.started()) {
      int pasid = bound(rig, 0x10);
      assertThat(rig.dma(kind.device, GVA, pasid)).isEqualTo(PAGE);
      rig.rig.exit(1);
      assertNothingIsLeft(rig, kind);
    }
  }

  /** With messages and their irqfds in use, too. */
  @Test
  void aCrashInTheMidstOfInterruptsLeavesNothingBehind() {
    try (VmmRig rig = Kind.ENTIRE_PCI_DEVICE.started()) {
      rig.configWrite(4, 2, 6);
      rig.msi(true, 4);
      rig.raise(VFIO_PCI_MSI_IRQ_INDEX, 0);
      rig.rig.exit(1);
      assertNothingIsLeft(rig, Kind.ENTIRE_PCI_DEVICE);
    }
  }

  @Test
  void anAssertionOfTheVmmThatFailsIsACrash() {
    try (VmmRig rig = Kind.ENTIRE_PCI_DEVICE.started()) {
      bound(rig, 0x10);
      var _ = rig.submit(0x35, 0x8000);
      assertThat(rig.rig.refusal(rig.reset()).getReason()).contains("no VMM");
      assertNothingIsLeft(rig, Kind.ENTIRE_PCI_DEVICE);
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
        assertThat(rig.plainDma("nic0", PAGE)).isEqualTo(PAGE);
        rig.rig.ok(rig.stop());
        assertNothingIsLeft(rig, Kind.ENTIRE_PCI_DEVICE);
      }
    }
  }

  /**
   * Each revision is built for one layout of the kernel's nesting info; there is none elsewhere.
   */
  @ParameterizedTest
  @CsvSource({
    "qemu-vsva-rfcv7, mainline, EINVAL",
    "qemu-vsva-rfcv7, vsva-v4, ''",
    "qemu-vsva-rfcv7, vsva-v6, EINVAL",
    "qemu-vsva-rfcv7, vsva-v8, EINVAL",
    "qemu-vsva-rfcv9, mainline, EINVAL",
    "qemu-vsva-rfcv9, vsva-v4, EINVAL",
    "qemu-vsva-rfcv9, vsva-v6, ''",
    "qemu-vsva-rfcv9, vsva-v7, ''",
    "qemu-vsva-rfcv9, vsva-v8, EINVAL",
  })
  void aRevisionNeedsTheKernelThatItWasMadeFor(String model, String uapi, String errno) {
    try (VmmRig rig = new VmmRig(host(uapi, nic(0)))) {
      var result = rig.rig.apply(start(model, modern(), "nic0"));
      assertThat(result.getErrno().getName()).isEqualTo(errno);
      if (!errno.isEmpty()) {
        assertThat(result.getErrno().getCheck())
            .contains(uapi.equals("mainline") ? "no nesting" : "Failed to get nesting iommu cap");
        assertThat(rig.rig.open("/dev/vfio/0")).as("nothing stays open").isEqualTo(3);
        rig.rig.close(3);
        rig.assertNothingIsLeft();
      }
      VmmViommu.Builder off = VmmViommu.newBuilder().setCachingMode(true);
      Operation.Builder plain = start(model, off, "nic0");
      plain.getVmmStartBuilder().setPid(rig.rig.process(ProcessRequest.newBuilder()));
      if (!errno.isEmpty()) {
        assertThat(rig.rig.ok(plain).hasVmmStart()).as("without nesting any will do").isTrue();
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
