package io.virtrig.testcontainers;

import io.virtrig.client.Credentials;
import java.io.IOException;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which daemon tests talk to, as {@code VIRTRIG_TARGET} says: {@code embedded}, {@code container},
 * {@code container:IMAGE}, or {@code HOST:PORT} of one that runs. Said nothing: one in this JVM
 * when its classes are there, a container otherwise.
 */
final class DaemonTarget {
  static final String SETTING = "target";

  private static final String EMBEDDED = "embedded";
  private static final String CONTAINER = "container";
  private static final String DAEMON_CLASS = "io.virtrig.daemon.Daemon";

  private DaemonTarget() {}

  /** A daemon that tests talk to, for as long as it is open. */
  interface Opened extends AutoCloseable {
    /** Where it answers. */
    String target();

    /** What it is shown. */
    default Credentials credentials() {
      return Credentials.none();
    }

    @Override
    void close();
  }

  /** The variable that says a setting. */
  static String environmentName(String setting) {
    return "VIRTRIG_" + setting.replace('-', '_').toUpperCase(Locale.ROOT);
  }

  /**
   * Starts it, or finds it.
   *
   * @param text as above; null for nothing said
   * @param variables what one that runs is shown, as {@link Credentials#from} takes it
   * @throws IOException when one of our own does not start
   */
  static Opened open(@Nullable String text, Map<String, String> variables) throws IOException {
    String target = text == null || text.isEmpty() ? defaultTarget() : text;
    if (target.equals(EMBEDDED)) {
      return embedded();
    }
    if (target.equals(CONTAINER)) {
      return new ContainerDaemon(VirtrigContainer.DEFAULT_IMAGE);
    }
    if (target.startsWith(CONTAINER + ":")) {
      return new ContainerDaemon(target.substring(CONTAINER.length() + 1));
    }
    return new Remote(target, Credentials.from(variables));
  }

  private static String defaultTarget() {
    try {
      Class.forName(DAEMON_CLASS, false, DaemonTarget.class.getClassLoader());
      return EMBEDDED;
    } catch (ClassNotFoundException | UnsupportedClassVersionError e) {
      return CONTAINER;
    }
  }

  private static Opened embedded() throws IOException {
    try {
      return new EmbeddedDaemon();
    } catch (UnsupportedClassVersionError e) {
      throw new IOException(
          "a daemon in the tests' own JVM needs Java 25; this is "
              + Runtime.version().feature()
              + ". VIRTRIG_TARGET=container tests with one in a container",
          e);
    } catch (NoClassDefFoundError e) {
      throw new IOException(
          "a daemon in the tests' own JVM needs the artifact virtrig-daemon on the class path", e);
    }
  }

  /** One that runs already, and goes on when we are done. */
  private record Remote(String target, Credentials credentials) implements Opened {
    @Override
    public void close() {}
  }
}
