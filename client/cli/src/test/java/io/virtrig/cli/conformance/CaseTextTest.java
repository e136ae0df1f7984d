package io.virtrig.cli.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.cli.conformance.CaseText.Source;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is known of a line before it is read. */
class CaseTextTest {
  private static final Source SOURCE = new Source("area", Path.of("cases.jsonl"), 7);

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'id':'a-1','steps':[]} | a-1",
        "{'title':'t','host':{'id':'inner'},'steps':[{'id':'step'}],'id':'last'} | last",
        "{'id':5,'steps':[]} | 5",
        "{'steps':[]} | cases.jsonl:7",
        "[] | cases.jsonl:7",
        "no JSON | cases.jsonl:7",
      })
  void theIdIsFoundWithoutReadingTheRest(String line, String id) {
    CaseText text = new CaseText(SOURCE, line.replace('\'', '"'));
    assertThat(text.id()).isEqualTo(id);
    assertThat(text.read().name().id()).isEqualTo(id);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "{\"id\":", "{\"id\":[1],\"steps\":[]}", "{\"a\":nul"})
  void whatCannotBeReadGoesByItsPlace(String line) {
    assertThat(new CaseText(SOURCE, line).id()).isEqualTo("cases.jsonl:7");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"id\":\"a\"", "{\"id\":\"a\",\"steps\":[,}"})
  void whatIsWrongAfterTheIdIsFoundWhenItIsRead(String line) {
    CaseText text = new CaseText(SOURCE, line);
    assertThat(text.id()).isEqualTo("a");
    assertThat(text.read()).isInstanceOf(CaseLine.Broken.class);
  }
}
