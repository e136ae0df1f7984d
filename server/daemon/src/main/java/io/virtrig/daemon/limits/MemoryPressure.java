package io.virtrig.daemon.limits;

import com.sun.management.GarbageCollectionNotificationInfo;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.v1.Operation.OpCase;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.management.ListenerNotFoundException;
import javax.management.Notification;
import javax.management.NotificationEmitter;
import javax.management.NotificationListener;
import javax.management.openmbean.CompositeData;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches what of the heap is in use after each collection. When little is left, what makes hosts
 * grow is refused, so that what there is goes on; when there is room again, all is as before.
 *
 * <p>A collection of young objects alone counts old ones that nobody holds any more. So the
 * beginning is confirmed by a whole collection, and while it lasts there are more of them when
 * something was given back: nobody else may allocate enough to bring one about.
 */
public final class MemoryPressure implements AutoCloseable, NotificationListener {
  private static final Logger LOG = LoggerFactory.getLogger(MemoryPressure.class);

  /** What callers are told; the field by which they know it is {@link #FIELD}. */
  public static final String REASON = "the daemon is short of memory";

  /** The field at fault of such a refusal. */
  public static final String FIELD = "memory";

  /** When to try again. */
  public static final Duration TRY_AGAIN = Duration.ofSeconds(5);

  private static final double BEGIN = 0.80;
  private static final double END = 0.75;
  private static final Duration BETWEEN_COLLECTIONS = Duration.ofSeconds(2);

  /** Operations after which a host holds more than before. */
  private static final Set<OpCase> GROWING =
      EnumSet.of(
          OpCase.PROCESS,
          OpCase.OPEN,
          OpCase.EVENTFD,
          OpCase.MMAP,
          OpCase.STORE,
          OpCase.PWRITE,
          OpCase.HW_DMA_WRITE,
          OpCase.GUEST_WRITE,
          OpCase.VFIO_GROUP_GET_DEVICE_FD,
          OpCase.VFIO_IOMMU_MAP_DMA,
          OpCase.VFIO_IOMMU_PASID_REQUEST,
          OpCase.IOASID_REQUEST_ALLOC,
          OpCase.KVM_CREATE_VM,
          OpCase.KVM_CREATE_VCPU,
          OpCase.KVM_CREATE_IRQCHIP,
          OpCase.KVM_CREATE_DEVICE,
          OpCase.VHOST_SET_MEM_TABLE,
          OpCase.VMM_START,
          OpCase.VMM_DEVICE_ADD);

  private final LimitMetrics metrics;
  private final long most = Runtime.getRuntime().maxMemory();
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofVirtual().name("memory-pressure").factory());

  private volatile Set<String> heapPools = Set.of();
  private volatile List<NotificationEmitter> collectors = List.of();
  private volatile long live;
  private volatile boolean shedding;

  /** Something was given back since the last collection that was asked for. */
  private volatile boolean released;

  /** Does not watch yet, so nothing is refused. */
  public MemoryPressure(MeterRegistry registry, LimitMetrics metrics) {
    this.metrics = metrics;
    Gauge.builder("virtrig.memory.live", () -> live)
        .description("Bytes of the heap in use after the last collection")
        .baseUnit("bytes")
        .strongReference(true)
        .register(registry);
    Gauge.builder("virtrig.memory.shedding", () -> shedding ? 1 : 0)
        .description("Whether what makes hosts grow is refused for want of memory")
        .strongReference(true)
        .register(registry);
  }

  /** Begins to watch. */
  public void watch() {
    heapPools =
        ManagementFactory.getMemoryPoolMXBeans().stream()
            .filter(pool -> pool.getType() == MemoryType.HEAP)
            .map(MemoryPoolMXBean::getName)
            .collect(Collectors.toSet());
    collectors =
        ManagementFactory.getGarbageCollectorMXBeans().stream()
            .filter(NotificationEmitter.class::isInstance)
            .map(NotificationEmitter.class::cast)
            .toList();
    for (NotificationEmitter collector : collectors) {
      collector.addNotificationListener(this, null, null);
    }
  }

  /** Whether an operation is to be refused; {@link #refusal} says it. */
  public boolean refuses(OpCase operation) {
    if (!shedding) {
      return false;
    }
    if (GROWING.contains(operation)) {
      metrics.refused(Limit.MEMORY);
      return true;
    }
    released = true;
    return false;
  }

  /** Whether whatever grows, other than by an operation, is to be refused. */
  public boolean refusesGrowth() {
    if (shedding) {
      metrics.refused(Limit.MEMORY);
    }
    return shedding;
  }

  /** Something was given back. */
  public void released() {
    released = true;
  }

  /** What an operation is refused with. */
  public static Refused refusal() {
    return Refused.exhausted(FIELD, REASON);
  }

  @Override
  public void handleNotification(Notification notification, Object handback) {
    if (!notification
            .getType()
            .equals(GarbageCollectionNotificationInfo.GARBAGE_COLLECTION_NOTIFICATION)
        || !(notification.getUserData() instanceof CompositeData data)) {
      return;
    }
    Map<String, MemoryUsage> after =
        GarbageCollectionNotificationInfo.from(data).getGcInfo().getMemoryUsageAfterGc();
    long used = 0;
    for (String pool : heapPools) {
      MemoryUsage usage = after.get(pool);
      used += usage == null ? 0 : usage.getUsed();
    }
    collected(used);
  }

  private synchronized void collected(long used) {
    live = used;
    if (!shedding && used > most * BEGIN) {
      shedding = true;
      released = true;
      LOG.warn("{}: {} of {} bytes are in use", REASON, used, most);
      again(Duration.ZERO);
    } else if (shedding && used < most * END) {
      shedding = false;
      LOG.info("there is memory again: {} of {} bytes are in use", used, most);
    }
  }

  private void collectWhileShedding() {
    if (!shedding) {
      return;
    }
    if (released) {
      released = false;
      System.gc();
    }
    again(BETWEEN_COLLECTIONS);
  }

  private void again(Duration later) {
    if (!thread.isShutdown()) {
      var _ = thread.schedule(this::collectWhileShedding, later.toMillis(), TimeUnit.MILLISECONDS);
    }
  }

  @Override
  public void close() {
    for (NotificationEmitter collector : collectors) {
      try {
        collector.removeNotificationListener(this);
      } catch (ListenerNotFoundException e) {
        // It is gone, as it should be.
      }
    }
    thread.shutdownNow();
  }
}
