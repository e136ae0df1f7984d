package io.virtrig.daemon.grpc;

import io.grpc.Context;
import io.virtrig.daemon.audit.Act;
import io.virtrig.daemon.audit.Audit;
import io.virtrig.daemon.tenancy.Caller;
import io.virtrig.daemon.tenancy.Identity;
import io.virtrig.daemon.tenancy.Tenants;
import org.jspecify.annotations.Nullable;

/** Who makes the call that is about to begin: asked once, when a method is called. */
final class Callers {
  private static final Context.Key<Caller> CALLER = Context.key("caller");

  /** Everybody; null where callers come through a {@link Gate}. */
  private final @Nullable Caller everybody;

  private final Audit audit;

  private Callers(@Nullable Caller everybody, Audit audit) {
    this.everybody = everybody;
    this.audit = audit;
  }

  /** Everybody is the same. */
  static Callers all(Tenants tenants) {
    return new Callers(new Caller(tenants.sole(), Identity.ANYBODY, null), Audit.NONE);
  }

  /** Each has come through a {@link Gate}; who has not is a defect. */
  static Callers gated(Audit audit) {
    return new Callers(null, audit);
  }

  /** Writes down what one of them did. */
  void record(Caller caller, String act, String object, String outcome) {
    audit.record(
        new Act(
            caller.tenant().name(), caller.identity().text(), caller.peer(), act, object, outcome));
  }

  /** The context in which a call of that caller begins. */
  static Context context(Caller caller) {
    return Context.current().withValue(CALLER, caller);
  }

  Caller current() {
    if (everybody != null) {
      return everybody;
    }
    Caller caller = CALLER.get();
    if (caller == null) {
      throw new IllegalStateException("a call that came through no gate");
    }
    return caller;
  }
}
