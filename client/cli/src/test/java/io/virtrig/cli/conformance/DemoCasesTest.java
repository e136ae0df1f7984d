package io.virtrig.cli.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.cli.conformance.CaseLine.Case;
import io.virtrig.cli.conformance.Outcome.Failed;
import io.virtrig.cli.conformance.Outcome.Passed;
import io.virtrig.cli.demo.DemoCommand;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The demo's story is made of cases that check what they tell. */
class DemoCasesTest {

  private static List<Case> chapters() throws IOException {
    List<Case> chapters = new ArrayList<>(chapters("demo.jsonl"));
    chapters.addAll(chapters("demo-vsva.jsonl"));
    chapters.addAll(chapters("demo-vdpa.jsonl"));
    return chapters;
  }

  private static List<Case> chapters(String file) throws IOException {
    return CaseFiles.readResource("demo", DemoCommand.class, file).stream()
        .map(Case.class::cast)
        .toList();
  }

  @Test
  void theyPassOnAHostThatAnswersAsTold() throws IOException {
    assertThat(chapters("demo.jsonl")).hasSize(4);
    assertThat(chapters("demo-vsva.jsonl")).hasSize(2);
    assertThat(chapters("demo-vdpa.jsonl")).hasSize(2);
    for (Case chapter : chapters()) {
      assertThat(ConformanceRunner.run(chapter, Oracle.right(chapter), step -> {}))
          .isInstanceOf(Passed.class);
    }
  }

  @Test
  void eachStepFailsOnAHostThatAnswersOtherwise() throws IOException {
    for (Case chapter : chapters()) {
      for (Step step : chapter.steps()) {
        Outcome outcome =
            ConformanceRunner.run(chapter, Oracle.wrongAt(chapter, step.number()), each -> {});
        assertThat(outcome)
            .as("%s step %d", chapter.name().id(), step.number())
            .isInstanceOf(Failed.class);
      }
    }
  }

  @Test
  void eachSuccessHasANoteForTheReader() throws IOException {
    for (Case chapter : chapters()) {
      assertThat(chapter.steps())
          .filteredOn(step -> step.expect().errno().equals(Expectation.OK))
          .allSatisfy(step -> assertThat(step.expect().note()).as(step.toString()).isNotBlank());
    }
  }
}
