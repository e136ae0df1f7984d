package io.virtrig.daemon.grpc;

import com.google.rpc.Code;
import io.grpc.ServerServiceDefinition;
import io.virtrig.daemon.hosts.HostRegistry;
import io.virtrig.daemon.hosts.HostedHost;
import io.virtrig.daemon.tenancy.Caller;
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
import java.util.List;

/** The host service: what its methods ask of the registry. */
final class HostMethods {
  private final Callers callers;

  HostMethods(Callers callers) {
    this.callers = callers;
  }

  ServerServiceDefinition service() {
    return new ServiceBinding(HostServiceGrpc.getServiceDescriptor(), callers)
        .audited(
            HostServiceGrpc.getCreateHostMethod(),
            "host.create",
            CreateHostRequest::getHostId,
            HostMethods::create)
        .audited(
            HostServiceGrpc.getCloneHostMethod(),
            "host.clone",
            request -> request.getName() + " " + request.getHostId(),
            HostMethods::cloneHost)
        .method(HostServiceGrpc.getGetHostMethod(), HostMethods::get)
        .method(HostServiceGrpc.getListHostsMethod(), HostMethods::list)
        .audited(
            HostServiceGrpc.getDeleteHostMethod(),
            "host.delete",
            DeleteHostRequest::getName,
            HostMethods::delete)
        .method(HostServiceGrpc.getDescribeHostMethod(), HostMethods::describe)
        .method(HostServiceGrpc.getListEventsMethod(), HostMethods::events)
        .build();
  }

  private static CreateHostResponse create(Caller caller, CreateHostRequest request) {
    HostedHost host =
        caller
            .tenant()
            .hosts()
            .create(request.getHostId(), request.getSpec(), request.getRequestId());
    return CreateHostResponse.newBuilder().setHost(message(host)).build();
  }

  private static CloneHostResponse cloneHost(Caller caller, CloneHostRequest request) {
    HostedHost original = named(caller, request.getName());
    HostedHost copy =
        caller.tenant().hosts().clone(original.name(), request.getHostId(), request.getRequestId());
    return CloneHostResponse.newBuilder().setHost(message(copy)).build();
  }

  private static GetHostResponse get(Caller caller, GetHostRequest request) {
    return GetHostResponse.newBuilder().setHost(message(named(caller, request.getName()))).build();
  }

  private static ListHostsResponse list(Caller caller, ListHostsRequest request) {
    HostRegistry hosts = caller.tenant().hosts();
    List<HostedHost> page =
        hosts.after(Pages.last(request.getPageToken()), Pages.size(request.getPageSize()));
    ListHostsResponse.Builder response = ListHostsResponse.newBuilder().setTotalSize(hosts.size());
    page.forEach(host -> response.addHosts(message(host)));
    if (!page.isEmpty() && !hosts.after(page.getLast().id(), 1).isEmpty()) {
      response.setNextPageToken(Pages.token(page.getLast().id()));
    }
    return response.build();
  }

  private static DeleteHostResponse delete(Caller caller, DeleteHostRequest request) {
    caller.tenant().hosts().delete(named(caller, request.getName()).name());
    return DeleteHostResponse.getDefaultInstance();
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
    if (name.isEmpty()) {
      throw Statuses.daemon(Code.INVALID_ARGUMENT, "name: names no host");
    }
    return caller.tenant().hosts().get(name);
  }

  private static Host message(HostedHost hosted) {
    return hosted.with(host -> message(hosted, host));
  }

  private static Host message(HostedHost hosted, io.virtrig.emulator.Host host) {
    return Host.newBuilder()
        .setName(hosted.name())
        .setSpec(host.spec())
        .setOperations(host.operations())
        .build();
  }
}
