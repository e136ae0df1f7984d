package io.virtrig.cli.conformance;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import io.virtrig.cli.conformance.Report.Counts;
import java.util.List;
import java.util.Map;

/** A report for programs: counts by area, and the ids that did not pass. */
public final class JsonReport {

  private JsonReport() {}

  /** The report as JSON text. */
  public static String of(Report report) {
    JsonObject json = counts(report.counts());
    JsonObject areas = new JsonObject();
    report.areas().forEach((area, counts) -> areas.add(area, counts(counts)));
    json.add("areas", areas);
    json.add("failing", ids(report.failures()));
    json.add("unsupported_ids", ids(report.unsupported()));
    return new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(json) + "\n";
  }

  private static JsonObject counts(Counts counts) {
    JsonObject json = new JsonObject();
    json.addProperty("passed", counts.passed());
    json.addProperty("failed", counts.failed());
    json.addProperty("unsupported", counts.unsupported());
    return json;
  }

  private static <T> JsonArray ids(List<Map.Entry<CaseName, T>> entries) {
    JsonArray ids = new JsonArray();
    entries.forEach(entry -> ids.add(entry.getKey().id()));
    return ids;
  }
}
