package io.virtrig.testcontainers;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** The extension with a daemon in a container. */
@NeedsTheImage
class ContainerTargetTest {

  @Test
  void testsRunAgainstAContainerOfTheRun() {
    VirtrigExtensionTest.Run run =
        VirtrigExtensionTest.run(
            VirtrigExtensionTest.Careful.class, "container:" + NeedsTheImage.NAME);
    assertThat(run.outcomes).containsEntry("closes", "");
    assertThat(run.outcomes.get("leavesAFile")).contains("pid 1: fd 3");
  }
}
