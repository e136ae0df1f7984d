package io.virtrig.client;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.FieldDescriptor;
import io.virtrig.v1.EventfdRequest;
import org.junit.jupiter.api.Test;

class VocabularyTest {

  @Test
  void aNewRequestIsTheOperations() {
    FieldDescriptor eventfd = Vocabulary.member("eventfd").orElseThrow();
    assertThat(
            Vocabulary.request(eventfd)
                .setField(EventfdRequest.getDescriptor().findFieldByName("initval"), 3)
                .build())
        .isEqualTo(EventfdRequest.newBuilder().setInitval(3).build());
  }

  @Test
  void anOperationThatThereIsNotHasNoMember() {
    assertThat(Vocabulary.member("VFIO_IOMMU_FLY")).isEmpty();
    assertThat(Vocabulary.member("hw.dma_read")).isPresent();
  }
}
