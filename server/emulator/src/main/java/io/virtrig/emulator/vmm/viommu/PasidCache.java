package io.virtrig.emulator.vmm.viommu;

import io.virtrig.emulator.errno.Refused;
import io.virtrig.emulator.state.StateWriter;
import io.virtrig.emulator.state.Stateful;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The PASID cache: what the virtual IOMMU has last seen of each device's PASID entries, so that it
 * can tell from an invalidation what the guest has changed, and binds and unbinds accordingly
 * (vtd_pasid_cache_sync). Entries are gone over in the order of source id and PASID; QEMU's hash
 * table has none.
 */
final class PasidCache implements Stateful {
  private static final int LAST_PASID = 0xfffff;
  private static final int PASIDS_A_TABLE = 64;

  /** A limit of the simulator. */
  private static final int MOST_ENTRIES = 1 << 18;

  /** Which entries an invalidation is about. */
  sealed interface Scope {
    /** All, whatever the guest's tables say. */
    record ForceReset() implements Scope {}

    /** All. */
    record Global() implements Scope {}

    /** Those of a domain. */
    record Domain(int domain) implements Scope {}

    /** One PASID in a domain. */
    record Pasid(int domain, int pasid) implements Scope {}

    /** Those of a device. */
    record Device(int source) implements Scope {}
  }

  private final GuestTables tables;
  private final TreeMap<Integer, HostIommuContext> contexts = new TreeMap<>();
  private final List<Integer> attached = new ArrayList<>();
  private final TreeMap<Long, GuestPasidEntry> entries = new TreeMap<>();
  private final GuestPasidEntry seen = new GuestPasidEntry();

  PasidCache(GuestTables tables) {
    this.tables = tables;
  }

  /** A device has got a context. */
  void attach(int source, HostIommuContext context) {
    contexts.put(source, context);
    attached.addFirst(source);
  }

  /** A device goes: no call is made, and none will be. */
  void detach(int source) {
    if (contexts.remove(source) != null) {
      attached.removeIf(device -> device == source);
    }
  }

  /** The devices' contexts, the one attached last first. */
  List<HostIommuContext> attached() {
    return attached.stream().map(contexts::get).toList();
  }

  private static long key(int source, int pasid) {
    return (long) source << Integer.SIZE | pasid;
  }

  /** Brings the cache, and the host, up to what the guest's tables say. */
  void sync(Scope scope) {
    syncCached(scope);
    if (!(scope instanceof Scope.ForceReset)) {
      replay(scope);
    }
  }

  private void syncCached(Scope scope) {
    Iterator<Map.Entry<Long, GuestPasidEntry>> all = entries.entrySet().iterator();
    while (all.hasNext()) {
      Map.Entry<Long, GuestPasidEntry> cached = all.next();
      int source = (int) (cached.getKey() >>> Integer.SIZE);
      int pasid = cached.getKey().intValue();
      if (!selects(scope, source, pasid, cached.getValue().domain())) {
        continue;
      }
      if (!(scope instanceof Scope.ForceReset) && tables.entry(source, pasid, seen)) {
        fill(source, pasid, cached.getValue());
      } else {
        unbind(source, pasid);
        all.remove();
      }
    }
  }

  private static boolean selects(Scope scope, int source, int pasid, int domain) {
    return switch (scope) {
      case Scope.ForceReset _, Scope.Global _ -> true;
      case Scope.Domain it -> it.domain == domain;
      case Scope.Pasid it -> it.pasid == pasid && it.domain == domain;
      case Scope.Device it -> it.source == source;
    };
  }

  /** Looks for entries that are not cached yet. */
  private void replay(Scope scope) {
    for (int source : attached) {
      if ((scope instanceof Scope.Device device && device.source != source)
          || !tables.context(source)) {
        continue;
      }
      if (scope instanceof Scope.Pasid one) {
        if (tables.read(one.pasid, seen)) {
          found(scope, source, one.pasid);
        }
        continue;
      }
      int end = Math.min(LAST_PASID, tables.pasids());
      for (int first = 0; first < end; first += PASIDS_A_TABLE) {
        if (tables.table(first)) {
          for (int pasid = first; pasid < Math.min(end, first + PASIDS_A_TABLE); pasid++) {
            if (tables.at(pasid, seen)) {
              found(scope, source, pasid);
            }
          }
        }
      }
    }
  }

  /** The empty entry of another domain stays: so it is in the series. */
  private void found(Scope scope, int source, int pasid) {
    if (entries.size() == MOST_ENTRIES) {
      throw Refused.exhausted("", "a virtual IOMMU caches at most " + MOST_ENTRIES + " entries");
    }
    GuestPasidEntry cached =
        entries.computeIfAbsent(key(source, pasid), _ -> new GuestPasidEntry());
    boolean other =
        switch (scope) {
          case Scope.Pasid it -> it.domain != seen.domain();
          case Scope.Domain it -> it.domain != seen.domain();
          case Scope.ForceReset _, Scope.Global _, Scope.Device _ -> false;
        };
    if (!other) {
      fill(source, pasid, cached);
    }
  }

  /** The entry stays cached when the host refuses to bind it. */
  private void fill(int source, int pasid, GuestPasidEntry cached) {
    if (seen.same(cached)) {
      return;
    }
    cached.take(seen);
    HostIommuContext context = contexts.get(source);
    if (pasid >= 1 && context != null) {
      context.bind(pasid, cached);
    }
  }

  private void unbind(int source, int pasid) {
    HostIommuContext context = contexts.get(source);
    if (pasid >= 1 && context != null) {
      context.unbind(pasid);
    }
  }

  /** A PASID-based IOTLB invalidation of a whole PASID; 0 is passed down too. */
  void flush(int domain, int pasid) {
    entries.forEach(
        (key, cached) -> {
          HostIommuContext context = contexts.get((int) (key >>> Integer.SIZE));
          if (key.intValue() == pasid && cached.domain() == domain && context != null) {
            context.flush(pasid);
          }
        });
  }

  /** A PASID-based IOTLB invalidation of pages. */
  void flushPages(int domain, int pasid, long address, long bytes, boolean leafOnly) {
    entries.forEach(
        (key, cached) -> {
          HostIommuContext context = contexts.get((int) (key >>> Integer.SIZE));
          if (key.intValue() == pasid && cached.domain() == domain && context != null) {
            context.flushPages(pasid, address, bytes, leafOnly);
          }
        });
  }

  @Override
  public void writeState(StateWriter out) {
    attached.forEach(source -> out.hex("attached", source));
    contexts.forEach(
        (source, context) -> out.child("context", Integer.toHexString(source), context));
    entries.forEach(
        (key, entry) -> {
          String name = Long.toHexString(key);
          for (int word = 0; word < GuestPasidEntry.WORDS; word++) {
            if (entry.words[word] != 0 || word == 0) {
              out.hex("entry_" + name + "_" + word, entry.words[word]);
            }
          }
        });
  }
}
