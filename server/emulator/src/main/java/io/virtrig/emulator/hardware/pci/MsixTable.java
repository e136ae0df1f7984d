package io.virtrig.emulator.hardware.pci;

import static io.virtrig.emulator.hardware.pci.PciRegs.*;

import io.virtrig.emulator.state.StateHash;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.util.Arrays;

/**
 * The MSI-X table and pending-bit array of a function, which lie in its BARs. Without the
 * capability it has no vectors.
 */
public final class MsixTable implements Stateful {
  private static final int ENTRY_WORDS = PCI_MSIX_ENTRY_SIZE / 4;
  private static final int CONTROL_WORD = PCI_MSIX_ENTRY_VECTOR_CTRL / 4;

  private final int vectors;
  private final int bar;
  private final long offset;
  private final int pbaBar;
  private final long pbaOffset;
  private final int[] entries;
  private final long[] pending;

  MsixTable(ConfigSpace config) {
    int at = Capabilities.find(config, PCI_CAP_ID_MSIX);
    vectors = at == 0 ? 0 : 1 + (config.word(at + PCI_MSIX_FLAGS) & PCI_MSIX_FLAGS_QSIZE);
    int table = at == 0 ? 0 : config.dword(at + PCI_MSIX_TABLE);
    int pba = at == 0 ? 0 : config.dword(at + PCI_MSIX_PBA);
    bar = table & PCI_MSIX_BIR;
    offset = Integer.toUnsignedLong(table & ~PCI_MSIX_BIR);
    pbaBar = pba & PCI_MSIX_BIR;
    pbaOffset = Integer.toUnsignedLong(pba & ~PCI_MSIX_BIR);
    entries = new int[ENTRY_WORDS * vectors];
    pending = new long[(vectors + 63) / 64];
    maskAll();
  }

  /** How many vectors it has; 0 without the capability. */
  public int vectors() {
    return vectors;
  }

  /** Whether the table lies in that BAR. */
  public boolean in(int index) {
    return vectors > 0 && bar == index;
  }

  /** Where the table begins in its BAR, bytes. */
  public long offset() {
    return offset;
  }

  /** Bytes of the table. */
  public long size() {
    return (long) PCI_MSIX_ENTRY_SIZE * vectors;
  }

  boolean holds(int index, long at) {
    return in(index) && at >= offset && at < offset + size();
  }

  boolean holdsPending(int index, long at) {
    return vectors > 0
        && pbaBar == index
        && at >= pbaOffset
        && at < pbaOffset + 8L * pending.length;
  }

  int read(long at, int size) {
    int within = (int) (at - offset);
    return part(entries[within / 4], within & 3, size);
  }

  int readPending(long at, int size) {
    int within = (int) (at - pbaOffset);
    return part((int) (pending[within / 8] >>> (8 * (within & 4))), within & 3, size);
  }

  private static int part(int word, int at, int size) {
    return size == 4 ? word : (word >>> (8 * at)) & ((1 << (8 * size)) - 1);
  }

  /** Writes a word of an entry; smaller writes have no effect, as the specification allows. */
  void write(long at, int size, int value) {
    int within = (int) (at - offset);
    if (size == 4) {
      boolean control = within % PCI_MSIX_ENTRY_SIZE == PCI_MSIX_ENTRY_VECTOR_CTRL;
      entries[within / 4] = control ? value & PCI_MSIX_ENTRY_CTRL_MASKBIT : value;
    }
  }

  boolean masked(int vector) {
    return entries[ENTRY_WORDS * vector + CONTROL_WORD] != 0;
  }

  void mask(int vector, boolean masked) {
    entries[ENTRY_WORDS * vector + CONTROL_WORD] = masked ? PCI_MSIX_ENTRY_CTRL_MASKBIT : 0;
  }

  /** No messages, and every vector masked. */
  void reset() {
    Arrays.fill(entries, 0);
    maskAll();
  }

  /** Every vector is masked. */
  void maskAll() {
    for (int vector = 0; vector < vectors; vector++) {
      mask(vector, true);
    }
  }

  void pend(int vector) {
    pending[vector / 64] |= 1L << vector;
  }

  /** Whether any vector is pending. */
  boolean anyPending() {
    for (long word : pending) {
      if (word != 0) {
        return true;
      }
    }
    return false;
  }

  /** Whether the vector was pending; it no longer is. */
  boolean takePending(int vector) {
    boolean was = (pending[vector / 64] & (1L << vector)) != 0;
    pending[vector / 64] &= ~(1L << vector);
    return was;
  }

  void clearPending() {
    Arrays.fill(pending, 0);
  }

  @Override
  public void writeState(StateWriter out) {
    long hash = 0;
    for (int entry : entries) {
      hash = 31 * hash + entry;
    }
    out.hex("entries", hash);
    out.hex("pending", StateHash.ofWords(pending));
  }
}
