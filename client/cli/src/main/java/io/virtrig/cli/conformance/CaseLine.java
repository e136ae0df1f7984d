package io.virtrig.cli.conformance;

import com.google.gson.JsonObject;
import java.util.List;

/** A line of a case file, read. */
public sealed interface CaseLine {

  /** What it is called. */
  CaseName name();

  /** What comes of it, on a host of its own where it needs one. */
  Outcome run(Transport transport);

  /** A case. */
  record Case(CaseName name, JsonObject host, List<Step> steps) implements CaseLine {
    @Override
    public Outcome run(Transport transport) {
      return new CaseRun(this, transport, step -> {}).run();
    }
  }

  /** A vector: what goes in and what comes out of one call, without steps. */
  record Vector(CaseName name, JsonObject json) implements CaseLine {
    @Override
    public Outcome run(Transport transport) {
      return VectorRun.run(this, transport);
    }
  }

  /** What cannot be read. */
  record Broken(CaseName name, String reason) implements CaseLine {
    @Override
    public Outcome run(Transport transport) {
      return new Outcome.Failed(reason, List.of(), List.of());
    }
  }
}
