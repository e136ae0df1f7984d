package io.virtrig.cli.walk;

import static org.assertj.core.api.Assertions.assertThat;

import io.virtrig.v1.Access;
import io.virtrig.v1.KeptEntry;
import io.virtrig.v1.Translated;
import io.virtrig.v1.TranslationFault;
import io.virtrig.v1.Verdict;
import io.virtrig.v1.Walk;
import io.virtrig.v1.WalkRequest;
import io.virtrig.v1.WalkResponse;
import io.virtrig.v1.WalkStep;
import java.io.StringReader;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.xml.sax.InputSource;

class WalkTextTest {
  private static final WalkRequest REQUEST =
      WalkRequest.newBuilder()
          .setHost("rig")
          .setDevice("nic<0>")
          .setAccess(Access.newBuilder().setIova(0x1234).setPasid(5).setWrite(true))
          .build();

  private static final WalkResponse STALE =
      WalkResponse.newBuilder()
          .setWalk(
              Walk.newBuilder()
                  .addSteps(
                      WalkStep.newBuilder()
                          .setStructure("second level")
                          .setInput(0x5000)
                          .setOutput(0x105000)
                          .addBits("mapped by the host")
                          .addBits("RW"))
                  .addSteps(
                      WalkStep.newBuilder()
                          .setStructure("first level")
                          .setLevel(1)
                          .setTable(0x105000)
                          .setAddress(0x105008)
                          .setIndex(1)
                          .setEntry(0))
                  .setVerdict(
                      Verdict.newBuilder()
                          .setFault(
                              TranslationFault.newBuilder()
                                  .setName("FIRST_NOT_PRESENT")
                                  .setCode(0x71)
                                  .setStructure("first level")
                                  .setLevel(1)
                                  .setRecorded(true))))
          .addKept(
              KeptEntry.newBuilder()
                  .setCache("IOTLB")
                  .setDomain(2)
                  .setSpace(5)
                  .setSize(0x1000)
                  .setTarget(0x9000)
                  .setStale(true))
          .setVerdict(
              Verdict.newBuilder()
                  .setTranslated(Translated.newBuilder().setAddress(0x9234).setPageSize(0x1000)))
          .build();

  @Test
  void tablesAndWhatIsKeptAreToldApart() {
    assertThat(WalkText.of(REQUEST, STALE).lines())
        .containsExactly(
            "write of 0x1234 with PASID 5 by nic<0>",
            "",
            "kept     IOTLB: domain 2, PASID or ASID 5, 0x1000 bytes -> 0x9000"
                + "   STALE: the tables have changed",
            "1        second level         0x5000 -> 0x105000  mapped by the host, RW",
            "2        first level 1        table 0x105000[1] = 0x0  ",
            "",
            "tables   blocked: FIRST_NOT_PRESENT (0x71) in first level 1",
            "access   physical 0x9234, page of 0x1000   <- by what is kept, not by the tables");
  }

  @Test
  void thePictureIsWellFormedAndShowsEveryStep() throws Exception {
    String svg = WalkPicture.draw(REQUEST, STALE);
    var document =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(new InputSource(new StringReader(svg)));
    assertThat(document.getDocumentElement().getTagName()).isEqualTo("svg");
    assertThat(svg).contains("nic&lt;0&gt;", "0x5000 \u2192 0x105000", "first level 1", "memory");
  }
}
