package io.virtrig.daemon.config;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Who may read metrics and console.
 *
 * @param tokenFile what readers must know stands in it; null when they need know nothing
 * @param names by which readers may call the daemon, beside addresses and {@code localhost}
 */
public record Scraping(@Nullable Path tokenFile, List<String> names) {
  /** Everybody who gets there by its address. */
  public static final Scraping OPEN = new Scraping(null, List.of());
}
