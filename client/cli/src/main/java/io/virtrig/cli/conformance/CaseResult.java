package io.virtrig.cli.conformance;

import java.time.Duration;

/**
 * A case and what came of it.
 *
 * @param line the case
 * @param outcome what came of it
 * @param duration how long it took
 */
public record CaseResult(CaseLine line, Outcome outcome, Duration duration) {}
