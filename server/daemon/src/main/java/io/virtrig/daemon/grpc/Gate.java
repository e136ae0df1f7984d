package io.virtrig.daemon.grpc;

import com.google.rpc.Code;
import io.grpc.Context;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.StatusRuntimeException;
import io.virtrig.daemon.quota.Account;
import io.virtrig.daemon.quota.OverQuota;
import io.virtrig.daemon.quota.Quota;
import io.virtrig.daemon.tenancy.Caller;
import io.virtrig.daemon.tenancy.Shown;
import io.virtrig.daemon.tenancy.Tenants;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Where calls are let in: who makes one is found out, and that its tenant may have one more. A
 * stream ends soon after what let it in no longer would.
 *
 * <p>A call that is refused learns nothing of why: not which tenants or tokens there are.
 */
final class Gate implements ServerInterceptor {
  private static final String UNAUTHENTICATED =
      "the call shows no credentials that are known here: it needs a valid bearer token in"
          + " \"authorization\", or a client certificate";

  private final Tenants tenants;
  private final GateListener listener;
  private final Set<GatedStream<?, ?>> streams = ConcurrentHashMap.newKeySet();
  private volatile boolean draining;

  Gate(Tenants tenants, GateListener listener) {
    this.tenants = tenants;
    this.listener = listener;
    tenants.watch(this::endStreams);
  }

  /** Lets no more calls in; those that are in go on. */
  void drain() {
    draining = true;
  }

  private void endStreams() {
    for (GatedStream<?, ?> stream : streams) {
      if (!tenants.stillActsFor(stream.caller())) {
        stream.end(Statuses.daemon(Code.UNAUTHENTICATED, UNAUTHENTICATED));
      }
    }
  }

  /** What the call that is beginning shows of who makes it. */
  static Shown shown(ServerCall<?, ?> call) {
    return Shown.of(
        BearerTokens.shown(),
        call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION),
        call.getAttributes().get(Grpc.TRANSPORT_ATTR_REMOTE_ADDR));
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    Shown shown = shown(call);
    Caller caller = tenants.caller(shown);
    if (caller == null) {
      listener.unauthenticated(shown.peer(), call.getMethodDescriptor().getFullMethodName());
      return refuse(call, Statuses.daemon(Code.UNAUTHENTICATED, UNAUTHENTICATED));
    }
    if (draining) {
      return refuse(
          call,
          Statuses.daemon(Code.UNAVAILABLE, "the daemon is draining: it takes no more calls"));
    }
    boolean stream = !call.getMethodDescriptor().getType().serverSendsOneMessage();
    Quota quota = stream ? Quota.STREAMS : Quota.CALLS_IN_FLIGHT;
    Account account = caller.tenant().account();
    try {
      account.take(quota, 1);
    } catch (OverQuota e) {
      return refuse(call, Statuses.of(e));
    }
    account.countCall();
    GatedStream<Q, A> gated = stream ? new GatedStream<>(call, caller) : null;
    ServerCall.Listener<Q> listening = start(caller, gated == null ? call : gated, headers, next);
    if (gated != null) {
      streams.add(gated);
      if (!tenants.stillActsFor(caller)) {
        gated.end(Statuses.daemon(Code.UNAUTHENTICATED, UNAUTHENTICATED));
      }
    }
    return new SimpleForwardingServerCallListener<>(listening) {
      @Override
      public void onComplete() {
        over();
        super.onComplete();
      }

      @Override
      public void onCancel() {
        over();
        super.onCancel();
      }

      private void over() {
        account.count(quota, -1);
        if (gated != null) {
          streams.remove(gated);
        }
      }
    };
  }

  /** Lets a call in: its method finds who makes it when it begins. */
  static <Q, A> ServerCall.Listener<Q> start(
      Caller caller, ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    Context context = Callers.context(caller);
    Context before = context.attach();
    try {
      return next.startCall(call, headers);
    } finally {
      context.detach(before);
    }
  }

  /** Ends a call that is not let in; its listener hears of nothing that matters. */
  static <Q, A> ServerCall.Listener<Q> refuse(
      ServerCall<Q, A> call, StatusRuntimeException refusal) {
    Statuses.close(call, refusal);
    return new ServerCall.Listener<>() {};
  }
}
