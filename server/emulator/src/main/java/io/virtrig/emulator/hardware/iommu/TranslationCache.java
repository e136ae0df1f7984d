package io.virtrig.emulator.hardware.iommu;

import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.util.Arrays;

/**
 * Entries that hardware keeps by input address: an IOTLB, the TLB of a device, a cache of paging
 * structures. An entry covers {@code 1 << shift} bytes in one space (a PASID or ASID) of one domain
 * and kind.
 *
 * <p>It starts empty and grows up to its limit; from then on the entry that was used least recently
 * makes room. Slots are arrays of numbers, chained by hash; finding one allocates nothing, and no
 * result depends on the order of the chains.
 */
public final class TranslationCache implements Stateful {
  /** No such entry. */
  public static final int NONE = -1;

  /** The words of tables that an entry remembers, at most: those of both stages' paths. */
  public static final int WORDS = 10;

  private static final int FIRST_CAPACITY = 16;

  /** Chooses entries. */
  @FunctionalInterface
  public interface Choice {
    /** Whether the entry in a slot is meant. */
    boolean test(int slot);
  }

  private final int limit;
  private final CacheUse use;
  private int size;
  private int free = NONE;
  private int unused;

  /** By hash: the first slot of a chain. */
  private int[] heads = new int[0];

  /** By slot: the next of its chain, or of the free slots. */
  private int[] next = new int[0];

  /** By slot: its neighbours by last use. */
  private int[] older = new int[0];

  private int[] newer = new int[0];
  private int oldest = NONE;
  private int newest = NONE;

  private int[] kinds = new int[0];
  private int[] domains = new int[0];
  private int[] spaces = new int[0];
  private int[] shifts = new int[0];
  private long[] pages = new long[0];
  private long[] targets = new long[0];
  private int[] rights = new int[0];
  private long[] checked = new long[0];
  private int[] wordCounts = new int[0];
  private long[] wordAddresses = new long[0];
  private long[] words = new long[0];

  /** How many entries have each shift, so that only sizes in use are looked for. */
  private final int[] byShift = new int[Long.SIZE];

  private long shiftsInUse;

  /** An empty cache for up to so many entries; with 0 it keeps nothing. */
  public TranslationCache(int limit) {
    this(limit, new CacheUse());
  }

  /** The same, with its uses counted by its owner. */
  public TranslationCache(int limit, CacheUse use) {
    this.limit = limit;
    this.use = use;
  }

  /** Where its owner counts. */
  public CacheUse use() {
    return use;
  }

  /** How many entries there are. */
  public int size() {
    return size;
  }

  /** The slot of the entry for an address, the smallest page first; {@link #NONE}. */
  public int find(int kind, int domain, int space, long address) {
    int slot = peek(kind, domain, space, address);
    if (slot != NONE) {
      touch(slot);
    }
    return slot;
  }

  /** The same, without counting as a use. */
  public int peek(int kind, int domain, int space, long address) {
    for (long left = shiftsInUse; left != 0; left &= left - 1) {
      int shift = Long.numberOfTrailingZeros(left);
      int slot = find(kind, domain, space, address >>> shift, shift);
      if (slot != NONE) {
        return slot;
      }
    }
    return NONE;
  }

  private int find(int kind, int domain, int space, long page, int shift) {
    int slot = heads[hash(kind, domain, space, page, shift)];
    while (slot != NONE
        && !(pages[slot] == page
            && spaces[slot] == space
            && domains[slot] == domain
            && shifts[slot] == shift
            && kinds[slot] == kind)) {
      slot = next[slot];
    }
    return slot;
  }

  private int hash(int kind, int domain, int space, long page, int shift) {
    long mixed = (page * 31 + space) * 31 + domain;
    mixed = (mixed * 31 + shift) * 31 + kind;
    mixed *= 0x9e3779b97f4a7c15L;
    return (int) (mixed >>> 32) & (heads.length - 1);
  }

  /**
   * Adds an entry, in place of the one for the same page if there is one.
   *
   * @param target what the page is translated to
   * @param withRights whatever its owner needs to know to allow an access
   * @return its slot; {@link #NONE} when it keeps nothing
   */
  public int add(
      int kind, int domain, int space, long address, int shift, long target, int withRights) {
    if (limit == 0) {
      return NONE;
    }
    long page = address >>> shift;
    int slot = size == 0 ? NONE : find(kind, domain, space, page, shift);
    if (slot == NONE) {
      slot = take();
      kinds[slot] = kind;
      domains[slot] = domain;
      spaces[slot] = space;
      shifts[slot] = shift;
      pages[slot] = page;
      int head = hash(kind, domain, space, page, shift);
      next[slot] = heads[head];
      heads[head] = slot;
      append(slot);
      count(shift, 1);
      size++;
    } else {
      touch(slot);
    }
    targets[slot] = target;
    rights[slot] = withRights;
    wordCounts[slot] = 0;
    checked[slot] = 0;
    return slot;
  }

  private void count(int shift, int by) {
    byShift[shift] += by;
    long bit = 1L << shift;
    shiftsInUse = byShift[shift] == 0 ? shiftsInUse & ~bit : shiftsInUse | bit;
  }

  /** A slot to use: one given back, one never used, or that of the oldest entry. */
  private int take() {
    if (free != NONE) {
      int slot = free;
      free = next[slot];
      return slot;
    }
    if (unused == kinds.length && unused < limit) {
      grow();
    }
    if (unused < kinds.length) {
      return unused++;
    }
    int slot = oldest;
    use.evicted();
    remove(slot);
    free = next[slot];
    return slot;
  }

  private void grow() {
    int capacity = Math.min(limit, Math.max(FIRST_CAPACITY, 2 * kinds.length));
    next = Arrays.copyOf(next, capacity);
    older = Arrays.copyOf(older, capacity);
    newer = Arrays.copyOf(newer, capacity);
    kinds = Arrays.copyOf(kinds, capacity);
    domains = Arrays.copyOf(domains, capacity);
    spaces = Arrays.copyOf(spaces, capacity);
    shifts = Arrays.copyOf(shifts, capacity);
    pages = Arrays.copyOf(pages, capacity);
    targets = Arrays.copyOf(targets, capacity);
    rights = Arrays.copyOf(rights, capacity);
    checked = Arrays.copyOf(checked, capacity);
    wordCounts = Arrays.copyOf(wordCounts, capacity);
    wordAddresses = Arrays.copyOf(wordAddresses, capacity * WORDS);
    words = Arrays.copyOf(words, capacity * WORDS);
    heads = new int[Integer.highestOneBit(capacity * 2 - 1)];
    Arrays.fill(heads, NONE);
    for (int slot = oldest; slot != NONE; slot = newer[slot]) {
      int head = hash(kinds[slot], domains[slot], spaces[slot], pages[slot], shifts[slot]);
      next[slot] = heads[head];
      heads[head] = slot;
    }
  }

  /** Removes every entry that is chosen, oldest first. */
  public int removeIf(Choice choice) {
    int removed = 0;
    int slot = oldest;
    while (slot != NONE) {
      int after = newer[slot];
      if (choice.test(slot)) {
        remove(slot);
        removed++;
      }
      slot = after;
    }
    return removed;
  }

  private void remove(int slot) {
    int head = hash(kinds[slot], domains[slot], spaces[slot], pages[slot], shifts[slot]);
    if (heads[head] == slot) {
      heads[head] = next[slot];
    } else {
      int before = heads[head];
      while (next[before] != slot) {
        before = next[before];
      }
      next[before] = next[slot];
    }
    detach(slot);
    count(shifts[slot], -1);
    size--;
    next[slot] = free;
    free = slot;
  }

  private void touch(int slot) {
    if (slot != newest) {
      detach(slot);
      append(slot);
    }
  }

  private void append(int slot) {
    older[slot] = newest;
    newer[slot] = NONE;
    if (newest == NONE) {
      oldest = slot;
    } else {
      newer[newest] = slot;
    }
    newest = slot;
  }

  private void detach(int slot) {
    int before = older[slot];
    int after = newer[slot];
    if (before == NONE) {
      oldest = after;
    } else {
      newer[before] = after;
    }
    if (after == NONE) {
      newest = before;
    } else {
      older[after] = before;
    }
  }

  /** Which sort of entry it is. */
  public int kind(int slot) {
    return kinds[slot];
  }

  /** The domain it belongs to. */
  public int domain(int slot) {
    return domains[slot];
  }

  /** The PASID or ASID it belongs to. */
  public int space(int slot) {
    return spaces[slot];
  }

  /** The bits of an offset in what it covers. */
  public int shift(int slot) {
    return shifts[slot];
  }

  /** What it translates to. */
  public long target(int slot) {
    return targets[slot];
  }

  /** What its owner noted. */
  public int rights(int slot) {
    return rights[slot];
  }

  /** Notes something else. */
  public void rights(int slot, int now) {
    rights[slot] = now;
  }

  /** Whether it covers any address from {@code first} to {@code last}. */
  public boolean touches(int slot, long first, long last) {
    int shift = shifts[slot];
    return Long.compareUnsigned(pages[slot], first >>> shift) >= 0
        && Long.compareUnsigned(pages[slot], last >>> shift) <= 0;
  }

  /** Remembers a word of a table that the entry was made from. */
  public void addWord(int slot, long address, long word) {
    int at = slot * WORDS + wordCounts[slot]++;
    wordAddresses[at] = address;
    words[at] = word;
  }

  /** Remembers the words of another entry too. */
  public void copyWords(int from, int to) {
    if (from != to) {
      for (int i = 0; i < wordCounts[from]; i++) {
        addWord(to, wordAddress(from, i), word(from, i));
      }
    }
  }

  /** How many words it remembers. */
  public int words(int slot) {
    return wordCounts[slot];
  }

  /** Where such a word lies. */
  public long wordAddress(int slot, int index) {
    return wordAddresses[slot * WORDS + index];
  }

  /** What it held. */
  public long word(int slot, int index) {
    return words[slot * WORDS + index];
  }

  /** The changes of memory at which the words were last compared. */
  public long checked(int slot) {
    return checked[slot];
  }

  /** Notes that they were compared. */
  public void checked(int slot, long changes) {
    checked[slot] = changes;
  }

  @Override
  public void writeState(StateWriter out) {
    for (int slot = oldest; slot != NONE; slot = newer[slot]) {
      int at = slot;
      out.child(
          "entry",
          kinds[at]
              + ":"
              + domains[at]
              + ":"
              + spaces[at]
              + ":"
              + Long.toHexString(pages[at] << shifts[at]),
          inner -> {
            inner.number("shift", shifts[at]);
            inner.hex("target", targets[at]);
            inner.hex("rights", rights[at]);
            for (int i = 0; i < wordCounts[at]; i++) {
              inner.hex("from", wordAddress(at, i));
              inner.hex("word", word(at, i));
            }
          });
    }
  }
}
