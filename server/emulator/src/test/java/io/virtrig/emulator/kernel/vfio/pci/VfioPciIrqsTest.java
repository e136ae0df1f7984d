package io.virtrig.emulator.kernel.vfio.pci;

import static io.virtrig.uapi.Vfio.*;
import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.emulator.kernel.vfio.VfioRig;
import org.junit.jupiter.api.Test;

/** Interrupts beyond what the shared cases cover, and which of two faults wins. */
class VfioPciIrqsTest {
  private static final int INTX = VFIO_PCI_INTX_IRQ_INDEX;
  private static final int MSI = VFIO_PCI_MSI_IRQ_INDEX;
  private static final int MSIX = VFIO_PCI_MSIX_IRQ_INDEX;
  private static final int BY_EVENTFD = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
  private static final int BY_NOTHING = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER;
  private static final int UNMASK_BY_EVENTFD =
      VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_UNMASK;
  private static final int NO_FD = 999;

  @Test
  void theRangeIsLookedAtBeforeTheDataKindAndThatBeforeTheAction() {
    try (VfioRig rig = new VfioRig()) {
      assertThat(rig.rig.errno(rig.setIrqs(0, MSIX, 8, 1))).isEqualTo("EINVAL");
      assertThat(rig.rig.errno(rig.setIrqs(VFIO_IRQ_SET_ACTION_MASK, MSIX, 0, 1)))
          .isEqualTo("EINVAL");
      assertThat(
              rig.rig.errno(
                  rig.setIrqs(VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_MASK, MSIX, 0, 1)))
          .isEqualTo("ENOTTY");
    }
  }

  @Test
  void aModeThatIsEnabledIsRefusedBeforeTheFdIsLookedAt() {
    try (VfioRig rig = new VfioRig()) {
      int e = rig.rig.eventfd(0);
      rig.rig.ok(rig.setIrqs(BY_EVENTFD, MSI, 0, 1, e));
      assertThat(rig.rig.errno(rig.setIrqs(BY_EVENTFD, INTX, 0, 1, NO_FD))).isEqualTo("EINVAL");
      assertThat(rig.rig.errno(rig.setIrqs(BY_EVENTFD, MSIX, 0, 1, NO_FD))).isEqualTo("EINVAL");
    }
  }

  @Test
  void aBadUnmaskFdIsRefusedBeforeTheOneThatIsThere() {
    try (VfioRig rig = new VfioRig()) {
      int e = rig.rig.eventfd(0);
      rig.rig.ok(rig.setIrqs(BY_EVENTFD, INTX, 0, 1, e));
      rig.rig.ok(rig.setIrqs(UNMASK_BY_EVENTFD, INTX, 0, 1, rig.rig.eventfd(0)));
      assertThat(rig.rig.errno(rig.setIrqs(UNMASK_BY_EVENTFD, INTX, 0, 1, NO_FD)))
          .isEqualTo("EBADF");
      assertThat(rig.rig.errno(rig.setIrqs(UNMASK_BY_EVENTFD, INTX, 0, 1, rig.device)))
          .isEqualTo("EINVAL");
      assertThat(rig.rig.errno(rig.setIrqs(UNMASK_BY_EVENTFD, INTX, 0, 1, e))).isEqualTo("EBUSY");
    }
  }

  @Test
  void aBadFdEnablesNothing() {
    try (VfioRig rig = new VfioRig()) {
      int e = rig.rig.eventfd(0);
      assertThat(rig.rig.errno(rig.setIrqs(BY_EVENTFD, INTX, 0, 1, NO_FD))).isEqualTo("EBADF");
      assertThat(rig.rig.errno(rig.setIrqs(BY_EVENTFD, MSI, 0, 2, e, NO_FD))).isEqualTo("EBADF");
      rig.rig.ok(rig.setIrqs(BY_EVENTFD, MSIX, 0, 1, e));
    }
  }

  @Test
  void aBadFdTakesTheTriggersOfTheVectorsBeforeItAway() {
    try (VfioRig rig = new VfioRig()) {
      int e = rig.rig.eventfd(0);
      rig.busMaster();
      rig.rig.ok(rig.setIrqs(BY_EVENTFD, MSIX, 0, 4, e, e, e, e));
      assertThat(rig.rig.errno(rig.setIrqs(BY_EVENTFD, MSIX, 1, 2, e, NO_FD))).isEqualTo("EBADF");
      for (int vector = 0; vector < 4; vector++) {
        rig.raise(MSIX, vector);
      }
      assertThat(rig.rig.read(e)).isEqualTo(2);
    }
  }

  @Test
  void aTriggerThatIsItsOwnUnmaskEventfdSignalsOnce() {
    try (VfioRig rig = new VfioRig()) {
      int e = rig.rig.eventfd(0);
      rig.rig.ok(rig.setIrqs(BY_EVENTFD, INTX, 0, 1, e));
      rig.rig.ok(rig.setIrqs(UNMASK_BY_EVENTFD, INTX, 0, 1, e));
      rig.raise(INTX, 0);
      assertThat(rig.rig.read(e)).isZero();
    }
  }

  @Test
  void closingTheUnmaskEventfdMakesRoomForAnother() {
    try (VfioRig rig = new VfioRig()) {
      int unmask = rig.rig.eventfd(0);
      rig.rig.ok(rig.setIrqs(BY_EVENTFD, INTX, 0, 1, -1));
      rig.rig.ok(rig.setIrqs(UNMASK_BY_EVENTFD, INTX, 0, 1, unmask));
      rig.rig.close(unmask);
      rig.rig.ok(rig.setIrqs(UNMASK_BY_EVENTFD, INTX, 0, 1, rig.rig.eventfd(0)));
    }
  }

  @Test
  void aTriggerOutlivesItsFile() {
    try (VfioRig rig = new VfioRig()) {
      int e = rig.rig.eventfd(0);
      rig.rig.ok(rig.setIrqs(BY_EVENTFD, MSIX, 0, 1, e));
      rig.rig.close(e);
      rig.rig.ok(rig.setIrqs(BY_NOTHING, MSIX, 0, 1));
    }
  }

  @Test
  void aVectorWithoutTriggerPendsInMsixAndIsLostInMsi() {
    try (VfioRig rig = new VfioRig()) {
      int e = rig.rig.eventfd(0);
      rig.busMaster();
      rig.rig.ok(rig.setIrqs(BY_EVENTFD, MSIX, 0, 2, -1, -1));
      rig.raise(MSIX, 1);
      rig.raise(MSIX, 1);
      assertThat(rig.read((1L << 40) + 0x800, 8)).isEqualTo("0200000000000000");
      rig.rig.ok(rig.setIrqs(BY_EVENTFD, MSIX, 1, 1, e));
      assertThat(rig.rig.read(e)).isEqualTo(1);
      assertThat(rig.read((1L << 40) + 0x800, 8)).isEqualTo("0000000000000000");
      rig.rig.ok(rig.setIrqs(BY_NOTHING, MSIX, 0, 0));
      rig.rig.ok(rig.setIrqs(BY_EVENTFD, MSI, 0, 2, -1, -1));
      rig.raise(MSI, 1);
      rig.rig.ok(rig.setIrqs(BY_EVENTFD, MSI, 1, 1, e));
      assertThat(rig.rig.read(e)).isZero();
    }
  }

  @Test
  void messagesNeedBusMasterAndLoopbackDoesNot() {
    try (VfioRig rig = new VfioRig()) {
      int e = rig.rig.eventfd(0);
      rig.rig.ok(rig.setIrqs(BY_EVENTFD, MSIX, 0, 1, e));
      rig.raise(MSIX, 0);
      assertThat(rig.rig.read(e)).isZero();
      rig.rig.ok(rig.setIrqs(BY_NOTHING, MSIX, 0, 1));
      assertThat(rig.rig.read(e)).isEqualTo(1);
    }
  }

  @Test
  void clearingMsiEnableInConfigSpaceSilencesTheDevice() {
    try (VfioRig rig = new VfioRig()) {
      int e = rig.rig.eventfd(0);
      rig.busMaster();
      rig.rig.ok(rig.setIrqs(BY_EVENTFD, MSI, 0, 1, e));
      rig.raise(MSI, 0);
      assertThat(rig.rig.read(e)).isEqualTo(1);
      rig.writeConfig(0x92, "0000");
      rig.raise(MSI, 0);
      assertThat(rig.rig.read(e)).isZero();
      rig.writeConfig(0x92, "0100");
      rig.raise(MSI, 0);
      assertThat(rig.rig.read(e)).isEqualTo(1);
    }
  }

  @Test
  void theMaskInTheMappedMsixTableHoldsTheVectorBack() {
    try (VfioRig rig = new VfioRig()) {
      int e = rig.rig.eventfd(0);
      rig.busMaster();
      rig.rig.ok(rig.setIrqs(BY_EVENTFD, MSIX, 0, 1, e));
      long table = rig.rig.ok(rig.mmapDevice(1L << 40, 4096)).getMmap().getRet();
      rig.rig.store(table + 12, (byte) 1, (byte) 0, (byte) 0, (byte) 0);
      rig.raise(MSIX, 0);
      assertThat(rig.rig.read(e)).isZero();
      rig.rig.store(table + 12, (byte) 0, (byte) 0, (byte) 0, (byte) 0);
      assertThat(rig.rig.read(e)).isEqualTo(1);
    }
  }

  @Test
  void errorsAndRequestsReachTheirTriggers() {
    try (VfioRig rig = new VfioRig()) {
      int error = rig.rig.eventfd(0);
      int request = rig.rig.eventfd(0);
      rig.rig.ok(rig.setIrqs(BY_EVENTFD, VFIO_PCI_ERR_IRQ_INDEX, 0, 1, error));
      rig.rig.ok(rig.setIrqs(BY_EVENTFD, VFIO_PCI_REQ_IRQ_INDEX, 0, 1, request));
      rig.raise(VFIO_PCI_ERR_IRQ_INDEX, 0);
      rig.raise(VFIO_PCI_REQ_IRQ_INDEX, 0);
      assertThat(rig.rig.read(error)).isEqualTo(1);
      assertThat(rig.rig.read(request)).isEqualTo(1);
    }
  }

  @Test
  void theLastCloseDisablesInterruptsAndForgetsTriggers() {
    try (VfioRig rig = new VfioRig()) {
      int e = rig.rig.eventfd(0);
      int again = rig.openDevice(rig.group, VfioRig.BDF);
      rig.busMaster();
      rig.rig.ok(rig.setIrqs(BY_EVENTFD, MSIX, 0, 1, e));
      rig.rig.close(rig.device);
      rig.raise(MSIX, 0);
      assertThat(rig.rig.read(e)).as("a second file keeps the device open").isEqualTo(1);
      rig.rig.close(again);
      rig.raise(MSIX, 0);
      assertThat(rig.rig.read(e)).isZero();
      assertThat(rig.dmaRead(VfioRig.DEVICE, 0, 4).getErrno().getName()).isEqualTo("EFAULT");
    }
  }
}
