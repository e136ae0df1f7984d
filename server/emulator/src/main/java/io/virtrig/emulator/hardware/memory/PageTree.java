package io.virtrig.emulator.hardware.memory;

import org.jspecify.annotations.Nullable;

/**
 * The contents of physical memory: pages by frame number, only those that were written.
 *
 * <p>How it works. A radix tree, {@value #WIDTH} ways a level, as high as the highest frame in use
 * needs. Every node and page names its owner. {@link #copy()} gives both trees new owners and
 * shares all nodes: O(1), whatever the size. A write copies what it passes through that has another
 * owner (copy on write), so each tree changes only its own.
 */
final class PageTree {
  static final int PAGE_SIZE = 4096;
  private static final int BITS = 6;
  private static final int WIDTH = 1 << BITS;

  private static final class Owner {}

  private static final class Node {
    final Owner owner;
    final @Nullable Object[] slots;

    /** Pages below it. */
    long pages;

    Node(Owner owner, @Nullable Object[] slots, long pages) {
      this.owner = owner;
      this.slots = slots;
      this.pages = pages;
    }
  }

  private static final class Page {
    final Owner owner;
    final byte[] bytes;

    /** Hardware has read tables in it. */
    boolean tables;

    Page(Owner owner, byte[] bytes, boolean tables) {
      this.owner = owner;
      this.bytes = bytes;
      this.tables = tables;
    }
  }

  /** Visits pages in ascending order of their frame numbers. */
  interface Visitor {
    void page(long frame, byte[] bytes);
  }

  private Owner owner = new Owner();
  private @Nullable Node root;
  private int height;
  private long tableChanges;

  /** A second tree with the same contents, of its own from now on. */
  PageTree copy() {
    PageTree copy = new PageTree();
    copy.root = root;
    copy.height = height;
    owner = new Owner();
    return copy;
  }

  /** The bytes of a frame to read; null where nothing was written. */
  byte @Nullable [] read(long frame) {
    Page page = page(frame);
    return page == null ? null : page.bytes;
  }

  /** The bytes of a frame in which hardware reads tables; null where nothing was written. */
  byte @Nullable [] readTable(long frame) {
    Page page = page(frame);
    if (page == null) {
      return null;
    }
    page.tables = true;
    return page.bytes;
  }

  /** How often a page with tables may have changed. */
  long tableChanges() {
    return tableChanges;
  }

  private @Nullable Page page(long frame) {
    if (root == null || frame >>> (BITS * height) != 0) {
      return null;
    }
    Object at = root;
    for (int level = height - 1; level >= 0 && at != null; level--) {
      at = ((Node) at).slots[slot(frame, level)];
    }
    return (Page) at;
  }

  /** The bytes of a frame to write, zero where nothing was written before. */
  byte[] write(long frame) {
    while (root == null || frame >>> (BITS * height) != 0) {
      @Nullable Object[] slots = new Object[WIDTH];
      slots[0] = root;
      root = new Node(owner, slots, pages(root));
      height++;
    }
    root = owned(root);
    Node node = root;
    for (int level = height - 1; level > 0; level--) {
      int slot = slot(frame, level);
      Object child = node.slots[slot];
      Node next = child == null ? new Node(owner, new Object[WIDTH], 0) : owned((Node) child);
      node.slots[slot] = next;
      node = next;
    }
    int slot = slot(frame, 0);
    Page page = (Page) node.slots[slot];
    if (page == null || page.owner != owner) {
      if (page == null) {
        countOneMore(frame);
      }
      page =
          page == null
              ? new Page(owner, new byte[PAGE_SIZE], false)
              : new Page(owner, page.bytes.clone(), page.tables);
      node.slots[slot] = page;
    }
    if (page.tables) {
      tableChanges++;
    }
    return page.bytes;
  }

  /** Forgets the contents of the frames from {@code first} to {@code last}. */
  void drop(long first, long last) {
    if (root != null) {
      tableChanges++;
      root = (Node) drop(root, height - 1, 0, first, last);
      if (root == null) {
        height = 0;
      }
    }
  }

  @SuppressWarnings("ReferenceEquality") // whether the very same node was kept
  private @Nullable Object drop(Object at, int level, long base, long first, long last) {
    long end = base + (1L << (BITS * (level + 1))) - 1;
    if (first <= base && end <= last) {
      return null;
    }
    if (last < base || end < first) {
      return at;
    }
    Node node = (Node) at;
    long left = 0;
    for (int i = 0; i < WIDTH; i++) {
      Object child = node.slots[i];
      if (child == null) {
        continue;
      }
      long childBase = base + ((long) i << (BITS * level));
      Object kept = drop(child, level - 1, childBase, first, last);
      if (kept != child) {
        node = owned(node);
        node.slots[i] = kept;
      }
      left += pages(kept);
    }
    if (left == 0) {
      return null;
    }
    if (left != node.pages) {
      node = owned(node);
      node.pages = left;
    }
    return node;
  }

  /** How many pages there are. */
  long pages() {
    return pages(root);
  }

  private static long pages(@Nullable Object at) {
    return switch (at) {
      case null -> 0;
      case Node node -> node.pages;
      default -> 1;
    };
  }

  /** In all nodes on the way to a frame, which are the tree's own by now. */
  private void countOneMore(long frame) {
    Object at = root;
    for (int level = height - 1; level >= 0 && at instanceof Node node; level--) {
      node.pages++;
      at = node.slots[slot(frame, level)];
    }
  }

  /** Visits every page there is. */
  void visit(Visitor visitor) {
    if (root != null) {
      visit(root, height - 1, 0, visitor);
    }
  }

  private static void visit(Node node, int level, long base, Visitor visitor) {
    for (int i = 0; i < WIDTH; i++) {
      Object child = node.slots[i];
      long childBase = base + ((long) i << (BITS * level));
      if (child instanceof Node inner) {
        visit(inner, level - 1, childBase, visitor);
      } else if (child instanceof Page page) {
        visitor.page(childBase, page.bytes);
      }
    }
  }

  private Node owned(Node node) {
    return node.owner == owner ? node : new Node(owner, node.slots.clone(), node.pages);
  }

  private static int slot(long frame, int level) {
    return (int) (frame >>> (BITS * level)) & (WIDTH - 1);
  }
}
