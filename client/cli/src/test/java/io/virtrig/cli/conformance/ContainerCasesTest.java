package io.virtrig.cli.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.client.VirtrigClient;
import io.virtrig.testcontainers.VirtrigContainer;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** Some of the recorded cases against the image. */
class ContainerCasesTest {
  private static final List<String> AREAS = List.of("vfio", "irqbypass", "kvm/memslot.jsonl");

  @Test
  void theImageAnswersAsRecorded() throws Exception {
    Assumptions.assumeTrue(
        Boolean.getBoolean("virtrig.containers.required"),
        "the image is held against the cases where -Dcontainers.required=true says so");
    Path folder = SharedCases.folder();
    List<CaseText> cases = CaseFiles.texts(AREAS.stream().map(folder::resolve).toList());
    assertThat(cases).hasSizeGreaterThan(50);
    try (VirtrigContainer container =
        new VirtrigContainer(System.getProperty("virtrig.containers.image", ""))) {
      container.start();
      try (VirtrigClient client = container.client();
          ConformanceRunner runner = ConformanceRunner.over(client)) {
        Report report = runner.run(cases, result -> {});
        Stream<String> failures =
            report.failures().stream()
                .flatMap(
                    failure -> FailureText.lines(failure.getKey(), failure.getValue()).stream());
        assertThat(failures).isEmpty();
        assertThat(report.counts().passed()).isEqualTo(cases.size());
      }
    }
  }
}
