package io.virtrig.cli.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.cli.conformance.CaseLine.Case;
import io.virtrig.cli.conformance.Outcome.Failed;
import io.virtrig.cli.conformance.Outcome.Passed;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * The runner's judgement on the real cases: right answers pass, one wrong answer fails at its step.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RecordedCasesTest {

  private static final List<String> SUPPORTED =
      List.of(
          "vfio",
          "kvm/system.jsonl",
          "kvm/memslot.jsonl",
          "kvm/dirty.jsonl",
          "kvm/guest.jsonl",
          "kvm/pci-hole.jsonl",
          "kvm/random-mem.jsonl",
          "kvm/random-dirty.jsonl");

  private final List<Case> cases = new ArrayList<>();

  @BeforeAll
  void readCases() throws IOException {
    Path folder = SharedCases.folder();
    for (CaseText text : CaseFiles.texts(SUPPORTED.stream().map(folder::resolve).toList())) {
      cases.add((Case) text.read());
    }
    assertThat(cases).hasSizeGreaterThan(250);
  }

  @Test
  void aHostThatAnswersAsExpectedPasses() {
    for (Case subject : cases) {
      Outcome outcome = ConformanceRunner.run(subject, Oracle.right(subject), step -> {});
      assertThat(outcome).as(subject.name().id()).isInstanceOf(Passed.class);
    }
  }

  @Test
  void oneWrongAnswerFailsTheCaseAtItsStep() {
    for (Case subject : cases) {
      for (Step step : subject.steps()) {
        Outcome outcome =
            ConformanceRunner.run(subject, Oracle.wrongAt(subject, step.number()), each -> {});
        assertThat(outcome)
            .as("%s step %d", subject.name().id(), step.number())
            .isInstanceOf(Failed.class);
        assertThat(((Failed) outcome).steps()).hasSize(step.number());
      }
    }
  }
}
