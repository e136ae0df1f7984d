package io.virtrig.emulator.hardware.iommu;

import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;

/** The translations that a device has asked for (ATS) and keeps until it is told to forget them. */
public final class DeviceTlb implements Stateful {
  private static final int WRITABLE = 1;
  private static final int READABLE = 2;
  private static final int USER = 0;
  private static final int PRIVILEGED = 1;

  private final TranslationCache translations;

  /** An empty one for up to so many translations. */
  public DeviceTlb(int entries) {
    this(entries, new CacheUse());
  }

  /** The same, with its uses counted. */
  public DeviceTlb(int entries, CacheUse use) {
    translations = new TranslationCache(entries, use);
  }

  /** What it keeps, by privilege and PASID. */
  public TranslationCache translations() {
    return translations;
  }

  /**
   * An access of the device: by what it keeps, else by what the unit answers, which it then keeps.
   *
   * @param outcome the unit's
   */
  public DmaOutcome translate(DmaRequest request, WalkOutcome outcome, IommuUnit unit) {
    int slot = find(request);
    if (slot != TranslationCache.NONE) {
      translations.use().hit();
      outcome.kept(translations, slot, request.address());
      return outcome;
    }
    translations.use().miss();
    DmaOutcome given = unit.translate(request);
    if (!given.blocked()) {
      add(request, given);
    }
    return given;
  }

  /** The slot of a translation that allows an access; {@link TranslationCache#NONE}. */
  public int find(DmaRequest request) {
    int slot =
        translations.find(
            request.privileged() ? PRIVILEGED : USER, 0, request.pasid(), request.address());
    boolean allowed =
        slot != TranslationCache.NONE
            && (translations.rights(slot) & (request.write() ? WRITABLE : READABLE)) != 0;
    return allowed ? slot : TranslationCache.NONE;
  }

  /** Keeps a translation that was given for an access: it is good for accesses of the same kind. */
  public void add(DmaRequest request, DmaOutcome given) {
    int kind = request.privileged() ? PRIVILEGED : USER;
    long page = given.address() & (-1L << given.pageShift());
    int slot = translations.find(kind, 0, request.pasid(), request.address());
    int rights = request.write() ? WRITABLE : READABLE;
    if (slot != TranslationCache.NONE && translations.target(slot) == page) {
      rights |= translations.rights(slot);
    }
    translations.add(kind, 0, request.pasid(), request.address(), given.pageShift(), page, rights);
  }

  /** Forgets what touches {@code 1 << shift} bytes of a PASID, or without one; 64 for all. */
  public void flush(int pasid, long address, int shift) {
    long first = shift >= Long.SIZE ? 0 : address & (-1L << shift);
    long last = shift >= Long.SIZE ? -1L : address | ((1L << shift) - 1);
    translations.removeIf(
        slot -> translations.space(slot) == pasid && translations.touches(slot, first, last));
  }

  /** The same of all PASIDs. */
  public void flushPasids(long address, int shift) {
    long first = shift >= Long.SIZE ? 0 : address & (-1L << shift);
    long last = shift >= Long.SIZE ? -1L : address | ((1L << shift) - 1);
    translations.removeIf(
        slot ->
            translations.space(slot) != DmaRequest.NO_PASID
                && translations.touches(slot, first, last));
  }

  /** Forgets everything. */
  public void flush() {
    translations.removeIf(slot -> true);
  }

  @Override
  public void writeState(StateWriter out) {
    translations.writeState(out);
  }
}
