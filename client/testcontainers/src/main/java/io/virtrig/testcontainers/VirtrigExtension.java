package io.virtrig.testcontainers;

import com.google.gson.JsonParser;
import io.virtrig.client.VirtrigClient;
import io.virtrig.client.VirtrigHost;
import io.virtrig.client.json.TraceText;
import io.virtrig.client.json.UapiJson;
import io.virtrig.v1.Event;
import io.virtrig.v1.HostSpec;
import java.io.IOException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives each test a fresh simulated host: as a parameter of type {@link VirtrigHost}, and the
 * connection to its daemon as one of type {@link VirtrigClient}.
 *
 * <pre>{@code
 * @RegisterExtension
 * static final VirtrigExtension virtrig = VirtrigExtension.ofHost(spec).failingOnLeaks();
 *
 * @Test
 * void opensTheGroup(VirtrigHost host) { ... }
 * }</pre>
 *
 * <p>One daemon serves all tests of a run: in this JVM, in a container, or one that runs already,
 * as the variable {@code VIRTRIG_TARGET} or JUnit's parameter {@code virtrig.target} says ({@code
 * embedded}, {@code container}, {@code container:IMAGE}, {@code HOST:PORT}). One that runs is shown
 * what {@link io.virtrig.client.Credentials} finds in the environment, or JUnit's parameters of the
 * same names ({@code virtrig.token-file}). When a test fails, the host's events, what its modelled
 * VMMs asked of its kernel, and its state go into the report.
 */
public final class VirtrigExtension
    implements BeforeEachCallback, AfterEachCallback, ParameterResolver {
  private static final Namespace NAMESPACE = Namespace.create(VirtrigExtension.class);
  private static final int MOST_EVENTS = 1000;
  private static final List<String> CREDENTIALS =
      List.of(
          "token",
          "token-file",
          "token-in-plaintext",
          "tls",
          "tls-trust",
          "tls-client-cert",
          "tls-client-key",
          "tls-server-name");

  private final HostSpec spec;
  private final boolean failOnLeaks;

  /** Hosts with all defaults; what a test leaves behind is nobody's concern. */
  public VirtrigExtension() {
    this(HostSpec.getDefaultInstance(), false);
  }

  private VirtrigExtension(HostSpec spec, boolean failOnLeaks) {
    this.spec = spec;
    this.failOnLeaks = failOnLeaks;
  }

  /** Hosts of a specification. */
  public static VirtrigExtension ofHost(HostSpec spec) {
    return new VirtrigExtension(spec, false);
  }

  /**
   * Hosts of a specification in the JSON that {@code virtrig host create --file} takes.
   *
   * @throws io.virtrig.client.json.NotationException when it is none
   */
  public static VirtrigExtension ofHost(String json) {
    return ofHost(UapiJson.hostSpec(JsonParser.parseString(json).getAsJsonObject()));
  }

  /**
   * Fails a test that succeeded but left descriptors open, memory mapped or pinned, or PASIDs
   * allocated by a process that has not exited.
   */
  public VirtrigExtension failingOnLeaks() {
    return new VirtrigExtension(spec, true);
  }

  /** The daemon of a run of tests, and the connection to it. */
  private static final class Connected implements AutoCloseable {
    private final DaemonTarget.Opened daemon;
    private final VirtrigClient client;

    Connected(DaemonTarget.Opened daemon) {
      this.daemon = daemon;
      client = VirtrigClient.connect(daemon.target(), daemon.credentials());
    }

    @Override
    public void close() {
      client.close();
      daemon.close();
    }
  }

  @Override
  public void beforeEach(ExtensionContext context) throws IOException {
    VirtrigHost host = connected(context).client.createHost(spec);
    context.getStore(NAMESPACE).put(this, host);
  }

  @Override
  public void afterEach(ExtensionContext context) {
    VirtrigHost host = context.getStore(NAMESPACE).remove(this, VirtrigHost.class);
    if (host == null) {
      return;
    }
    try {
      boolean failed = context.getExecutionException().isPresent();
      List<String> leaks =
          failed || !failOnLeaks ? List.of() : Leaks.in(host.describe().getState());
      if (failed || !leaks.isEmpty()) {
        report(context, host);
      }
      if (!leaks.isEmpty()) {
        throw new AssertionError("the test left behind:\n  " + String.join("\n  ", leaks));
      }
    } finally {
      host.delete();
    }
  }

  private static void report(ExtensionContext context, VirtrigHost host) {
    String events =
        host.events(0, MOST_EVENTS).getEventsList().stream()
            .map(VirtrigExtension::line)
            .collect(Collectors.joining("\n"));
    context.publishReportEntry("virtrig.events", events.isEmpty() ? "none" : events);
    String trace = host.calls(0).stream().map(TraceText::line).collect(Collectors.joining("\n"));
    context.publishReportEntry("virtrig.trace", trace.isEmpty() ? "none" : trace);
    context.publishReportEntry("virtrig.state", StateText.of(host.describe().getState()));
  }

  private static String line(Event event) {
    return "operation "
        + event.getOperation()
        + ": "
        + event.getKind().name().replace("EVENT_KIND_", "").toLowerCase(Locale.ROOT)
        + " "
        + event.getSubject()
        + ": "
        + event.getDetail();
  }

  @Override
  public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
    Class<?> type = parameter.getParameter().getType();
    return type == VirtrigHost.class || type == VirtrigClient.class;
  }

  @Override
  public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
    if (parameter.getParameter().getType() == VirtrigClient.class) {
      return started(context).client;
    }
    VirtrigHost host = context.getStore(NAMESPACE).get(this, VirtrigHost.class);
    if (host == null) {
      throw new IllegalStateException("a host is there for a test, not for its class");
    }
    return host;
  }

  private static Connected started(ExtensionContext context) {
    Connected connected =
        context.getRoot().getStore(NAMESPACE).get(Connected.class, Connected.class);
    if (connected == null) {
      throw new IllegalStateException("the daemon is there for a test, not for its class");
    }
    return connected;
  }

  private static Connected connected(ExtensionContext context) throws IOException {
    ExtensionContext.Store store = context.getRoot().getStore(NAMESPACE);
    // Tests may run beside each other.
    synchronized (VirtrigExtension.class) {
      Connected connected = store.get(Connected.class, Connected.class);
      if (connected == null) {
        connected = new Connected(DaemonTarget.open(target(context), variables(context)));
        store.put(Connected.class, connected);
      }
      return connected;
    }
  }

  private static @Nullable String target(ExtensionContext context) {
    return setting(context, DaemonTarget.SETTING);
  }

  private static @Nullable String setting(ExtensionContext context, String name) {
    return context
        .getConfigurationParameter("virtrig." + name)
        .orElseGet(() -> System.getenv(DaemonTarget.environmentName(name)));
  }

  /** What the daemon that runs already is shown. */
  private static Map<String, String> variables(ExtensionContext context) {
    Map<String, String> variables = new HashMap<>();
    for (String name : CREDENTIALS) {
      String value = setting(context, name);
      if (value != null) {
        variables.put(DaemonTarget.environmentName(name), value);
      }
    }
    return variables;
  }
}
