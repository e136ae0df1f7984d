package io.virtrig.uapi;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.FieldDescriptor;
import io.virtrig.v1.Operation;
import io.virtrig.v1.Operation.OpCase;
import java.util.Locale;
import org.junit.jupiter.api.Test;

class OperationNameTest {

  @Test
  void namesAreAsPeopleWriteThem() {
    assertThat(OperationName.of(OpCase.VFIO_IOMMU_MAP_DMA)).isEqualTo("VFIO_IOMMU_MAP_DMA");
    assertThat(OperationName.of(OpCase.HW_DMA_READ)).isEqualTo("hw.dma_read");
    assertThat(OperationName.of(OpCase.HOST_X86_OPS)).isEqualTo("host.x86_ops");
    assertThat(OperationName.of(OpCase.OPEN)).isEqualTo("open");
    assertThat(OperationName.of(OpCase.OP_NOT_SET)).isEmpty();
  }

  @Test
  void eachIsItsMembersInTheVocabulary() {
    for (FieldDescriptor member : Operation.getDescriptor().getFields()) {
      String name = OperationName.of(OpCase.forNumber(member.getNumber()));
      assertThat(name.toLowerCase(Locale.ROOT).replace('.', '_')).isEqualTo(member.getName());
    }
  }
}
