package io.virtrig.daemon.hosts;

import io.virtrig.daemon.quota.Account;
import io.virtrig.daemon.quota.OverQuota;
import io.virtrig.emulator.Host;
import io.virtrig.emulator.event.EventListener;
import io.virtrig.emulator.hardware.pci.DeviceModels;
import io.virtrig.v1.HostSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The hosts of one tenant, by id. Safe for use by several threads. */
public final class HostRegistry {
  private static final Pattern ID = Pattern.compile("[a-z][a-z0-9-]{0,62}");

  private final ConcurrentSkipListMap<String, HostedHost> hosts = new ConcurrentSkipListMap<>();
  private final AtomicInteger size = new AtomicInteger();
  private final AtomicLong lastChosen = new AtomicLong();
  private final HostSlots slots;
  private final HostMaker maker;

  /** What its hosts take is held against it; null where nobody asks. */
  private final @Nullable Account account;

  /**
   * An empty registry.
   *
   * @param mostHosts how many hosts it takes
   * @param models what the hosts' devices may be
   */
  public HostRegistry(int mostHosts, DeviceModels models, EventListener listener) {
    this(new HostSlots(mostHosts), new HostMaker(models, listener), null);
  }

  /**
   * An empty registry that shares a number of hosts with others.
   *
   * @param account what its hosts take is held against it
   */
  public HostRegistry(HostSlots slots, HostMaker maker, @Nullable Account account) {
    this.account = account;
    this.slots = slots;
    this.maker = maker;
  }

  /**
   * Makes a host.
   *
   * @param id its id; empty for one of the daemon's choice
   * @param requestId when not empty, a second call with it and the same id answers the host made by
   *     the first
   * @throws HostRefused when the id is malformed or taken, or the daemon is full
   * @throws OverQuota when the tenant has as many hosts or devices as it may
   * @throws io.virtrig.emulator.errno.Refused when the specification makes no sense
   */
  public HostedHost create(String id, HostSpec spec, String requestId) {
    return make(id, spec, requestId).host();
  }

  /** As {@link #create}; says whether the host was there before. */
  public Made make(String id, HostSpec spec, String requestId) {
    return add(id, requestId, () -> maker.make(spec));
  }

  /**
   * A host that was asked for.
   *
   * @param isNew not made before by the same request
   */
  public record Made(HostedHost host, boolean isNew) {}

  /**
   * Makes a host in the state that another is in.
   *
   * @param original the id or resource name of the other
   * @param id as for {@link #create}
   * @param requestId as for {@link #create}
   * @throws NoSuchHost when there is no other
   * @throws HostRefused when the id is malformed or taken, or the daemon is full
   * @throws OverQuota when the tenant may not have as much as the copy would take
   */
  public HostedHost clone(String original, String id, String requestId) {
    HostedHost other = get(original);
    return add(id, requestId, () -> other.with(maker::copy)).host();
  }

  private Made add(String id, String requestId, Supplier<Host> made) {
    if (!id.isEmpty() && !ID.matcher(id).matches()) {
      throw new HostRefused(
          HostRefused.Reason.BAD_ID,
          "\"" + id + "\" is not 1 to 63 of a-z, 0-9 and -, beginning with a letter");
    }
    HostedHost existing = hosts.get(id);
    if (existing != null) {
      return sameRequest(existing, requestId);
    }
    slots.take();
    size.incrementAndGet();
    HostShare share = null;
    boolean added = false;
    try {
      share = account == null ? null : HostShare.of(account);
      Host host = made.get();
      if (share != null) {
        share.take(host.usage());
      }
      if (id.isEmpty()) {
        HostedHost chosen;
        do {
          chosen = new HostedHost("host-" + lastChosen.incrementAndGet(), requestId, host, share);
        } while (hosts.putIfAbsent(chosen.id(), chosen) != null);
        added = true;
        return new Made(chosen, true);
      }
      HostedHost named = new HostedHost(id, requestId, host, share);
      HostedHost first = hosts.putIfAbsent(id, named);
      added = first == null;
      return first == null ? new Made(named, true) : sameRequest(first, requestId);
    } finally {
      if (!added) {
        size.decrementAndGet();
        slots.giveBack();
        if (share != null) {
          share.giveBack();
        }
      }
    }
  }

  private static Made sameRequest(HostedHost existing, String requestId) {
    if (requestId.isEmpty() || !requestId.equals(existing.requestId())) {
      throw new HostRefused(
          HostRefused.Reason.EXISTS, "there is a host \"" + existing.id() + "\" already");
    }
    return new Made(existing, false);
  }

  /**
   * The host of an id or resource name.
   *
   * @throws NoSuchHost when there is none
   */
  public HostedHost get(String name) {
    String id = id(name);
    HostedHost host = hosts.get(id);
    if (host == null) {
      throw new NoSuchHost(id);
    }
    return host;
  }

  private static String id(String name) {
    return name.startsWith(HostedHost.NAME_PREFIX)
        ? name.substring(HostedHost.NAME_PREFIX.length())
        : name;
  }

  /**
   * Ends a host.
   *
   * @throws NoSuchHost when there is none
   */
  public void delete(String name) {
    HostedHost host = get(name);
    if (!end(host)) {
      throw new NoSuchHost(host.id());
    }
  }

  /** Ends a host, unless somebody else does; one of the same id that came after it stays. */
  public boolean end(HostedHost host) {
    boolean ended = remove(host);
    if (ended) {
      host.end();
    }
    return ended;
  }

  /** Ends a host because its lease is over; one of the same id that came after it stays. */
  public void expire(HostedHost host) {
    if (remove(host)) {
      host.expire();
    }
  }

  private boolean remove(HostedHost host) {
    boolean removed = hosts.remove(host.id(), host);
    if (removed) {
      size.decrementAndGet();
      slots.giveBack();
    }
    return removed;
  }

  /** Up to {@code most} hosts with an id above {@code after}, by id. */
  public List<HostedHost> after(String after, int most) {
    List<HostedHost> page = new ArrayList<>();
    for (HostedHost host : hosts.tailMap(after, false).values()) {
      if (page.size() == most) {
        break;
      }
      page.add(host);
    }
    return page;
  }

  /** How many hosts there are. */
  public int size() {
    return size.get();
  }
}
