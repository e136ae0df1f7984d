package io.virtrig.cli;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.virtrig.client.ErrnoException;
import io.virtrig.client.RefusalException;
import io.virtrig.client.json.NotationException;
import io.virtrig.client.json.UnknownOperationException;
import java.io.FileNotFoundException;
import java.nio.file.NoSuchFileException;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParseResult;

/** Says in a line what went wrong, and chooses the exit code. */
final class FailureHandler implements IExecutionExceptionHandler {

  @Override
  public int handleExecutionException(Exception failure, CommandLine command, ParseResult parsed) {
    command.getErr().println(describe(failure));
    command.getErr().flush();
    return exitCode(failure);
  }

  private static String describe(Exception failure) {
    return switch (failure) {
      case ErrnoException errno -> errno.name() + ": " + errno.check();
      case StatusRuntimeException transport -> "virtrig: " + describe(transport.getStatus());
      case NoSuchFileException file -> "virtrig: no such file: " + file.getFile();
      case Exception other when other.getMessage() != null -> "virtrig: " + other.getMessage();
      default -> "virtrig: " + failure;
    };
  }

  private static String describe(Status status) {
    String description = status.getDescription() == null ? "" : ": " + status.getDescription();
    return switch (status.getCode()) {
      case UNAVAILABLE ->
          "the daemon cannot be reached"
              + description
              + cause(status)
              + " (is it running? `virtrig daemon` starts one, --target says where it is)";
      case DEADLINE_EXCEEDED -> "the daemon did not answer in time" + description;
      default -> status.getCode() + description;
    };
  }

  private static String cause(Status status) {
    Throwable cause = status.getCause();
    return cause == null ? "" : ": " + cause.getMessage();
  }

  private static int exitCode(Exception failure) {
    return switch (failure) {
      case ErrnoException _ -> ExitCode.ERRNO;
      case RefusalException refusal -> exitCode(refusal);
      case StatusRuntimeException transport -> exitCode(transport.getStatus());
      case NotationException _, UnknownOperationException _ -> ExitCode.USAGE;
      case ConfigurationFailure _ -> ExitCode.USAGE;
      case NoSuchFileException _, FileNotFoundException _ -> ExitCode.USAGE;
      default -> ExitCode.FAILURE;
    };
  }

  private static int exitCode(RefusalException refusal) {
    return switch (refusal.code()) {
      case CODE_NOT_FOUND -> ExitCode.NOT_FOUND;
      case CODE_INVALID_ARGUMENT -> ExitCode.USAGE;
      default -> ExitCode.FAILURE;
    };
  }

  private static int exitCode(Status status) {
    return switch (status.getCode()) {
      case NOT_FOUND -> ExitCode.NOT_FOUND;
      case DEADLINE_EXCEEDED -> ExitCode.DEADLINE;
      case INVALID_ARGUMENT -> ExitCode.USAGE;
      default -> ExitCode.FAILURE;
    };
  }
}
