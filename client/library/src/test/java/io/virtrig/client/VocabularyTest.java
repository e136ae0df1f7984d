package io.virtrig.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.virtrig.v1.EventfdRequest;
import io.virtrig.v1.OpenRequest;
import io.virtrig.v1.Operation;
import org.junit.jupiter.api.Test;

class VocabularyTest {

  @Test
  void anOperationIsMadeAroundItsRequest() {
    FieldDescriptor eventfd = Vocabulary.member("eventfd").orElseThrow();
    Message request =
        Vocabulary.request(eventfd)
            .setField(EventfdRequest.getDescriptor().findFieldByName("initval"), 3)
            .build();
    assertThat(Vocabulary.operation(eventfd, request))
        .isEqualTo(
            Operation.newBuilder().setEventfd(EventfdRequest.newBuilder().setInitval(3)).build());
  }

  @Test
  void theRequestOfAnotherOperationIsRefused() {
    FieldDescriptor eventfd = Vocabulary.member("eventfd").orElseThrow();
    assertThatThrownBy(() -> Vocabulary.operation(eventfd, OpenRequest.getDefaultInstance()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("eventfd takes no OpenRequest");
  }
}
