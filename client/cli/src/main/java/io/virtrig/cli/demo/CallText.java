package io.virtrig.cli.demo;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import io.virtrig.cli.Palette;
import io.virtrig.cli.conformance.Step;
import java.util.ArrayList;
import java.util.List;

/**
 * A step as a C programmer would read it: {@code VFIO_SET_IOMMU(container,
 * value=VFIO_TYPE1v2_IOMMU)}.
 */
final class CallText {

  private CallText() {}

  static String of(Step step, Palette palette) {
    List<String> arguments = new ArrayList<>();
    if (step.on() != null) {
      arguments.add(step.on());
    }
    step.arguments()
        .asMap()
        .forEach((name, value) -> arguments.add(palette.faint(name + "=") + text(value)));
    String made = step.as() == null ? "" : step.as() + " = ";
    return made + palette.name(step.operation()) + "(" + String.join(", ", arguments) + ")";
  }

  private static String text(JsonElement value) {
    if (value instanceof JsonArray flags) {
      return String.join("|", flags.asList().stream().map(CallText::text).toList());
    }
    return value.isJsonPrimitive() ? value.getAsString().replace("$", "") : value.toString();
  }
}
