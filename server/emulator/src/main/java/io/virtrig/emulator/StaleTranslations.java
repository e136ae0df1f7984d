package io.virtrig.emulator;

import io.virtrig.emulator.event.EventLog;
import io.virtrig.emulator.hardware.iommu.StaleListener;
import io.virtrig.emulator.hardware.iommu.StaleUse;
import io.virtrig.emulator.hardware.pci.PciFunction;
import io.virtrig.v1.EventKind;
import java.util.List;

/** The sanitizer of translations: says who used something stale, and what would have been due. */
record StaleTranslations(List<PciFunction> functions, EventLog events) implements StaleListener {
  private static final String LABEL = "stale_translation";

  @Override
  public void used(StaleUse use) {
    events.record(
        EventKind.EVENT_KIND_SANITIZER,
        LABEL,
        () -> device(use.request().source()),
        () -> text(use));
  }

  private String device(int source) {
    for (PciFunction function : functions) {
      if (function.source() == source) {
        return function.name();
      }
    }
    return Integer.toHexString(source);
  }

  private static String text(StaleUse use) {
    String access =
        (use.request().write() ? "write" : "read")
            + " at 0x"
            + Long.toHexString(use.request().address())
            + (use.request().hasPasid() ? " with PASID " + use.request().pasid() : "");
    String change =
        use.address() == 0
            ? "an entry that has changed"
            : "an entry at physical 0x"
                + Long.toHexString(use.address())
                + " that was 0x"
                + Long.toHexString(use.was())
                + " and is 0x"
                + Long.toHexString(use.is());
    return "stale translation: the " + access + " used " + change + "; " + use.due();
  }
}
