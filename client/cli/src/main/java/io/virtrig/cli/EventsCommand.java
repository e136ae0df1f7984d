package io.virtrig.cli;

import com.google.gson.JsonArray;
import io.virtrig.client.EventWatch;
import io.virtrig.client.VirtrigClient;
import io.virtrig.client.VirtrigHost;
import io.virtrig.client.json.UapiJson;
import io.virtrig.v1.Event;
import io.virtrig.v1.EventGap;
import io.virtrig.v1.ListEventsResponse;
import io.virtrig.v1.WatchEventsResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code virtrig events}. */
@Command(
    name = "events",
    mixinStandardHelpOptions = true,
    description =
        "What happened on a host that no result says: faults, exits, interrupts, sanitizer reports.")
final class EventsCommand implements Callable<Integer> {

  private static final int PAGE_SIZE = 1000;
  private static final String KIND_PREFIX = "EVENT_KIND_";

  @Mixin private final Connection connection = new Connection();
  @Mixin private final OutputFormat output = new OutputFormat();

  @Parameters(paramLabel = "HOST", description = "The host's id.")
  private String id = "";

  @Option(
      names = "--after",
      paramLabel = "N",
      description = "Only events with a sequence number above this.")
  private long after;

  @Option(
      names = {"-f", "--follow"},
      description = "Go on with those to come, until the host is deleted.")
  private boolean follow;

  @Spec private @Nullable CommandSpec spec;

  @Override
  public Integer call() {
    try (VirtrigClient client = connection.open()) {
      if (follow) {
        follow(client.host(id));
        return ExitCode.OK;
      }
      List<Event> events = events(client.host(id));
      if (output.isJson()) {
        JsonArray json = new JsonArray();
        events.forEach(event -> json.add(UapiJson.toJson(event)));
        Out.of(spec).println(JsonText.pretty(json));
      } else {
        Table table = new Table("SEQUENCE", "OPERATION", "KIND", "SUBJECT", "DETAIL");
        events.forEach(event -> addRow(table, event));
        Out.of(spec).print(table);
      }
    }
    return ExitCode.OK;
  }

  /** One line an event: a table would have to wait for the last. */
  private void follow(VirtrigHost host) {
    try (EventWatch watch = host.watchEvents(after)) {
      while (watch.hasNext()) {
        WatchEventsResponse response = watch.next();
        if (response.hasGap()) {
          EventGap gap = response.getGap();
          Out.command(spec)
              .getErr()
              .println("missed events " + gap.getFirst() + " to " + gap.getLast());
        }
        response.getEventsList().forEach(event -> Out.of(spec).println(line(event)));
        Out.of(spec).flush();
      }
    }
  }

  private String line(Event event) {
    if (output.isJson()) {
      return UapiJson.toJson(event).toString();
    }
    return Long.toUnsignedString(event.getSequence())
        + "  "
        + Long.toUnsignedString(event.getOperation())
        + "  "
        + kind(event)
        + "  "
        + event.getSubject()
        + "  "
        + event.getDetail();
  }

  private List<Event> events(VirtrigHost host) {
    List<Event> events = new ArrayList<>();
    long last = after;
    while (true) {
      ListEventsResponse page = host.events(last, PAGE_SIZE);
      events.addAll(page.getEventsList());
      if (page.getEventsCount() < PAGE_SIZE) {
        return events;
      }
      last = events.getLast().getSequence();
    }
  }

  private static void addRow(Table table, Event event) {
    table.row(
        Long.toUnsignedString(event.getSequence()),
        Long.toUnsignedString(event.getOperation()),
        kind(event),
        event.getSubject(),
        event.getDetail());
  }

  private static String kind(Event event) {
    return event.getKind().name().replace(KIND_PREFIX, "").toLowerCase(Locale.ROOT);
  }
}
