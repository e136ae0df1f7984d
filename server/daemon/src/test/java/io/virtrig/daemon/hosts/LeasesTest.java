package io.virtrig.daemon.hosts;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.virtrig.emulator.event.EventListener;
import io.virtrig.emulator.hardware.pci.DeviceModels;
import io.virtrig.v1.HostSpec;
import java.time.Duration;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The clock stands still unless it is moved, and the leases are looked at only when told. */
class LeasesTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  /** Close to where nanoseconds overflow, as those of the system may be. */
  private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - MINUTE.toNanos() / 2);

  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final HostRegistry hosts = new HostRegistry(1000, DeviceModels.NONE, EventListener.NONE);
  private final Leases leases = new Leases(clock::get, meters);

  @AfterEach
  void close() {
    leases.close();
  }

  @Test
  void aHostIsDeletedWhenItsLeaseIsOverAndNotBefore() {
    HostedHost host = leased("a", MINUTE);
    advance(MINUTE.minusNanos(1));
    assertThat(hosts.get("a")).isSameAs(host);
    assertThat(Objects.requireNonNull(host.lease()).left()).isEqualTo(Duration.ofNanos(1));
    advance(Duration.ofNanos(1));
    assertThatThrownBy(() -> hosts.get("a")).isInstanceOf(NoSuchHost.class);
    assertThat(host.news(0, 10).ended()).isTrue();
    assertThat(host.news(0, 10).expired()).isTrue();
    // Its one process has exited.
    assertThat(host.news(0, 10).events()).hasSize(1);
    assertThat(expired()).isEqualTo(1);
    assertThat(hosts.size()).isZero();
  }

  @Test
  void renewingLetsItLiveOnForAsLongAsBeforeOrAsLongAsIsSaid() {
    HostedHost host = leased("a", MINUTE);
    advance(Duration.ofSeconds(50));
    assertThat(leases.renew(host, null)).isTrue();
    advance(Duration.ofSeconds(59));
    assertThat(leases.renew(host, Duration.ofHours(1))).isTrue();
    advance(Duration.ofMinutes(59));
    assertThat(leases.renew(host, null)).isTrue();
    advance(Duration.ofMinutes(59));
    assertThat(hosts.get("a")).isSameAs(host);
    advance(MINUTE);
    assertThat(hosts.size()).isZero();
    assertThat(leases.renew(host, null)).as("too late").isFalse();
  }

  @Test
  void aHostWithoutLeaseLivesAndHasNoneToRenew() {
    HostedHost host = hosts.create("a", HostSpec.getDefaultInstance(), "");
    leased("b", MINUTE);
    assertThat(leases.renew(host, MINUTE)).isFalse();
    advance(Duration.ofDays(1000));
    assertThat(hosts.get("a")).isSameAs(host);
    assertThat(host.lease()).isNull();
  }

  @Test
  void aHostMadeAfterOneOfTheSameIdWasDeletedDoesNotSufferForIt() {
    leased("a", MINUTE);
    hosts.delete("a");
    HostedHost second = hosts.create("a", HostSpec.getDefaultInstance(), "");
    advance(MINUTE);
    assertThat(hosts.get("a")).isSameAs(second);
    assertThat(expired()).as("it was deleted before").isZero();
    assertThat(meters.get("virtrig.leases").gauge().value()).isZero();
  }

  /** Against a model that knows only when each would end. */
  @Test
  void whateverIsRenewedWhenever() {
    for (long seed = 0; seed < 50; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      TreeMap<String, Long> ends = new TreeMap<>();
      long now = 0;
      for (int step = 0; step < 60; step++) {
        String id = "s" + seed + "-" + random.nextInt(8);
        int seconds = 1 + random.nextInt(20);
        if (!ends.containsKey(id)) {
          leased(id, Duration.ofSeconds(seconds));
          ends.put(id, now + seconds);
        } else if (random.nextBoolean()) {
          assertThat(leases.renew(hosts.get(id), Duration.ofSeconds(seconds))).isTrue();
          ends.put(id, now + seconds);
        } else {
          hosts.delete(id);
          ends.remove(id);
        }
        int later = random.nextInt(5);
        now += later;
        advance(Duration.ofSeconds(later));
        long moment = now;
        ends.values().removeIf(end -> end <= moment);
        assertThat(hosts.after("", 1000))
            .as("seed %s, step %s", seed, step)
            .extracting(HostedHost::id)
            .containsExactlyElementsOf(ends.keySet());
      }
      ends.keySet().forEach(hosts::delete);
    }
  }

  private HostedHost leased(String id, Duration length) {
    HostedHost host = hosts.create(id, HostSpec.getDefaultInstance(), "");
    leases.grant(host, length, () -> hosts.expire(host));
    return host;
  }

  private void advance(Duration time) {
    clock.addAndGet(time.toNanos());
    leases.expire();
  }

  private double expired() {
    return meters.get("virtrig.leases.expired").counter().count();
  }
}
