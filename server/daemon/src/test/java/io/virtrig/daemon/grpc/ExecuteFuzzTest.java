package io.virtrig.daemon.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.google.protobuf.InvalidProtocolBufferException;
import io.virtrig.emulator.Host;
import io.virtrig.v1.ExecuteRequest;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;

/**
 * Any batch of operations: each gets a result, and the state it leads to is the same when they are
 * replayed. {@code JAZZER_FUZZ=1 mvn test -Dtest=ExecuteFuzzTest} looks for new inputs; without it
 * the known ones are tried.
 */
class ExecuteFuzzTest {

  @FuzzTest(maxDuration = "5m")
  void everyOperationIsAnswered(byte[] bytes) {
    ExecuteRequest request;
    try {
      request = ExecuteRequest.parseFrom(bytes);
    } catch (InvalidProtocolBufferException e) {
      return;
    }
    Host host = new Host(HostSpec.getDefaultInstance());
    Host second = new Host(HostSpec.getDefaultInstance());
    for (Operation operation : request.getOperationsList()) {
      Result result = host.apply(operation);
      assertThat(result).isEqualTo(second.apply(operation));
    }
    assertThat(host.stateHash()).isEqualTo(second.stateHash());
    host.end();
  }
}
