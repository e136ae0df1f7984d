package io.virtrig.emulator.hardware.memory;

import io.virtrig.emulator.extent.Extent;
import io.virtrig.emulator.extent.ExtentMap;
import io.virtrig.emulator.state.CopyOnWrite;
import io.virtrig.emulator.state.StateHash;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A host's physical memory. Frames are handed out in extents, the lowest that fit first, and
 * counted: an extent lives as long as somebody maps or pins it. Bytes exist only where someone
 * wrote; all else reads as zero and costs nothing, so that a terabyte is as cheap as a page.
 */
public final class PhysicalMemory implements Stateful, CopyOnWrite<PhysicalMemory> {
  /** Bytes of a page frame. */
  public static final int PAGE_SIZE = PageTree.PAGE_SIZE;

  /** Bits of an offset in a page. */
  public static final int PAGE_SHIFT = 12;

  /** Frames that 52 physical address bits name. */
  public static final long FRAMES = 1L << 40;

  /** Frames with one reference count. */
  private record Frames(long start, long last, int references) implements Extent {}

  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private final ExtentMap<Frames> frames = new ExtentMap<>();
  private final PageTree pages;
  private long used;

  /** Empty memory. */
  public PhysicalMemory() {
    this(new PageTree());
  }

  private PhysicalMemory(PageTree pages) {
    this.pages = pages;
  }

  @Override
  public PhysicalMemory copy() {
    PhysicalMemory copy = new PhysicalMemory(pages.copy());
    frames.all().forEach(copy.frames::add);
    copy.used = used;
    return copy;
  }

  /**
   * Hands out frames that follow one another, with one reference.
   *
   * @param count how many, at least 1
   * @return the first frame's number, or -1 when no run is long enough
   */
  public long allocate(long count) {
    long start = 0;
    for (Frames taken : frames.all()) {
      if (taken.start - start >= count) {
        break;
      }
      start = taken.last + 1;
    }
    if (FRAMES - start < count) {
      return -1;
    }
    used += count;
    frames.add(new Frames(start, start + count - 1, 1));
    return start;
  }

  /** Takes one more reference to each of the frames. */
  public void get(long first, long count) {
    adjust(first, first + count - 1, 1);
  }

  /**
   * Drops one reference to each of the frames; those without any are free and their contents gone.
   */
  public void put(long first, long count) {
    adjust(first, first + count - 1, -1);
  }

  private void adjust(long first, long last, int by) {
    long at = first;
    while (at <= last) {
      Frames run = frames.at(at);
      if (run == null) {
        throw new IllegalStateException("frame " + at + " is free");
      }
      frames.remove(run);
      if (run.start < at) {
        frames.add(new Frames(run.start, at - 1, run.references));
      }
      long end = Math.min(run.last, last);
      if (end < run.last) {
        frames.add(new Frames(end + 1, run.last, run.references));
      }
      if (run.references + by == 0) {
        used -= end - at + 1;
        pages.drop(at, end);
      } else {
        join(new Frames(at, end, run.references + by));
      }
      at = end + 1;
    }
  }

  /** Adds a run, as one with its neighbours where the counts are the same. */
  private void join(Frames run) {
    long start = run.start;
    long last = run.last;
    Frames below = frames.before(start);
    if (below != null && below.last + 1 == start && below.references == run.references) {
      frames.remove(below);
      start = below.start;
    }
    Frames above = frames.at(last + 1);
    if (above != null && above.references == run.references) {
      frames.remove(above);
      last = above.last;
    }
    frames.add(new Frames(start, last, run.references));
  }

  /** Frames that somebody holds. */
  public long used() {
    return used;
  }

  /** Bytes of the pages that were written to. */
  public long writtenBytes() {
    return pages.pages() * PAGE_SIZE;
  }

  /** Whether someone wrote to the page of a physical address. */
  public boolean written(long address) {
    return pages.read(address >>> PAGE_SHIFT) != null;
  }

  /** Looks at pages that were written. */
  @FunctionalInterface
  public interface PageVisitor {
    /**
     * Looks at one.
     *
     * @param address where it begins
     * @param bytes what is in it, to be read only
     */
    void page(long address, byte[] bytes);
  }

  /** Shows each page that was written, in the order of their addresses. */
  public void visitWritten(PageVisitor visitor) {
    pages.visit((frame, bytes) -> visitor.page(frame << PAGE_SHIFT, bytes));
  }

  /** Reads bytes at a physical address. */
  public void read(long address, byte[] to, int offset, int length) {
    while (length > 0) {
      int inPage = (int) address & (PAGE_SIZE - 1);
      int piece = Math.min(length, PAGE_SIZE - inPage);
      byte @Nullable [] page = pages.read(address >>> PAGE_SHIFT);
      if (page == null) {
        Arrays.fill(to, offset, offset + piece, (byte) 0);
      } else {
        System.arraycopy(page, inPage, to, offset, piece);
      }
      address += piece;
      offset += piece;
      length -= piece;
    }
  }

  /** Writes bytes at a physical address. */
  public void write(long address, byte[] from, int offset, int length) {
    while (length > 0) {
      int inPage = (int) address & (PAGE_SIZE - 1);
      int piece = Math.min(length, PAGE_SIZE - inPage);
      System.arraycopy(from, offset, pages.write(address >>> PAGE_SHIFT), inPage, piece);
      address += piece;
      offset += piece;
      length -= piece;
    }
  }

  /** The 64-bit word at an address, a multiple of eight, for hardware that reads tables. */
  public long tableWord(long address) {
    byte @Nullable [] page = pages.readTable(address >>> PAGE_SHIFT);
    return page == null ? 0 : (long) WORD.get(page, (int) address & (PAGE_SIZE - 1));
  }

  /** Sets bits of such a word, as hardware does in one update. */
  public void setBits(long address, long bits) {
    byte[] page = pages.write(address >>> PAGE_SHIFT);
    int at = (int) address & (PAGE_SIZE - 1);
    WORD.set(page, at, (long) WORD.get(page, at) | bits);
  }

  /** A number that grows when a word may have changed that {@link #tableWord} has given. */
  public long tableChanges() {
    return pages.tableChanges();
  }

  @Override
  public void writeState(StateWriter out) {
    out.number("used_frames", used);
    for (Frames run : frames.all()) {
      out.child(
          "frames",
          Long.toHexString(run.start),
          inner -> {
            inner.number("count", run.last - run.start + 1);
            inner.number("references", run.references);
          });
    }
    long[] contents = new long[2];
    pages.visit(
        (frame, bytes) -> {
          long hash = StateHash.ofBytes(bytes);
          if (hash != ZERO_PAGE) {
            contents[0]++;
            contents[1] = Long.rotateLeft(contents[1], 7) * 31 + frame + hash;
          }
        });
    out.number("written_pages", contents[0]);
    out.hex("contents", contents[1]);
  }

  private static final long ZERO_PAGE = StateHash.ofBytes(new byte[PAGE_SIZE]);
}
