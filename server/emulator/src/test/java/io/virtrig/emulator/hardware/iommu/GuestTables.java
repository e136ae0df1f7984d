package io.virtrig.emulator.hardware.iommu;

import io.virtrig.emulator.hardware.memory.PhysicalMemory;
import io.virtrig.emulator.spec.HostConfiguration;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.IommuSpec;
import java.util.ArrayList;
import java.util.List;

/**
 * A host with a guest of 64 KiB, mapped from guest-physical 0 on, whose address {@link #VA} its
 * tables at 0x2000 to 0x5000 lead to the page at 0x6000; both architectures index alike.
 */
final class GuestTables {
  static final long VA = 0x7f1234567000L;
  static final long TOP = 0x2000;
  static final long LEAF = 0x5b38;
  static final int SOURCE = 0x10;

  /** Present, writable, for users, accessed, dirty. */
  static final long FLAGS = 0x67;

  final PhysicalMemory memory = new PhysicalMemory();
  final Iommu iommu;
  final IommuDomain domain;
  final long base;
  final List<StaleUse> stale = new ArrayList<>();

  GuestTables(String arch) {
    this(arch, 4096);
  }

  GuestTables(String arch, int cacheEntries) {
    HostConfiguration configuration =
        HostConfiguration.of(
            HostSpec.newBuilder()
                .setArch(arch)
                .setIommu(IommuSpec.newBuilder().setNesting(true).setCacheEntries(cacheEntries))
                .build());
    iommu = new Iommu(configuration, memory);
    iommu.unit().staleListener(stale::add);
    domain = iommu.newDomain(true);
    memory.allocate(3);
    base = memory.allocate(16) << PhysicalMemory.PAGE_SHIFT;
    domain.map(0, 0x10000, base, true, true);
    iommu.unit().attach(SOURCE, domain);
  }

  /** Sets a word of the guest's memory, as the guest would. */
  void set(long guestPhysical, long word) {
    byte[] bytes = new byte[Long.BYTES];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (word >>> (i * Byte.SIZE));
    }
    memory.write(base + guestPhysical, bytes, 0, bytes.length);
  }

  long word(long guestPhysical) {
    return memory.tableWord(base + guestPhysical);
  }

  /** The tables of the CPU's kind, with flags for all entries. */
  void x86(long flags) {
    set(0x27f0, 0x3000 | flags);
    set(0x3240, 0x4000 | flags);
    set(0x4d10, 0x5000 | flags);
    set(LEAF, 0x6000 | flags);
  }

  /** Where an access goes, as a guest-physical address; -1 when it is blocked. */
  long at(long address, int pasid, boolean write) {
    DmaOutcome outcome =
        iommu.unit().translate(new DmaRequest(SOURCE, pasid, address, write, false));
    return outcome.blocked() ? -1 : outcome.address() - base;
  }

  long at(long address, int pasid) {
    return at(address, pasid, false);
  }
}
