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
import io.virtrig.daemon.tenancy.Caller;
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
  /** Bytes of completions in one answer; entries that come after are not executed. */
  private static final int MOST_RESULT_BYTES = 32 << 20;

  private final OperationExecutor executor;
  private final Callers callers;

  ProgramMethods(OperationExecutor executor, Callers callers) {
    this.executor = executor;
    this.callers = callers;
  }

  ServerServiceDefinition service() {
    return new ServiceBinding(ProgramServiceGrpc.getServiceDescriptor(), callers)
        .audited(
            ProgramServiceGrpc.getCreateProgramMethod(),
            "program.create",
            request -> request.getProgram().getName(),
            this::create)
        .method(ProgramServiceGrpc.getGetProgramMethod(), ProgramMethods::get)
        .method(ProgramServiceGrpc.getListProgramsMethod(), ProgramMethods::list)
        .audited(
            ProgramServiceGrpc.getDeleteProgramMethod(),
            "program.delete",
            DeleteProgramRequest::getName,
            ProgramMethods::delete)
        .method(ProgramServiceGrpc.getRunProgramMethod(), request -> 0, this::run)
        .build();
  }

  private CreateProgramResponse create(Caller caller, CreateProgramRequest request) {
    Program program = request.getProgram();
    ProgramName name = ProgramName.of("program.name", program.getName());
    ProgramCheck.check(program);
    if (executor.memory().refusesGrowth()) {
      throw Statuses.shortOfMemory();
    }
    if (!programs(caller, name.host()).add(name, program)) {
      throw Statuses.daemon(
          Code.ALREADY_EXISTS, "program.name: there is a program \"" + name + "\" already");
    }
    return CreateProgramResponse.newBuilder().setProgram(program).build();
  }

  private static GetProgramResponse get(Caller caller, GetProgramRequest request) {
    return GetProgramResponse.newBuilder().setProgram(named(caller, request.getName())).build();
  }

  private static Program named(Caller caller, String given) {
    ProgramName name = ProgramName.of("name", given);
    return programs(caller, name.host()).get(name);
  }

  private static ListProgramsResponse list(Caller caller, ListProgramsRequest request) {
    int most = Pages.size(request.getPageSize());
    String parent = request.getParent();
    if (!parent.isEmpty() && !parent.startsWith(HostedHost.NAME_PREFIX)) {
      throw Statuses.daemon(Code.INVALID_ARGUMENT, "parent: \"" + parent + "\" is not hosts/HOST");
    }
    List<Program> found =
        programs(caller, parent).after(Pages.last(request.getPageToken()), most + 1);
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

  private static DeleteProgramResponse delete(Caller caller, DeleteProgramRequest request) {
    ProgramName name = ProgramName.of("name", request.getName());
    programs(caller, name.host()).remove(name);
    return DeleteProgramResponse.getDefaultInstance();
  }

  private RunProgramResponse run(Caller caller, RunProgramRequest request) {
    ProgramName name = ProgramName.of("name", request.getName());
    Program program = programs(caller, name.host()).get(name);
    String host = request.getHost().isEmpty() ? name.host() : request.getHost();
    if (host.isEmpty()) {
      throw Statuses.daemon(Code.INVALID_ARGUMENT, "host: names no host");
    }
    HostedHost hosted = caller.tenant().hosts().get(host);
    if (!name.host().isEmpty() && !hosted.id().equals(name.host())) {
      throw Statuses.daemon(
          Code.INVALID_ARGUMENT, "host: the program belongs to \"" + name.host() + "\"");
    }
    caller.tenant().account().operations(program.getEntriesCount());
    Batch batch =
        executor.batch(
            caller.tenant(),
            host,
            program.getEntriesList(),
            arguments(program, request.getArgumentsMap()));
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

  private static Programs programs(Caller caller, String host) {
    return host.isEmpty()
        ? caller.tenant().programs()
        : caller.tenant().hosts().get(host).programs();
  }
}
