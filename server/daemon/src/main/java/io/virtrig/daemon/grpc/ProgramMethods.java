package io.virtrig.daemon.grpc;

import com.google.rpc.Code;
import io.grpc.ServerServiceDefinition;
import io.virtrig.daemon.execution.Batch;
import io.virtrig.daemon.execution.Completions;
import io.virtrig.daemon.execution.OperationExecutor;
import io.virtrig.daemon.hosts.HostedHost;
import io.virtrig.daemon.programs.ProgramCheck;
import io.virtrig.daemon.programs.ProgramName;
import io.virtrig.daemon.programs.Programs;
import io.virtrig.emulator.errno.Refused;
import io.virtrig.v1.ArgumentValue;
import io.virtrig.v1.Completion;
import io.virtrig.v1.CreateProgramRequest;
import io.virtrig.v1.CreateProgramResponse;
import io.virtrig.v1.DeleteProgramRequest;
import io.virtrig.v1.DeleteProgramResponse;
import io.virtrig.v1.GetProgramRequest;
import io.virtrig.v1.GetProgramResponse;
import io.virtrig.v1.ListProgramsRequest;
import io.virtrig.v1.ListProgramsResponse;
import io.virtrig.v1.Parameter;
import io.virtrig.v1.Program;
import io.virtrig.v1.ProgramServiceGrpc;
import io.virtrig.v1.RunProgramRequest;
import io.virtrig.v1.RunProgramResponse;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Stores programs, the daemon's own and those of hosts, and runs them. */
final class ProgramMethods {
  private static final int MOST_PROGRAMS = 1000;

  /** Bytes of completions in one answer; entries that come after are not executed. */
  private static final int MOST_RESULT_BYTES = 32 << 20;

  private final OperationExecutor executor;
  private final Programs own = new Programs(MOST_PROGRAMS);

  ProgramMethods(OperationExecutor executor) {
    this.executor = executor;
  }

  ServerServiceDefinition service() {
    return new ServiceBinding(ProgramServiceGrpc.getServiceDescriptor())
        .method(ProgramServiceGrpc.getCreateProgramMethod(), this::create)
        .method(ProgramServiceGrpc.getGetProgramMethod(), this::get)
        .method(ProgramServiceGrpc.getListProgramsMethod(), this::list)
        .method(ProgramServiceGrpc.getDeleteProgramMethod(), this::delete)
        .method(ProgramServiceGrpc.getRunProgramMethod(), this::run)
        .build();
  }

  private CreateProgramResponse create(CreateProgramRequest request) {
    Program program = request.getProgram();
    ProgramName name = ProgramName.of("program.name", program.getName());
    ProgramCheck.check(program);
    if (executor.memory().refusesGrowth()) {
      throw Statuses.shortOfMemory();
    }
    if (!programs(name.host()).add(name, program)) {
      throw Statuses.daemon(
          Code.ALREADY_EXISTS, "program.name: there is a program \"" + name + "\" already");
    }
    return CreateProgramResponse.newBuilder().setProgram(program).build();
  }

  private GetProgramResponse get(GetProgramRequest request) {
    return GetProgramResponse.newBuilder().setProgram(named(request.getName())).build();
  }

  private Program named(String given) {
    ProgramName name = ProgramName.of("name", given);
    return programs(name.host()).get(name);
  }

  private ListProgramsResponse list(ListProgramsRequest request) {
    int most = Pages.size(request.getPageSize());
    String parent = request.getParent();
    if (!parent.isEmpty() && !parent.startsWith(HostedHost.NAME_PREFIX)) {
      throw Statuses.daemon(Code.INVALID_ARGUMENT, "parent: \"" + parent + "\" is not hosts/HOST");
    }
    List<Program> found = programs(parent).after(Pages.last(request.getPageToken()), most + 1);
    ListProgramsResponse.Builder response = ListProgramsResponse.newBuilder();
    int bytes = 0;
    for (Program program : found.subList(0, Math.min(most, found.size()))) {
      if (bytes > Pages.MOST_BYTES) {
        break;
      }
      response.addPrograms(program);
      bytes += program.getSerializedSize();
    }
    int shown = response.getProgramsCount();
    if (found.size() > shown) {
      response.setNextPageToken(
          Pages.token(ProgramName.of("name", found.get(shown - 1).getName()).id()));
    }
    return response.build();
  }

  private DeleteProgramResponse delete(DeleteProgramRequest request) {
    ProgramName name = ProgramName.of("name", request.getName());
    programs(name.host()).remove(name);
    return DeleteProgramResponse.getDefaultInstance();
  }

  private RunProgramResponse run(RunProgramRequest request) {
    ProgramName name = ProgramName.of("name", request.getName());
    Program program = programs(name.host()).get(name);
    String host = request.getHost().isEmpty() ? name.host() : request.getHost();
    if (host.isEmpty()) {
      throw Statuses.daemon(Code.INVALID_ARGUMENT, "host: names no host");
    }
    HostedHost hosted = executor.hosts().get(host);
    if (!name.host().isEmpty() && !hosted.id().equals(name.host())) {
      throw Statuses.daemon(
          Code.INVALID_ARGUMENT, "host: the program belongs to \"" + name.host() + "\"");
    }
    Batch batch =
        executor.batch(
            host, program.getEntriesList(), arguments(program, request.getArgumentsMap()));
    Completions completions = new Completions(MOST_RESULT_BYTES);
    batch.run(completions);
    batch.refuseRest(
        completions,
        Refused.exhausted(
            "entries",
            "not executed: the results before it fill the answer's "
                + MOST_RESULT_BYTES
                + " bytes"));
    long failures =
        completions.all().stream()
            .map(Completion::getResult)
            .filter(result -> result.hasErrno() || result.hasRefusal())
            .count();
    return RunProgramResponse.newBuilder()
        .addAllCompletions(completions.all())
        .setFailures((int) failures)
        .build();
  }

  private static Map<String, ArgumentValue> arguments(
      Program program, Map<String, ArgumentValue> given) {
    Map<String, ArgumentValue> unknown = new HashMap<>(given);
    Map<String, ArgumentValue> all = new HashMap<>();
    for (Parameter parameter : program.getParametersList()) {
      ArgumentValue value = unknown.remove(parameter.getName());
      if (value == null && !parameter.hasDefaultValue()) {
        throw Statuses.daemon(
            Code.INVALID_ARGUMENT, "arguments: \"" + parameter.getName() + "\" is missing");
      }
      all.put(parameter.getName(), value == null ? parameter.getDefaultValue() : value);
    }
    if (!unknown.isEmpty()) {
      throw Statuses.daemon(
          Code.INVALID_ARGUMENT,
          "arguments: the program has no parameter \"" + unknown.keySet().iterator().next() + "\"");
    }
    return all;
  }

  private Programs programs(String host) {
    return host.isEmpty() ? own : executor.hosts().get(host).programs();
  }
}
