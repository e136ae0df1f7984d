package io.virtrig.emulator.hardware.iommu.smmuv3;

import io.virtrig.emulator.hardware.iommu.DeviceTlb;
import io.virtrig.emulator.hardware.iommu.DmaRequest;
import io.virtrig.emulator.hardware.iommu.UnitMemory;

/** The commands of the command queue. */
final class SmmuCommands {
  private static final int CERROR_ILL = 1;
  private static final int CERROR_ABT = 2;

  private static final long ADDRESS = -1L << 12;
  private static final int ALL_STREAMS = 31;
  private static final int ATC_ALL = 52;
  private static final int PAGE_SHIFT = 12;

  private final SmmuRegisters unit;
  private final SmmuCaches caches;
  private final UnitMemory memory;
  private final SmmuRegisters.Outside outside;

  SmmuCommands(
      SmmuRegisters unit, SmmuCaches caches, UnitMemory memory, SmmuRegisters.Outside outside) {
    this.unit = unit;
    this.caches = caches;
    this.memory = memory;
    this.outside = outside;
  }

  /** Executes the command at an address; what went wrong (CMDQ_CONS.ERR), or 0. */
  int execute(long at) {
    if (!memory.holds(at) || !memory.holds(at + Long.BYTES)) {
      return CERROR_ABT;
    }
    return execute(memory.word(at), memory.word(at + Long.BYTES));
  }

  private int execute(long d0, long d1) {
    int stream = (int) (d0 >>> 32);
    int substream = (int) (d0 >>> 12) & 0xfffff;
    int vmid = (int) (d0 >>> 32) & 0xffff;
    int asid = (int) (d0 >>> 48);
    switch ((int) d0 & 0xff) {
      case 0x01, 0x02 -> {}
      case 0x03 -> caches.forgetStreams(stream, stream);
      case 0x04 -> {
        int range = (int) d1 & 0x1f;
        if (range == ALL_STREAMS) {
          caches.forgetStreams();
        } else {
          int first = stream & -(2 << range);
          caches.forgetStreams(first, first + (2 << range) - 1);
        }
      }
      case 0x05 -> caches.forgetContext(stream, substream);
      case 0x06 -> caches.forgetContexts(stream);
      case 0x10, 0x20 -> caches.flushStage1(vmid);
      case 0x11, 0x21 -> caches.flushAsid(vmid, asid);
      case 0x12, 0x22 -> {
        long first = d1 & ADDRESS;
        caches.flushAddresses(vmid, asid, first, first + bytes(d0, d1) - 1);
      }
      case 0x13, 0x23 -> {
        long first = d1 & ADDRESS;
        caches.flushAddresses(vmid, first, first + bytes(d0, d1) - 1);
      }
      case 0x28 -> caches.flushVmid(vmid);
      case 0x2a -> {
        long first = d1 & ADDRESS;
        caches.flushIntermediate(vmid, first, first + bytes(d0, d1) - 1);
      }
      case 0x30 -> caches.flushAll();
      case 0x40 -> invalidateDevice(d0, d1, stream, substream);
      case 0x41 ->
          outside.response(
              stream,
              (d0 >>> 11 & 1) != 0 ? substream : DmaRequest.NO_PASID,
              (int) d1 & 0x1ff,
              (int) (d1 >>> 12) & 3);
      case 0x44 -> unit.resume((int) d1 & 0xffff, (d0 >>> 12 & 3) == 1);
      case 0x45 -> unit.terminate(stream);
      case 0x46 -> {
        return sync(d0, d1);
      }
      default -> {
        return CERROR_ILL;
      }
    }
    return 0;
  }

  /** NUM, SCALE and TG: (NUM + 1) * 2^SCALE granules; a page without TG. */
  private static long bytes(long d0, long d1) {
    if ((d1 >>> 10 & 3) == 0) {
      return 1L << PAGE_SHIFT;
    }
    long number = (d0 >>> 12 & 0x1f) + 1;
    return number << ((d0 >>> 20 & 0x1f) + PAGE_SHIFT);
  }

  private void invalidateDevice(long d0, long d1, int stream, int substream) {
    int size = (int) d1 & 0x3f;
    int shift = size >= ATC_ALL ? Long.SIZE : size + PAGE_SHIFT;
    DeviceTlb tlb = unit.deviceTlb(stream);
    if ((d0 >>> 11 & 1) == 0) {
      tlb.flush(DmaRequest.NO_PASID, d1 & ADDRESS, shift);
    } else if ((d0 >>> 9 & 1) != 0) {
      tlb.flushPasids(d1 & ADDRESS, shift);
    } else {
      tlb.flush(substream, d1 & ADDRESS, shift);
    }
  }

  private int sync(long d0, long d1) {
    long address = d1 & 0x000f_ffff_ffff_fffcL;
    switch ((int) (d0 >>> 12) & 3) {
      case 0, 2 -> {}
      case 1 -> {
        if (address != 0) {
          outside.message(address, (int) (d0 >>> 32));
        }
      }
      default -> {
        return CERROR_ILL;
      }
    }
    return 0;
  }
}
