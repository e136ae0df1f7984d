package io.virtrig.daemon.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import io.virtrig.v1.CreateHostRequest;
import io.virtrig.v1.EventfdRequest;
import io.virtrig.v1.EventfdResponse;
import io.virtrig.v1.HostServiceGrpc;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Operation.OpCase;
import io.virtrig.v1.ProcessServiceGrpc;
import io.virtrig.v1.Result;
import io.virtrig.wire.Prototypes;
import io.virtrig.wire.Results;
import java.util.EnumSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TypedOperationTest {
  private final TypedOperation eventfd = TypedOperation.of(ProcessServiceGrpc.getEventfdMethod());

  @Test
  void eachOperationHasAMethodThatIsCalledAsIt() {
    Set<OpCase> ops = EnumSet.of(OpCase.OP_NOT_SET);
    for (ServiceDescriptor service : OperationServices.SERVICES) {
      for (MethodDescriptor<?, ?> method : service.getMethods()) {
        OpCase op = TypedOperation.of(method).with(Prototypes.request(method)).getOpCase();
        assertThat(op.name().replace("_", "")).isEqualToIgnoringCase(method.getBareMethodName());
        assertThat(Results.nothing(op.getNumber())).isEqualTo(Prototypes.response(method));
        ops.add(op);
      }
    }
    assertThat(ops).containsExactlyInAnyOrder(OpCase.values());
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
    TypedOperation none = TypedOperation.of(HostServiceGrpc.getCreateHostMethod());
    assertThatThrownBy(() -> none.with(CreateHostRequest.getDefaultInstance()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("no member is a CreateHostRequest");
  }
}
