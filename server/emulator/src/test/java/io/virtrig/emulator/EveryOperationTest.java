package io.virtrig.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.FieldDescriptor;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Result;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each operation of the vocabulary goes somewhere, whatever it says. */
class EveryOperationTest {

  static List<FieldDescriptor> operations() {
    return Operation.getDescriptor().getOneofs().getFirst().getFields();
  }

  static Stream<String> names() {
    return operations().stream().map(FieldDescriptor::getName);
  }

  @ParameterizedTest
  @MethodSource("names")
  void isAnsweredUnderItsOwnNameOrRefused(String name) {
    FieldDescriptor field = Operation.getDescriptor().findFieldByName(name);
    Operation.Builder operation = Operation.newBuilder();
    operation.setField(field, operation.newBuilderForField(field).build());
    Result result = new Host(HostSpec.getDefaultInstance()).apply(operation.build());
    boolean answered = result.hasField(Result.getDescriptor().findFieldByName(name));
    assertThat(answered || result.hasErrno() || result.hasRefusal()).as("%s", result).isTrue();
  }
}
