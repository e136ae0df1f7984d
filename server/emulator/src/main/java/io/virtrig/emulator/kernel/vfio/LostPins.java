package io.virtrig.emulator.kernel.vfio;

/**
 * Pages of a host that stay pinned for ever: their driver had not let go of them when their
 * container went.
 */
final class LostPins {
  private long pages;

  void lose(int count) {
    pages += count;
  }

  long pages() {
    return pages;
  }
}
