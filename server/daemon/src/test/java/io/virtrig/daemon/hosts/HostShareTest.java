package io.virtrig.daemon.hosts;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.virtrig.daemon.quota.Account;
import io.virtrig.daemon.quota.OverQuota;
import io.virtrig.daemon.quota.Quota;
import io.virtrig.daemon.quota.Quotas;
import io.virtrig.emulator.event.EventListener;
import io.virtrig.emulator.hardware.pci.DeviceModels;
import io.virtrig.v1.CloseRequest;
import io.virtrig.v1.DeviceSpec;
import io.virtrig.v1.EventfdRequest;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.MmapRequest;
import io.virtrig.v1.MunmapRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.StoreRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** A tenant's totals against what its hosts say, whatever is done to them. */
class HostShareTest {
  private static final int PAGE = 4096;
  private static final Quotas LIMITS =
      new Quotas(
          Map.of(
              Quota.HOSTS, 6L,
              Quota.DEVICES, 8L,
              Quota.GUEST_BYTES, 60L * PAGE,
              Quota.MAPPINGS, 40L,
              Quota.EVENTFDS, 25L));

  @Test
  void totalsAreWhatTheHostsHaveAndZeroAtTheEnd() {
    long refusals = 0;
    for (long seed = 0; seed < 20; seed++) {
      SplittableRandom random = new SplittableRandom(seed);
      Account account = new Account(LIMITS, refusal -> {});
      HostRegistry hosts =
          new HostRegistry(
              new HostSlots(100), new HostMaker(DeviceModels.NONE, EventListener.NONE), account);
      for (int round = 0; round < 500; round++) {
        try {
          act(hosts, random);
        } catch (OverQuota | HostRefused e) {
          refusals++;
        }
        assertAgree(account, hosts, "seed " + seed + " round " + round);
      }
      for (HostedHost host : hosts.after("", 100)) {
        hosts.delete(host.id());
      }
      for (Quota quota : Quota.values()) {
        assertThat(account.used(quota)).as("%s, seed %d", quota, seed).isZero();
      }
    }
    assertThat(refusals).isPositive();
  }

  private static void act(HostRegistry hosts, SplittableRandom random) {
    List<HostedHost> all = hosts.after("", 100);
    String id = "h" + random.nextInt(9);
    if (all.isEmpty() || random.nextInt(20) == 0) {
      HostSpec.Builder spec = HostSpec.newBuilder();
      for (int device = random.nextInt(4); device > 0; device--) {
        spec.addDevices(
            DeviceSpec.newBuilder().setBdf("0000:00:0" + device + ".0").setGroup(device));
      }
      var _ = hosts.create(id, spec.build(), "");
      return;
    }
    HostedHost host = all.get(random.nextInt(all.size()));
    if (random.nextInt(25) == 0) {
      var _ = hosts.clone(host.id(), id, "");
    } else if (random.nextInt(25) == 0) {
      hosts.delete(host.id());
    } else {
      var _ = host.execute(any(random));
    }
  }

  private static Operation any(SplittableRandom random) {
    long addr = 0x100000L + (long) random.nextInt(32) * PAGE;
    long length = (long) (1 + random.nextInt(4)) * PAGE;
    Operation.Builder op = Operation.newBuilder();
    switch (random.nextInt(6)) {
      case 0 -> op.setEventfd(EventfdRequest.getDefaultInstance());
      case 1 -> op.setClose(CloseRequest.newBuilder().setTargetFd(random.nextInt(8)));
      case 2, 3 -> op.setMmap(MmapRequest.newBuilder().setAddr(addr).setLength(length));
      case 4 -> op.setMunmap(MunmapRequest.newBuilder().setAddr(addr).setLength(length));
      default ->
          op.setStore(
              StoreRequest.newBuilder().setAddr(addr).setBytes(ByteString.copyFromUtf8("bytes")));
    }
    return op.build();
  }

  private static void assertAgree(Account account, HostRegistry hosts, String when) {
    List<Long> counted = new ArrayList<>(List.of(0L, 0L, 0L, 0L, 0L));
    for (HostedHost host : hosts.after("", 100)) {
      var _ =
          host.with(
              inner -> {
                add(counted, 0, 1);
                add(counted, 1, inner.usage().devices());
                add(counted, 2, inner.usage().guestBytes());
                add(counted, 3, inner.usage().mappings());
                add(counted, 4, inner.usage().eventfds());
                return true;
              });
    }
    assertThat(
            List.of(
                account.used(Quota.HOSTS),
                account.used(Quota.DEVICES),
                account.used(Quota.GUEST_BYTES),
                account.used(Quota.MAPPINGS),
                account.used(Quota.EVENTFDS)))
        .as(when)
        .isEqualTo(counted);
    assertThat(counted.get(0)).isLessThanOrEqualTo(6);
    assertThat(counted.get(1)).isLessThanOrEqualTo(8);
    assertThat(counted.get(4)).isLessThanOrEqualTo(25);
  }

  private static void add(List<Long> counted, int at, long more) {
    counted.set(at, counted.get(at) + more);
  }
}
