package io.virtrig.emulator.hardware.pci;

import static io.virtrig.emulator.hardware.pci.PciRegs.*;

import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import org.jspecify.annotations.Nullable;

/**
 * The interrupts of a function: the level of its INTx line, and its messages.
 *
 * <p>A message leaves the function when MSI or MSI-X is enabled, its vector is not masked and the
 * function is a bus master; it arrives where the IOMMU lets it. A masked vector pends until it is
 * unmasked; MSI without a mask register cannot be masked.
 */
final class PciInterrupts implements Stateful {
  private final ConfigSpace config;
  private final MessageRoute route;
  private final MsixTable msixTable;
  private final int msi;
  private final int msix;
  private @Nullable InterruptHandler handler;
  private boolean line;

  /**
   * Of a function.
   *
   * @param route whether a message that leaves the function arrives
   */
  PciInterrupts(ConfigSpace config, MessageRoute route) {
    this.config = config;
    this.route = route;
    msixTable = new MsixTable(config);
    msi = Capabilities.find(config, PCI_CAP_ID_MSI);
    msix = Capabilities.find(config, PCI_CAP_ID_MSIX);
  }

  MsixTable msixTable() {
    return msixTable;
  }

  void handler(@Nullable InterruptHandler handler) {
    this.handler = handler;
  }

  /** The function reports an uncorrectable error. */
  void reportError() {
    if (handler != null) {
      handler.error();
    }
  }

  /** The host wants the function back. */
  void requestRemoval() {
    if (handler != null) {
      handler.removalRequested();
    }
  }

  /** Whether the line is up, disabled or not. */
  boolean line() {
    return line;
  }

  /** Drives the line; a function without an interrupt pin has none. */
  void drive(boolean up) {
    line = up && config.byteAt(PCI_INTERRUPT_PIN) != 0;
    int status = config.word(PCI_STATUS) & ~PCI_STATUS_INTERRUPT;
    config.set(PCI_STATUS, 2, line ? status | PCI_STATUS_INTERRUPT : status);
    assertLine();
  }

  /** The line is a level: whenever nothing disables it, its handler is called. */
  void assertLine() {
    if (line && handler != null && (config.word(PCI_COMMAND) & PCI_COMMAND_INTX_DISABLE) == 0) {
      handler.line();
    }
  }

  /** How many MSI vectors the function can have; 0 without the capability. */
  int msiVectors() {
    return msi == 0 ? 0 : 1 << ((config.word(msi + PCI_MSI_FLAGS) & PCI_MSI_FLAGS_QMASK) >> 1);
  }

  /** The function signals an MSI vector. */
  void raiseMsi(int vector) {
    int flags = msi == 0 ? 0 : config.word(msi + PCI_MSI_FLAGS);
    if ((flags & PCI_MSI_FLAGS_ENABLE) == 0
        || vector >= 1 << ((flags & PCI_MSI_FLAGS_QSIZE) >> 4)) {
      return;
    }
    int mask = msiMask(flags);
    if (mask != 0 && (config.dword(mask) & (1 << vector)) != 0) {
      config.set(mask + 4, 4, config.dword(mask + 4) | (1 << vector));
      return;
    }
    send(vector);
  }

  /** Where the mask register is, the pending one behind it; 0 when there is none. */
  private int msiMask(int flags) {
    if ((flags & PCI_MSI_FLAGS_MASKBIT) == 0) {
      return 0;
    }
    return msi + ((flags & PCI_MSI_FLAGS_64BIT) != 0 ? PCI_MSI_MASK_64 : PCI_MSI_MASK_32);
  }

  /** The function signals an MSI-X vector. */
  void raiseMsix(int vector) {
    int flags = msix == 0 ? 0 : config.word(msix + PCI_MSIX_FLAGS);
    if ((flags & PCI_MSIX_FLAGS_ENABLE) == 0) {
      return;
    }
    if ((flags & PCI_MSIX_FLAGS_MASKALL) != 0 || msixTable.masked(vector)) {
      msixTable.pend(vector);
      return;
    }
    send(vector);
  }

  private void send(int vector) {
    if (handler != null && route.arrives()) {
      handler.message(vector);
    }
  }

  /** Masks were changed: what pends and may go, goes. */
  void sendPending() {
    int flags = msix == 0 ? 0 : config.word(msix + PCI_MSIX_FLAGS);
    if ((flags & PCI_MSIX_FLAGS_ENABLE) != 0
        && (flags & PCI_MSIX_FLAGS_MASKALL) == 0
        && msixTable.anyPending()) {
      for (int vector = 0; vector < msixTable.vectors(); vector++) {
        if (!msixTable.masked(vector) && msixTable.takePending(vector)) {
          send(vector);
        }
      }
    }
    int mask = msi == 0 ? 0 : msiMask(config.word(msi + PCI_MSI_FLAGS));
    if (mask != 0) {
      int ready = config.dword(mask + 4) & ~config.dword(mask);
      config.set(mask + 4, 4, config.dword(mask + 4) & ~ready);
      for (int vector = 0; vector < Integer.SIZE; vector++) {
        if ((ready & (1 << vector)) != 0) {
          send(vector);
        }
      }
    }
  }

  /** The host's MSI code enables messages, every vector masked where it can be. */
  void enable(boolean extended, int vectors) {
    if (extended) {
      msixTable.maskAll();
      config.set(
          msix + PCI_MSIX_FLAGS, 2, config.word(msix + PCI_MSIX_FLAGS) | PCI_MSIX_FLAGS_ENABLE);
      return;
    }
    int flags = config.word(msi + PCI_MSI_FLAGS) & ~PCI_MSI_FLAGS_QSIZE;
    int size = Integer.SIZE - Integer.numberOfLeadingZeros(vectors - 1);
    config.set(msi + PCI_MSI_FLAGS, 2, flags | PCI_MSI_FLAGS_ENABLE | size << 4);
    if (msiMask(flags) != 0) {
      config.set(msiMask(flags), 4, -1);
    }
  }

  /** The host's MSI code disables messages; what pends is forgotten. */
  void disable(boolean extended) {
    if (extended) {
      config.set(
          msix + PCI_MSIX_FLAGS, 2, config.word(msix + PCI_MSIX_FLAGS) & ~PCI_MSIX_FLAGS_ENABLE);
    } else {
      config.set(msi + PCI_MSI_FLAGS, 2, config.word(msi + PCI_MSI_FLAGS) & ~PCI_MSI_FLAGS_ENABLE);
    }
    forgetPending();
  }

  /** The host's MSI code masks or unmasks a vector, where the function can. */
  void mask(boolean extended, int vector, boolean masked) {
    if (extended) {
      msixTable.mask(vector, masked);
    } else {
      int mask = msiMask(config.word(msi + PCI_MSI_FLAGS));
      if (mask != 0) {
        int others = config.dword(mask) & ~(1 << vector);
        config.set(mask, 4, masked ? others | (1 << vector) : others);
      }
    }
    sendPending();
  }

  /**
   * The function is reset: the line falls and nothing pends. While MSI-X is enabled the host
   * restores its table.
   */
  void reset() {
    drive(false);
    forgetPending();
    if (msix != 0 && (config.word(msix + PCI_MSIX_FLAGS) & PCI_MSIX_FLAGS_ENABLE) == 0) {
      msixTable.reset();
    }
  }

  private void forgetPending() {
    msixTable.clearPending();
    int mask = msi == 0 ? 0 : msiMask(config.word(msi + PCI_MSI_FLAGS));
    if (mask != 0) {
      config.set(mask + 4, 4, 0);
    }
  }

  @Override
  public void writeState(StateWriter out) {
    out.flag("line", line);
    if (msixTable.vectors() > 0) {
      out.child("msix", "", msixTable);
    }
  }
}
