package io.virtrig.cli;

import picocli.CommandLine.Option;

/** The option that chooses between a table for people and JSON for programs. */
final class OutputFormat {

  /** The formats there are. */
  enum Format {
    /** Columns, or indented text. */
    table,
    /** The API's message, in the notation of the conformance cases. */
    json
  }

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      defaultValue = "table",
      description = "${COMPLETION-CANDIDATES}. Default: ${DEFAULT-VALUE}.")
  private Format format = Format.table;

  boolean isJson() {
    return format == Format.json;
  }
}
