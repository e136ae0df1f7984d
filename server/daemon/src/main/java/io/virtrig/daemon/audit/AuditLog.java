package io.virtrig.daemon.audit;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Clock;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes acts down, a line of JSON each. A thread of its own writes, so that a slow disk keeps
 * nobody waiting; what comes faster than it writes for long is counted and said. A file that was
 * moved away is left alone and a new one begun: so it is rotated.
 */
public final class AuditLog implements Audit, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(AuditLog.class);
  private static final String STANDARD_OUTPUT = "-";
  private static final int WAITING = 1 << 16;
  private static final long LOOK_MILLIS = 200;

  private final BlockingQueue<String> lines = new ArrayBlockingQueue<>(WAITING);
  private final AtomicLong lost = new AtomicLong();
  private final Clock clock;
  private final @Nullable Path file;
  private final Thread writer;
  private volatile boolean closed;

  /** Confined to the thread that writes, once it runs. */
  private OutputStream out;

  private @Nullable Object key;

  private AuditLog(@Nullable Path file, OutputStream out, Clock clock) {
    this.file = file;
    this.out = out;
    this.clock = clock;
    writer = Thread.ofPlatform().daemon().name("audit").unstarted(this::write);
  }

  /**
   * Begins to write.
   *
   * @param where a file, or {@code -} for standard output
   * @throws IOException when it cannot be written
   */
  public static AuditLog to(String where, Clock clock) throws IOException {
    Path file = where.equals(STANDARD_OUTPUT) ? null : Path.of(where);
    AuditLog log = new AuditLog(file, file == null ? System.out : open(file), clock);
    log.key = file == null ? null : key(file);
    log.writer.start();
    return log;
  }

  private static OutputStream open(Path file) throws IOException {
    return Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private static @Nullable Object key(Path file) throws IOException {
    try {
      return Files.readAttributes(file, BasicFileAttributes.class).fileKey();
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  @Override
  public void record(Act act) {
    JsonObject line = new JsonObject();
    line.addProperty("time", Instant.now(clock).toString());
    line.addProperty("tenant", act.tenant());
    line.addProperty("identity", act.identity());
    line.addProperty("peer", act.peer() == null ? "" : String.valueOf(act.peer()).replace("/", ""));
    line.addProperty("act", act.act());
    line.addProperty("object", act.object());
    line.addProperty("outcome", act.outcome());
    if (!lines.offer(line + "\n")) {
      lost.incrementAndGet();
    }
  }

  private void write() {
    try {
      while (!closed || !lines.isEmpty()) {
        String line = lines.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
        if (line != null) {
          write(line);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void write(String line) {
    try {
      if (file != null && !Objects.equals(key(file), key)) {
        out.close();
        out = open(file);
        key = key(file);
      }
      long unsaid = lost.getAndSet(0);
      if (unsaid > 0) {
        out.write(("{\"act\":\"audit.lost\",\"lines\":" + unsaid + "}\n").getBytes(UTF_8));
      }
      out.write(line.getBytes(UTF_8));
      if (lines.isEmpty()) {
        out.flush();
      }
    } catch (IOException e) {
      LOG.error("an act could not be written down: {}", line.strip(), e);
    }
  }

  /** Writes what is left. */
  @Override
  public void close() {
    closed = true;
    try {
      writer.join(TimeUnit.SECONDS.toMillis(5));
      if (file != null) {
        out.close();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException e) {
      LOG.error("the audit log could not be closed", e);
    }
  }
}
