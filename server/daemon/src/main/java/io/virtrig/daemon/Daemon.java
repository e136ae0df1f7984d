package io.virtrig.daemon;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.virtrig.daemon.config.Configuration;
import io.virtrig.daemon.config.Version;
import io.virtrig.daemon.console.Console;
import io.virtrig.daemon.execution.OperationExecutor;
import io.virtrig.daemon.grpc.GateListener;
import io.virtrig.daemon.grpc.GrpcServer;
import io.virtrig.daemon.hosts.HostMaker;
import io.virtrig.daemon.hosts.HostRegistry;
import io.virtrig.daemon.hosts.HostSlots;
import io.virtrig.daemon.hosts.Leases;
import io.virtrig.daemon.limits.Connections;
import io.virtrig.daemon.limits.LimitMetrics;
import io.virtrig.daemon.limits.MemoryPressure;
import io.virtrig.daemon.metrics.EventMetrics;
import io.virtrig.daemon.metrics.MetricsServer;
import io.virtrig.daemon.metrics.OperationMetrics;
import io.virtrig.daemon.metrics.RingMetrics;
import io.virtrig.daemon.metrics.WatchMetrics;
import io.virtrig.daemon.models.DeviceModelFiles;
import io.virtrig.daemon.tenancy.TenancyListener;
import io.virtrig.daemon.tenancy.Tenants;
import io.virtrig.daemon.tenancy.WatchedTenants;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A running daemon. */
public final class Daemon implements AutoCloseable {
  private final PrometheusMeterRegistry registry;
  private final JvmGcMetrics gcMetrics;
  private final @Nullable WatchedTenants tenants;
  private final MemoryPressure memory;
  private final Leases leases;
  private final GrpcServer grpc;
  private final @Nullable MetricsServer metrics;

  private Daemon(
      PrometheusMeterRegistry registry,
      JvmGcMetrics gcMetrics,
      MemoryPressure memory,
      @Nullable WatchedTenants tenants,
      Leases leases,
      GrpcServer grpc,
      @Nullable MetricsServer metrics) {
    this.registry = registry;
    this.gcMetrics = gcMetrics;
    this.tenants = tenants;
    this.memory = memory;
    this.leases = leases;
    this.grpc = grpc;
    this.metrics = metrics;
  }

  /**
   * Builds and starts a daemon.
   *
   * @throws IOException when it cannot listen, or a file of its configuration cannot be read
   * @throws io.virtrig.daemon.config.BadConfiguration when a file holds something else than it
   *     should
   */
  public static Daemon start(Configuration configuration) throws IOException {
    PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    // Names that Prometheus objects to: one says counter and is none, one has nanoseconds.
    registry
        .config()
        .meterFilter(MeterFilter.denyNameStartsWith("system.cpu.count"))
        .meterFilter(MeterFilter.denyNameStartsWith("process.cpu.time"));
    HostSlots slots = new HostSlots(configuration.maxHosts());
    HostMaker maker =
        new HostMaker(
            DeviceModelFiles.withFiles(configuration.models()), new EventMetrics(registry));
    Path file = configuration.access().tenants();
    WatchedTenants watched =
        file == null
            ? null
            : WatchedTenants.of(
                file, account -> new HostRegistry(slots, maker, account), TenancyListener.NONE);
    Tenants tenants =
        watched == null ? Tenants.sole(new HostRegistry(slots, maker, null)) : watched.tenants();
    LimitMetrics refusals = new LimitMetrics(registry);
    MemoryPressure memory = new MemoryPressure(registry, refusals);
    OperationExecutor executor = new OperationExecutor(new OperationMetrics(registry), memory);
    Leases leases = new Leases(System::nanoTime, registry);
    JvmGcMetrics gcMetrics = new JvmGcMetrics();
    gcMetrics.bindTo(registry);
    bind(registry, slots);
    GrpcServer grpc =
        GrpcServer.onNetwork(
            configuration,
            tenants,
            GateListener.NONE,
            executor,
            leases,
            new Connections(configuration.limits(), refusals, registry),
            refusals,
            new RingMetrics(registry),
            new WatchMetrics(registry),
            registry);
    InetSocketAddress scraped = configuration.metrics();
    MetricsServer metrics =
        scraped == null
            ? null
            : MetricsServer.start(scraped, configuration.scraping(), registry, grpc::serving);
    if (metrics != null) {
      Console.serve(metrics, tenants, registry);
    }
    try {
      grpc.start();
    } catch (IOException e) {
      if (metrics != null) {
        metrics.close();
      }
      throw e;
    }
    return new Daemon(registry, gcMetrics, memory, watched, leases, grpc, metrics);
  }

  private static void bind(MeterRegistry registry, HostSlots slots) {
    new ClassLoaderMetrics().bindTo(registry);
    new JvmMemoryMetrics().bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    Gauge.builder("virtrig.hosts", slots, HostSlots::taken)
        .description("Hosts there are")
        .register(registry);
    Gauge.builder("virtrig.build.info", () -> 1)
        .description("What runs")
        .tag("version", Version.current())
        .register(registry);
  }

  /** Where gRPC is served. */
  public InetSocketAddress grpcAddress() {
    return grpc.address();
  }

  /** Where metrics are served; null when nowhere. */
  public @Nullable InetSocketAddress metricsAddress() {
    return metrics == null ? null : metrics.address();
  }

  /** Stops: running calls may finish for the configured time. */
  @Override
  public void close() {
    try {
      grpc.stop();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      if (tenants != null) {
        tenants.close();
      }
      if (metrics != null) {
        metrics.close();
      }
      gcMetrics.close();
      memory.close();
      leases.close();
      registry.close();
    }
  }
}
