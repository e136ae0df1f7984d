package io.virtrig.daemon.tenancy;

import io.virtrig.daemon.config.BadConfiguration;
import io.virtrig.daemon.hosts.HostRegistry;
import io.virtrig.daemon.quota.Account;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads a tenants file, and reads it again when it has changed. It is looked at by its contents,
 * twice a second, so that it does not matter how it is replaced (a rename, a link that points
 * elsewhere, a mounted secret) or by what file system it is served; what is only half written when
 * it is looked at has changed when it is looked at again. One that cannot be used is refused and
 * the one before stays in force.
 */
public final class WatchedTenants implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WatchedTenants.class);
  private static final Duration PERIOD = Duration.ofMillis(500);

  private final Path file;
  private final Tenants tenants;
  private final TenancyListener listener;
  private final Thread thread;

  /** What was taken up or refused last. */
  private String last;

  /** What it said when it was looked at the last time. */
  private String seen;

  private WatchedTenants(Path file, String text, Tenants tenants, TenancyListener listener) {
    this.file = file;
    last = text;
    seen = text;
    this.tenants = tenants;
    this.listener = listener;
    thread = Thread.ofVirtual().name("tenants").unstarted(this::watch);
  }

  /**
   * Reads it for the first time and begins to watch it.
   *
   * @throws BadConfiguration when it says something else than it should
   * @throws IOException when it cannot be read
   */
  public static WatchedTenants of(
      Path file, Function<Account, HostRegistry> registries, TenancyListener listener)
      throws IOException {
    String text = Files.readString(file);
    TenantTable table;
    try {
      table = TenantsFile.read(text);
    } catch (BadConfiguration e) {
      throw new BadConfiguration("--tenants: " + file + ": " + e.getMessage());
    }
    WatchedTenants watched =
        new WatchedTenants(file, text, Tenants.of(table, registries, listener), listener);
    watched.thread.start();
    return watched;
  }

  /** The tenants, as the file has them now. */
  public Tenants tenants() {
    return tenants;
  }

  private void watch() {
    try {
      while (true) {
        Thread.sleep(PERIOD);
        look();
      }
    } catch (InterruptedException e) {
      // It is closed.
    }
  }

  private void look() {
    String text;
    try {
      text = Files.readString(file);
    } catch (IOException e) {
      // Said once, until it can be read again.
      text = "";
    }
    boolean written = text.equals(seen);
    seen = text;
    if (!written || text.equals(last)) {
      return;
    }
    last = text;
    try {
      if (text.isBlank()) {
        throw new BadConfiguration("it is empty or cannot be read");
      }
      tenants.apply(TenantsFile.read(text));
      LOG.info("{}: taken up", file);
      listener.reloaded("");
    } catch (BadConfiguration e) {
      LOG.error("{}: refused, the one before stays in force: {}", file, e.getMessage());
      listener.reloaded(String.valueOf(e.getMessage()));
    }
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
