package io.virtrig.daemon;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.virtrig.daemon.audit.Audit;
import io.virtrig.daemon.audit.AuditLog;
import io.virtrig.daemon.config.Configuration;
import io.virtrig.daemon.config.Version;
import io.virtrig.daemon.console.Console;
import io.virtrig.daemon.execution.OperationExecutor;
import io.virtrig.daemon.grpc.AdminServer;
import io.virtrig.daemon.grpc.GateListener;
import io.virtrig.daemon.grpc.GrpcServer;
import io.virtrig.daemon.grpc.TlsFiles;
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
import io.virtrig.daemon.metrics.TenancyMetrics;
import io.virtrig.daemon.metrics.WatchMetrics;
import io.virtrig.daemon.models.DeviceModelFiles;
import io.virtrig.daemon.tenancy.Tenants;
import io.virtrig.daemon.tenancy.WatchedTenants;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A running daemon. */
public final class Daemon implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Daemon.class);

  private final PrometheusMeterRegistry registry;
  private final GrpcServer grpc;
  private final @Nullable MetricsServer metrics;
  private final @Nullable AdminServer admin;

  /** What is closed after calls have finished, the last started first. */
  private final Deque<AutoCloseable> started;

  private Daemon(
      PrometheusMeterRegistry registry,
      GrpcServer grpc,
      @Nullable MetricsServer metrics,
      @Nullable AdminServer admin,
      Deque<AutoCloseable> started) {
    this.registry = registry;
    this.grpc = grpc;
    this.metrics = metrics;
    this.admin = admin;
    this.started = started;
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
    bind(registry, slots);
    Deque<AutoCloseable> started = new ArrayDeque<>();
    try {
      Audit audit = audit(configuration.access(), started);
      TenancyMetrics tenancy =
          configuration.access().tenants() == null ? null : new TenancyMetrics(registry, audit);
      Tenants tenants = tenants(configuration.access(), slots, maker, tenancy, started);
      GateListener refused = tenancy == null ? GateListener.NONE : tenancy;
      LimitMetrics limits = new LimitMetrics(registry);
      MemoryPressure memory = new MemoryPressure(registry, limits);
      started.push(memory);
      OperationMetrics operations = new OperationMetrics(registry);
      InetSocketAddress scraped = configuration.metrics();
      LateStart late = new LateStart(registry, memory, operations, scraped != null);
      Leases leases = new Leases(System::nanoTime, registry);
      started.push(leases);
      TlsFiles tls = tls(configuration, tenants, registry, started);
      GrpcServer grpc =
          GrpcServer.onNetwork(
              configuration,
              tls,
              new GrpcServer.Admission(
                  tenants,
                  refused,
                  audit,
                  new Connections(configuration.limits(), limits, registry),
                  limits),
              new GrpcServer.Backing(
                  new OperationExecutor(operations, memory),
                  leases,
                  new RingMetrics(registry),
                  new WatchMetrics(registry)));
      MetricsServer metrics = null;
      if (scraped != null) {
        metrics =
            MetricsServer.start(
                scraped,
                configuration.scraping(),
                () -> {
                  late.await();
                  return registry.scrape();
                },
                grpc::serving);
        started.push(metrics);
        Console.serve(metrics, tenants, registry);
      }
      // Closed before the pages: who scrapes waits for it, and the pages for who scrapes.
      started.push(late);
      InetSocketAddress administered = configuration.access().admin();
      AdminServer admin = null;
      if (administered != null) {
        admin = AdminServer.start(administered, tls, tenants, refused, audit, grpc);
        started.push(admin);
      }
      grpc.start();
      late.begin();
      return new Daemon(registry, grpc, metrics, admin, started);
    } catch (IOException | RuntimeException e) {
      closeAll(started);
      throw e;
    }
  }

  private static Audit audit(Configuration.Access access, Deque<AutoCloseable> started)
      throws IOException {
    if (access.auditLog() == null) {
      return Audit.NONE;
    }
    AuditLog log = AuditLog.to(access.auditLog(), Clock.systemUTC());
    started.push(log);
    return log;
  }

  private static @Nullable TlsFiles tls(
      Configuration configuration,
      Tenants tenants,
      MeterRegistry registry,
      Deque<AutoCloseable> started)
      throws IOException {
    if (configuration.tls() == null) {
      return null;
    }
    TlsFiles files = TlsFiles.read(configuration.tls(), tenants.named(), registry);
    started.push(files);
    return files;
  }

  private static Tenants tenants(
      Configuration.Access access,
      HostSlots slots,
      HostMaker maker,
      @Nullable TenancyMetrics metrics,
      Deque<AutoCloseable> started)
      throws IOException {
    if (access.tenants() == null || metrics == null) {
      // Without administrators nobody can ask what is counted.
      boolean counted = access.admin() != null;
      return Tenants.sole(account -> new HostRegistry(slots, maker, counted ? account : null));
    }
    WatchedTenants watched =
        WatchedTenants.of(
            access.tenants(), account -> new HostRegistry(slots, maker, account), metrics);
    started.push(watched);
    return watched.tenants();
  }

  private static void closeAll(Deque<AutoCloseable> started) {
    while (!started.isEmpty()) {
      try {
        started.pop().close();
      } catch (Exception e) {
        LOG.error("something could not be closed", e);
      }
    }
  }

  private static void bind(MeterRegistry registry, HostSlots slots) {
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

  /** Where administrators call; null when nowhere. */
  public @Nullable InetSocketAddress adminAddress() {
    return admin == null ? null : admin.address();
  }

  /** Stops: running calls may finish for the configured time. */
  @Override
  public void close() {
    try {
      grpc.stop();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      closeAll(started);
      registry.close();
    }
  }
}
