package io.virtrig.daemon.grpc;

import com.google.rpc.Code;
import io.grpc.ServerServiceDefinition;
import io.virtrig.daemon.hosts.HostRegistry;
import io.virtrig.daemon.hosts.HostRegistry.Made;
import io.virtrig.daemon.hosts.HostedHost;
import io.virtrig.daemon.hosts.Lease;
import io.virtrig.daemon.hosts.Leases;
import io.virtrig.daemon.hosts.NoSuchHost;
import io.virtrig.daemon.limits.MemoryPressure;
import io.virtrig.daemon.tenancy.Caller;
import io.virtrig.v1.BatchCreateHostsRequest;
import io.virtrig.v1.BatchCreateHostsResponse;
import io.virtrig.v1.BatchDeleteHostsRequest;
import io.virtrig.v1.BatchDeleteHostsResponse;
import io.virtrig.v1.CloneHostRequest;
import io.virtrig.v1.CloneHostResponse;
import io.virtrig.v1.CreateHostRequest;
import io.virtrig.v1.CreateHostResponse;
import io.virtrig.v1.DeleteHostRequest;
import io.virtrig.v1.DeleteHostResponse;
import io.virtrig.v1.DescribeHostRequest;
import io.virtrig.v1.DescribeHostResponse;
import io.virtrig.v1.GetHostRequest;
import io.virtrig.v1.GetHostResponse;
import io.virtrig.v1.Host;
import io.virtrig.v1.HostServiceGrpc;
import io.virtrig.v1.ListEventsRequest;
import io.virtrig.v1.ListEventsResponse;
import io.virtrig.v1.ListHostsRequest;
import io.virtrig.v1.ListHostsResponse;
import io.virtrig.v1.RenewLeaseRequest;
import io.virtrig.v1.RenewLeaseResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The host service: what its methods ask of the registry. */
final class HostMethods {
  private static final int MOST_TOGETHER = 1000;

  private final Callers callers;
  private final MemoryPressure memory;
  private final Leases leases;

  HostMethods(Callers callers, MemoryPressure memory, Leases leases) {
    this.callers = callers;
    this.memory = memory;
    this.leases = leases;
  }

  ServerServiceDefinition service() {
    return new ServiceBinding(HostServiceGrpc.getServiceDescriptor(), callers)
        .audited(
            HostServiceGrpc.getCreateHostMethod(),
            request -> 1,
            "host.create",
            CreateHostRequest::getHostId,
            (request, answer) -> List.of(answer.getHost().getName()),
            this::create)
        .audited(
            HostServiceGrpc.getBatchCreateHostsMethod(),
            BatchCreateHostsRequest::getRequestsCount,
            "host.create",
            request -> request.getRequestsCount() + " hosts",
            (request, answer) -> answer.getNamesList(),
            this::createAll)
        .audited(
            HostServiceGrpc.getCloneHostMethod(),
            request -> 1,
            "host.clone",
            request -> request.getName() + " " + request.getHostId(),
            (request, answer) -> List.of(request.getName() + " " + answer.getHost().getName()),
            this::cloneHost)
        .method(HostServiceGrpc.getGetHostMethod(), HostMethods::get)
        .method(HostServiceGrpc.getListHostsMethod(), HostMethods::list)
        .audited(
            HostServiceGrpc.getDeleteHostMethod(),
            "host.delete",
            DeleteHostRequest::getName,
            this::delete)
        .audited(
            HostServiceGrpc.getBatchDeleteHostsMethod(),
            BatchDeleteHostsRequest::getNamesCount,
            "host.delete",
            request -> request.getNamesCount() + " hosts",
            (request, answer) -> request.getNamesList(),
            this::deleteAll)
        .method(HostServiceGrpc.getRenewLeaseMethod(), this::renew)
        .method(HostServiceGrpc.getDescribeHostMethod(), HostMethods::describe)
        .method(HostServiceGrpc.getListEventsMethod(), HostMethods::events)
        .build();
  }

  private CreateHostResponse create(Caller caller, CreateHostRequest request) {
    requireMemory();
    @Nullable Duration lease = LeaseLength.of(request.hasLease(), request.getLease());
    HostedHost host = make(caller, request).host();
    lease(caller, host, lease);
    return CreateHostResponse.newBuilder().setHost(message(host)).build();
  }

  private static Made make(Caller caller, CreateHostRequest request) {
    return caller
        .tenant()
        .hosts()
        .make(request.getHostId(), request.getSpec(), request.getRequestId());
  }

  private BatchCreateHostsResponse createAll(Caller caller, BatchCreateHostsRequest request) {
    Statuses.requireTogether("requests", request.getRequestsCount(), MOST_TOGETHER, "hosts");
    BatchCreateHostsResponse.Builder response = BatchCreateHostsResponse.newBuilder();
    List<HostedHost> made = new ArrayList<>();
    List<Runnable> granted = new ArrayList<>();
    for (int i = 0; i < request.getRequestsCount(); i++) {
      try {
        requireMemory();
        CreateHostRequest wanted = request.getRequests(i);
        @Nullable Duration lease = LeaseLength.of(wanted.hasLease(), wanted.getLease());
        Made one = make(caller, wanted);
        granted.add(() -> lease(caller, one.host(), lease));
        response.addNames(one.host().name());
        if (one.isNew()) {
          made.add(one.host());
        }
      } catch (RuntimeException e) {
        made.forEach(caller.tenant().hosts()::end);
        memory.released();
        throw Statuses.at(
            "requests[" + i + "]",
            RefusedCall.status(e, HostServiceGrpc.getBatchCreateHostsMethod().getFullMethodName()));
      }
    }
    granted.forEach(Runnable::run);
    return response.build();
  }

  private CloneHostResponse cloneHost(Caller caller, CloneHostRequest request) {
    requireMemory();
    @Nullable Duration asked = LeaseLength.of(request.hasLease(), request.getLease());
    HostRegistry hosts = caller.tenant().hosts();
    HostedHost original = named(caller, request.getName());
    HostedHost copy = hosts.clone(original.name(), request.getHostId(), request.getRequestId());
    Lease originals = original.lease();
    lease(caller, copy, asked == null && originals != null ? originals.length() : asked);
    return CloneHostResponse.newBuilder().setHost(message(copy)).build();
  }

  private void lease(Caller caller, HostedHost host, @Nullable Duration length) {
    if (length != null) {
      leases.grant(
          host,
          length,
          () -> {
            caller.tenant().hosts().expire(host);
            memory.released();
            callers.record(caller, "host.expire", host.name(), "OK");
          });
    }
  }

  private RenewLeaseResponse renew(Caller caller, RenewLeaseRequest request) {
    @Nullable Duration length = LeaseLength.of(request.hasLease(), request.getLease());
    HostedHost host = named(caller, request.getName());
    if (!leases.renew(host, length)) {
      throw Statuses.daemon(
          Code.FAILED_PRECONDITION, "name: \"" + host.id() + "\" has no lease to renew");
    }
    return RenewLeaseResponse.newBuilder().setHost(message(host)).build();
  }

  private void requireMemory() {
    if (memory.refusesGrowth()) {
      throw Statuses.shortOfMemory();
    }
  }

  private static GetHostResponse get(Caller caller, GetHostRequest request) {
    return GetHostResponse.newBuilder().setHost(message(named(caller, request.getName()))).build();
  }

  private static ListHostsResponse list(Caller caller, ListHostsRequest request) {
    HostRegistry hosts = caller.tenant().hosts();
    ListHostsResponse.Builder response = ListHostsResponse.newBuilder().setTotalSize(hosts.size());
    String last = Pages.last(request.getPageToken());
    int bytes = 0;
    for (HostedHost hosted : hosts.after(last, Pages.size(request.getPageSize()))) {
      if (bytes > Pages.MOST_BYTES) {
        break;
      }
      Host host = message(hosted);
      response.addHosts(host);
      bytes += host.getSerializedSize();
      last = hosted.id();
    }
    if (!hosts.after(last, 1).isEmpty()) {
      response.setNextPageToken(Pages.token(last));
    }
    return response.build();
  }

  private DeleteHostResponse delete(Caller caller, DeleteHostRequest request) {
    caller.tenant().hosts().delete(named(caller, request.getName()).name());
    memory.released();
    return DeleteHostResponse.getDefaultInstance();
  }

  private BatchDeleteHostsResponse deleteAll(Caller caller, BatchDeleteHostsRequest request) {
    Statuses.requireTogether("names", request.getNamesCount(), MOST_TOGETHER, "hosts");
    Set<HostedHost> hosts = new LinkedHashSet<>();
    for (int i = 0; i < request.getNamesCount(); i++) {
      String place = "names[" + i + "]";
      HostedHost host;
      try {
        host = named(caller, place, request.getNames(i));
      } catch (NoSuchHost e) {
        throw Statuses.daemon(Code.NOT_FOUND, place + ": " + e.getMessage());
      }
      if (!hosts.add(host)) {
        throw Statuses.daemon(
            Code.INVALID_ARGUMENT, place + ": names \"" + host.id() + "\" a second time");
      }
    }
    hosts.forEach(caller.tenant().hosts()::end);
    memory.released();
    return BatchDeleteHostsResponse.getDefaultInstance();
  }

  private static DescribeHostResponse describe(Caller caller, DescribeHostRequest request) {
    HostedHost hosted = named(caller, request.getName());
    return hosted.with(
        host ->
            DescribeHostResponse.newBuilder()
                .setHost(message(hosted, host))
                .setStateHash(host.stateHash())
                .setState(host.describe())
                .build());
  }

  private static ListEventsResponse events(Caller caller, ListEventsRequest request) {
    int most = Pages.size(request.getPageSize());
    return named(caller, request.getName())
        .with(
            host ->
                ListEventsResponse.newBuilder()
                    .addAllEvents(host.events().after(request.getAfter(), most))
                    .setOldest(host.events().oldest())
                    .build());
  }

  private static HostedHost named(Caller caller, String name) {
    return named(caller, "name", name);
  }

  private static HostedHost named(Caller caller, String field, String name) {
    if (name.isEmpty()) {
      throw Statuses.daemon(Code.INVALID_ARGUMENT, field + ": names no host");
    }
    return caller.tenant().hosts().get(name);
  }

  private static Host message(HostedHost hosted) {
    return hosted.with(host -> message(hosted, host));
  }

  private static Host message(HostedHost hosted, io.virtrig.emulator.Host host) {
    Host.Builder message =
        Host.newBuilder()
            .setName(hosted.name())
            .setSpec(host.spec())
            .setOperations(host.operations());
    Lease lease = hosted.lease();
    if (lease != null) {
      message
          .setLease(LeaseLength.message(lease.length()))
          .setLeaseLeft(LeaseLength.message(lease.left()));
    }
    return message.build();
  }
}
