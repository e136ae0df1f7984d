package io.virtrig.wire;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor.JavaType;
import com.google.protobuf.Message;
import io.virtrig.v1.HostServiceGrpc;
import io.virtrig.v1.HostSpec;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class EveryMessageTest {

  @Test
  void eachMemberThatIsAMessageIsSetAndNoOther() {
    HostSpec spec = (HostSpec) EveryMessage.in(HostSpec.newBuilder());
    for (FieldDescriptor member : spec.getDescriptorForType().getFields()) {
      if (member.getRealContainingOneof() == null) {
        assertThat(spec.getAllFields().containsKey(member))
            .as(member.getFullName())
            .isEqualTo(member.getJavaType() == JavaType.MESSAGE);
      }
    }
  }

  @Test
  void aServiceHasARequestAndAnAnswerForEachMethod() {
    List<String> expected = new ArrayList<>();
    HostServiceGrpc.getServiceDescriptor()
        .getMethods()
        .forEach(
            method -> {
              expected.add(method.getBareMethodName() + "Request");
              expected.add(method.getBareMethodName() + "Response");
            });
    assertThat(EveryMessage.of(HostServiceGrpc.getServiceDescriptor()))
        .extracting(Message::getDescriptorForType)
        .extracting(message -> message.getName())
        .containsExactlyElementsOf(expected);
  }
}
