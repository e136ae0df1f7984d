package io.virtrig.cli.conformance;

import io.virtrig.cli.conformance.CaseText.Source;

/**
 * What a case is called, and what a report says of it beside its outcome.
 *
 * @param source where it stands
 * @param id its id, or file and line where it has none
 * @param title what is shown, in a few words; may be empty
 * @param why where the expectation comes from; may be empty
 */
public record CaseName(Source source, String id, String title, String why) {}
