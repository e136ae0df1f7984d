package io.virtrig.daemon.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Descriptors.FieldDescriptor;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import io.virtrig.v1.EventfdRequest;
import io.virtrig.v1.EventfdResponse;
import io.virtrig.v1.HostServiceGrpc;
import io.virtrig.v1.Operation;
import io.virtrig.v1.ProcessServiceGrpc;
import io.virtrig.v1.Result;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class TypedOperationTest {
  private final TypedOperation eventfd = TypedOperation.of(ProcessServiceGrpc.getEventfdMethod());

  @Test
  void eachOperationHasAMethodThatIsCalledAsIt() {
    Set<String> names = new TreeSet<>();
    for (ServiceDescriptor service : OperationServices.SERVICES) {
      for (MethodDescriptor<?, ?> method : service.getMethods()) {
        String name = TypedOperation.of(method).name();
        assertThat(name.replace("_", "")).isEqualToIgnoringCase(method.getBareMethodName());
        names.add(name);
      }
    }
    assertThat(names)
        .containsExactlyInAnyOrderElementsOf(
            Operation.getDescriptor().getFields().stream().map(FieldDescriptor::getName).toList());
  }

  @Test
  void aRequestBecomesTheSameOperationAsByItsBuilder() {
    EventfdRequest request = EventfdRequest.newBuilder().setHost("rig").setInitval(3).build();
    assertThat(eventfd.host(request)).isEqualTo("rig");
    assertThat(eventfd.with(request)).isEqualTo(Operation.newBuilder().setEventfd(request).build());
  }

  @Test
  void theResponseIsTheResults() {
    EventfdResponse response = EventfdResponse.newBuilder().setRet(7).build();
    assertThat(eventfd.response(Result.newBuilder().setEventfd(response).build()))
        .isSameAs(response);
    assertThat(eventfd.response(Result.getDefaultInstance()))
        .isEqualTo(EventfdResponse.getDefaultInstance());
  }

  @Test
  void aMethodThatIsNoOperationIsADefect() {
    MethodDescriptor<?, ?> method = HostServiceGrpc.getCreateHostMethod();
    assertThatThrownBy(() -> TypedOperation.of(method))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("CreateHost");
  }
}
