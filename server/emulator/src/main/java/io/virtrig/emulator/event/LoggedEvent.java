package io.virtrig.emulator.event;

import io.virtrig.emulator.state.Shared;
import io.virtrig.v1.Event;
import io.virtrig.v1.EventKind;
import java.util.function.Supplier;

/** An event, put into words only when somebody reads it, which may be on another thread. */
public record LoggedEvent(
    long sequence,
    long operation,
    EventKind kind,
    Supplier<String> subject,
    Supplier<String> detail)
    implements Shared {

  /** In words. */
  public Event event() {
    return Event.newBuilder()
        .setSequence(sequence)
        .setOperation(operation)
        .setKind(kind)
        .setSubject(subject.get())
        .setDetail(detail.get())
        .build();
  }
}
