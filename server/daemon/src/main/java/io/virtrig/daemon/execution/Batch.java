package io.virtrig.daemon.execution;

import static io.virtrig.uapi.IoUring.IOSQE_CQE_SKIP_SUCCESS;
import static io.virtrig.uapi.IoUring.IOSQE_IO_DRAIN;
import static io.virtrig.uapi.IoUring.IOSQE_IO_HARDLINK;
import static io.virtrig.uapi.IoUring.IOSQE_IO_LINK;

import io.virtrig.daemon.hosts.HostRegistry;
import io.virtrig.daemon.hosts.HostedHost;
import io.virtrig.daemon.hosts.NoSuchHost;
import io.virtrig.daemon.limits.MemoryPressure;
import io.virtrig.daemon.metrics.OperationMetrics;
import io.virtrig.daemon.quota.OverQuota;
import io.virtrig.emulator.Host;
import io.virtrig.emulator.Refusals;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.v1.ArgumentValue;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Operation.OpCase;
import io.virtrig.v1.Result;
import io.virtrig.v1.SubmissionEntry;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A batch under way. Its entries are executed in their order, each run of entries for one host
 * under that host's lock; what an entry's flags and substitutions say is done here, as io_uring
 * does it, and the simulated hosts know nothing of it.
 */
public final class Batch {
  /** The most entries that a batch has. */
  public static final int MOST_ENTRIES = 1024;

  private static final int LINKS = IOSQE_IO_LINK | IOSQE_IO_HARDLINK;
  private static final int KNOWN_FLAGS = LINKS | IOSQE_IO_DRAIN | IOSQE_CQE_SKIP_SUCCESS;

  private final HostRegistry hosts;
  private final OperationMetrics metrics;
  private final MemoryPressure memory;
  private final String host;
  private final SubmissionEntry[] entries;

  /** By entry: those executed. Null when no entry takes anything from another. */
  private final @Nullable Result @Nullable [] results;

  private final @Nullable Substitutions substitutions;

  private int next;

  /** The entry because of which the chain that {@link #next} is part of is cancelled; or -1. */
  private int severed = -1;

  Batch(
      HostRegistry hosts,
      OperationMetrics metrics,
      MemoryPressure memory,
      String host,
      List<SubmissionEntry> entries,
      Map<String, ArgumentValue> arguments) {
    this.hosts = hosts;
    this.metrics = metrics;
    this.memory = memory;
    this.host = host;
    // Looked at several times for each entry, which a list that cannot be changed makes dear.
    this.entries = entries.toArray(new SubmissionEntry[0]);
    if (substitutes(this.entries)) {
      results = new Result[entries.size()];
      substitutions = new Substitutions(results, arguments);
    } else {
      results = null;
      substitutions = null;
    }
  }

  private static boolean substitutes(SubmissionEntry[] entries) {
    for (SubmissionEntry entry : entries) {
      if (entry.getSubstitutionsCount() > 0) {
        return true;
      }
    }
    return false;
  }

  /** Every entry has been executed or refused. */
  public boolean done() {
    return next == entries.length;
  }

  /** Executes entries until the batch is done or there is no more room for completions. */
  public void run(Completions into) {
    while (!done() && !into.full()) {
      SubmissionEntry entry = entries[next];
      try {
        run(hosts.get(hostOf(entry)), into);
      } catch (NoSuchHost e) {
        String reason = hostOf(entry).isEmpty() ? "names no host" : e.getMessage();
        complete(entry, refusal(entry, Refused.notFound("host", reason)), into);
      }
    }
  }

  private void run(HostedHost hosted, Completions into) {
    var _ =
        hosted.with(
            simulated -> {
              run(hosted, simulated, into);
              return true;
            });
  }

  /** Refuses the entries that have not been executed. */
  public void refuseRest(Completions into, Refused refused) {
    while (!done()) {
      SubmissionEntry entry = entries[next];
      complete(entry, refusal(entry, refused), into);
    }
  }

  private String hostOf(SubmissionEntry entry) {
    return entry.getHost().isEmpty() ? host : entry.getHost();
  }

  private void run(HostedHost hosted, Host simulated, Completions into) {
    String name = hostOf(entries[next]);
    do {
      SubmissionEntry entry = entries[next];
      OpCase op = entry.getOperation().getOpCase();
      Result result = execute(hosted, simulated, entry, op);
      metrics.executed(op, result);
      hosted.remember(op, result);
      complete(entry, result, into);
    } while (!done() && !into.full() && hostOf(entries[next]).equals(name));
  }

  private Result execute(HostedHost hosted, Host simulated, SubmissionEntry entry, OpCase op) {
    if (severed >= 0) {
      return cancelled(entry);
    }
    if ((entry.getFlags() & ~KNOWN_FLAGS) != 0) {
      String flags = "0x" + Integer.toHexString(entry.getFlags());
      return refusal(entry, Refused.invalid("flags", flags + " has flags not known here"));
    }
    if (memory.refuses(op)) {
      return refusal(entry, MemoryPressure.refusal());
    }
    try {
      return hosted.apply(simulated, operation(entry));
    } catch (Refused e) {
      return refusal(entry, e);
    } catch (OverQuota e) {
      return refusal(entry, Refused.exhausted("", e.getMessage()));
    }
  }

  private Operation operation(SubmissionEntry entry) {
    return substitutions == null || entry.getSubstitutionsCount() == 0
        ? entry.getOperation()
        : substitutions.in(entry, next);
  }

  /** The refusal, unless the chain is cancelled anyway. */
  private Result refusal(SubmissionEntry entry, Refused refused) {
    return severed >= 0 ? cancelled(entry) : Refusals.result(entry.getOperation(), refused);
  }

  private Result cancelled(SubmissionEntry entry) {
    return Refusals.result(
        entry.getOperation(),
        Refused.cancelled(
            "not executed: entry " + severed + ", to which it is linked, did not succeed"));
  }

  private void complete(SubmissionEntry entry, Result result, Completions into) {
    boolean succeeded = succeeded(result);
    if (results != null) {
      results[next] = result;
    }
    if (!succeeded || (entry.getFlags() & IOSQE_CQE_SKIP_SUCCESS) == 0) {
      into.add(entry.getUserData(), result);
    }
    if ((entry.getFlags() & LINKS) == 0) {
      severed = -1;
    } else if (!succeeded && severed < 0 && (entry.getFlags() & IOSQE_IO_LINK) != 0) {
      severed = next;
    }
    next++;
  }

  static boolean succeeded(Result result) {
    return !result.hasErrno() && !result.hasRefusal();
  }
}
