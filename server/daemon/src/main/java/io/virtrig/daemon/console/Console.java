package io.virtrig.daemon.console;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.virtrig.daemon.config.Version;
import io.virtrig.daemon.hosts.HostedHost;
import io.virtrig.daemon.hosts.Lease;
import io.virtrig.daemon.hosts.NoSuchHost;
import io.virtrig.daemon.hosts.RecentOperation;
import io.virtrig.daemon.metrics.MetricsServer;
import io.virtrig.daemon.tenancy.Tenant;
import io.virtrig.daemon.tenancy.Tenants;
import io.virtrig.graph.HostGraph;
import io.virtrig.graph.SvgPicture;
import io.virtrig.uapi.OperationName;
import io.virtrig.v1.DescribeHostResponse;
import io.virtrig.v1.Event;
import io.virtrig.v1.EventKind;
import io.virtrig.v1.Host;
import io.virtrig.v1.Operation.OpCase;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * The console: a page, its script and its style, and what the script asks for. It only reads. What
 * comes from hosts reaches the page as JSON, which the script puts in as text, and as pictures,
 * which the page shows as images, so that no name can become markup.
 */
public final class Console {
  private static final int HOSTS_A_PAGE = 200;
  private static final int MOST_EVENTS = 50;

  private final Tenants tenants;
  private final MeterRegistry meters;

  private Console(Tenants tenants, MeterRegistry meters) {
    this.tenants = tenants;
    this.meters = meters;
  }

  /** Adds it to the server of metrics, as its first page. */
  public static void serve(MetricsServer server, Tenants tenants, MeterRegistry meters) {
    Console console = new Console(tenants, meters);
    server.page("/", "text/html; charset=utf-8", query -> resource("console.html"));
    server.page("/console.js", "text/javascript; charset=utf-8", query -> resource("console.js"));
    server.page("/console.css", "text/css; charset=utf-8", query -> resource("console.css"));
    server.page("/console/daemon", "application/json", query -> json(console.daemon(query)));
    server.page("/console/host", "application/json", query -> json(console.host(query)));
    server.page("/console/graph", "image/svg+xml", query -> console.graph(query));
  }

  private static byte[] resource(String name) {
    try (InputStream resource = Console.class.getResourceAsStream(name)) {
      if (resource == null) {
        throw new IllegalStateException("the jar lacks " + name);
      }
      return resource.readAllBytes();
    } catch (IOException e) {
      throw new IllegalStateException(name, e);
    }
  }

  private static byte[] json(JsonObject object) {
    return object.toString().getBytes(UTF_8);
  }

  /** The daemon's counters, and its tenants with their hosts. */
  private JsonObject daemon(Map<String, String> query) {
    JsonObject daemon = new JsonObject();
    daemon.addProperty("version", Version.current());
    daemon.addProperty(
        "hosts", tenants.all().stream().mapToInt(tenant -> tenant.hosts().size()).sum());
    JsonObject outcomes = new JsonObject();
    for (Counter counter : meters.find("virtrig.operations").counters()) {
      add(outcomes, tag(counter, "outcome"), counter.count());
    }
    daemon.add("outcomes", outcomes);
    JsonObject events = new JsonObject();
    for (Counter counter : meters.find("virtrig.events").counters()) {
      String variety = tag(counter, "variety");
      add(events, tag(counter, "kind") + (variety.isEmpty() ? "" : " " + variety), counter.count());
    }
    daemon.add("events", events);
    daemon.add("tenants", tenants(query.getOrDefault("after", "")));
    return daemon;
  }

  /** Each tenant's hosts with an id above {@code after}; none takes the room of all others. */
  private JsonArray tenants(String after) {
    JsonArray all = new JsonArray();
    int room = HOSTS_A_PAGE;
    int left = tenants.all().size();
    for (Tenant tenant : tenants.all()) {
      JsonArray page = new JsonArray();
      for (HostedHost host : tenant.hosts().after(after, Math.max(1, room / Math.max(1, left)))) {
        JsonObject one = new JsonObject();
        one.addProperty("id", host.id());
        addLease(one, host);
        page.add(one);
      }
      JsonObject shown = new JsonObject();
      shown.addProperty("tenant", tenant.name());
      shown.addProperty("hosts", tenant.hosts().size());
      shown.add("page", page);
      all.add(shown);
      room -= page.size();
      left--;
    }
    return all;
  }

  private static void addLease(JsonObject shown, HostedHost host) {
    Lease lease = host.lease();
    if (lease != null) {
      JsonObject seconds = new JsonObject();
      seconds.addProperty("length", lease.length().toSeconds());
      seconds.addProperty("left", lease.left().toSeconds());
      shown.add("lease", seconds);
    }
  }

  /** The host that a query names. */
  private HostedHost hosted(Map<String, String> query) {
    String id = query.getOrDefault("id", "");
    Tenant tenant = tenants.get(query.getOrDefault("tenant", ""));
    if (tenant == null) {
      throw new NoSuchHost(id);
    }
    return tenant.hosts().get(id);
  }

  private static String tag(Counter counter, String name) {
    String tag = counter.getId().getTag(name);
    return tag == null ? "" : tag;
  }

  private static void add(JsonObject sums, String name, double count) {
    if (count > 0) {
      double before = sums.has(name) ? sums.get(name).getAsDouble() : 0;
      sums.addProperty(name, before + count);
    }
  }

  /** One host: its last operations, its last events, and what sanitizers said of it. */
  private JsonObject host(Map<String, String> query) {
    HostedHost hosted = hosted(query);
    JsonObject answer = new JsonObject();
    answer.addProperty("tenant", query.getOrDefault("tenant", ""));
    answer.addProperty("id", hosted.id());
    addLease(answer, hosted);
    JsonArray operations = new JsonArray();
    for (RecentOperation operation : hosted.recentOperations()) {
      JsonObject one = new JsonObject();
      one.addProperty("number", operation.number());
      one.addProperty("operation", name(operation.operation()));
      one.addProperty("outcome", operation.outcome());
      one.addProperty("reason", operation.reason());
      operations.add(one);
    }
    answer.add("operations", operations);
    JsonArray events = new JsonArray();
    JsonArray sanitizers = new JsonArray();
    List<Event> latest = hosted.with(host -> host.events().after(0, Integer.MAX_VALUE));
    for (Event event : latest.reversed()) {
      JsonArray into = event.getKind() == EventKind.EVENT_KIND_SANITIZER ? sanitizers : events;
      if (into.size() < MOST_EVENTS) {
        into.add(event(event));
      }
    }
    answer.add("events", events);
    answer.add("sanitizers", sanitizers);
    return answer;
  }

  private static String name(OpCase operation) {
    return operation == OpCase.OP_NOT_SET ? "none" : OperationName.of(operation);
  }

  private static JsonObject event(Event event) {
    JsonObject one = new JsonObject();
    one.addProperty("number", event.getSequence());
    one.addProperty(
        "kind", event.getKind().name().replace("EVENT_KIND_", "").toLowerCase(Locale.ROOT));
    one.addProperty("subject", event.getSubject());
    one.addProperty("detail", event.getDetail());
    return one;
  }

  /** One host, drawn. */
  private byte[] graph(Map<String, String> query) {
    HostedHost hosted = hosted(query);
    DescribeHostResponse description =
        hosted.with(
            host ->
                DescribeHostResponse.newBuilder()
                    .setHost(Host.newBuilder().setName(hosted.name()).setSpec(host.spec()))
                    .setState(host.describe())
                    .build());
    return SvgPicture.draw(HostGraph.of(description)).getBytes(UTF_8);
  }
}
