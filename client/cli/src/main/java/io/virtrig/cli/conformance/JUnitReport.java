package io.virtrig.cli.conformance;

import io.virtrig.cli.conformance.CaseText.Source;
import io.virtrig.cli.conformance.Outcome.Failed;
import io.virtrig.cli.conformance.Outcome.Passed;
import io.virtrig.cli.conformance.Outcome.Unsupported;
import io.virtrig.cli.conformance.Report.Counts;
import java.io.Writer;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/**
 * A report as JUnit XML, which most CI systems show: a suite an area, unsupported cases as skipped.
 */
public final class JUnitReport {

  private final XMLStreamWriter xml;

  private JUnitReport(XMLStreamWriter xml) {
    this.xml = xml;
  }

  /**
   * Writes the report.
   *
   * @throws XMLStreamException when the writer fails
   */
  public static void write(Report report, Writer into) throws XMLStreamException {
    XMLStreamWriter xml = XMLOutputFactory.newInstance().createXMLStreamWriter(into);
    new JUnitReport(xml).write(report);
    xml.close();
  }

  private void write(Report report) throws XMLStreamException {
    xml.writeStartDocument("UTF-8", "1.0");
    xml.writeCharacters("\n");
    xml.writeStartElement("testsuites");
    for (Map.Entry<String, List<CaseResult>> area : report.byArea().entrySet()) {
      suite(area.getKey(), area.getValue());
    }
    xml.writeCharacters("\n");
    xml.writeEndElement();
    xml.writeEndDocument();
  }

  private void suite(String area, List<CaseResult> results) throws XMLStreamException {
    Counts counts = Counts.of(results);
    xml.writeCharacters("\n  ");
    xml.writeStartElement("testsuite");
    xml.writeAttribute("name", area);
    xml.writeAttribute("tests", Integer.toString(results.size()));
    xml.writeAttribute("failures", Integer.toString(counts.failed()));
    xml.writeAttribute("errors", "0");
    xml.writeAttribute("skipped", Integer.toString(counts.unsupported()));
    xml.writeAttribute(
        "time",
        seconds(results.stream().map(CaseResult::duration).reduce(Duration.ZERO, Duration::plus)));
    for (CaseResult result : results) {
      testCase(result);
    }
    xml.writeCharacters("\n  ");
    xml.writeEndElement();
  }

  private void testCase(CaseResult result) throws XMLStreamException {
    Source source = result.name().source();
    xml.writeCharacters("\n    ");
    xml.writeStartElement("testcase");
    xml.writeAttribute("name", visible(result.name().id()));
    xml.writeAttribute("classname", source.area() + "." + source.file().getFileName());
    xml.writeAttribute("time", seconds(result.duration()));
    switch (result.outcome()) {
      case Passed _ -> {}
      case Failed failed -> {
        xml.writeStartElement("failure");
        xml.writeAttribute("message", visible(failed.problem()));
        xml.writeCharacters(visible(String.join("\n", FailureText.lines(result.name(), failed))));
        xml.writeEndElement();
      }
      case Unsupported unsupported -> {
        xml.writeStartElement("skipped");
        xml.writeAttribute("message", visible(unsupported.reason()));
        xml.writeEndElement();
      }
    }
    xml.writeEndElement();
  }

  private static String seconds(Duration duration) {
    return String.format(Locale.ROOT, "%.3f", duration.toNanos() / 1e9);
  }

  /** XML cannot hold control characters, not even escaped; ids and reasons may have any. */
  private static String visible(String text) {
    return text.codePoints()
        .map(c -> isXml(c) ? c : 0xfffd)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  private static boolean isXml(int c) {
    boolean character = c >= 0x20 && c < 0xfffe && !Character.isSurrogate((char) c);
    return character || c >= 0x10000 || c == '\n' || c == '\t';
  }
}
