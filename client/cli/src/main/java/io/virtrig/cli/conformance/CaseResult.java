package io.virtrig.cli.conformance;

import java.time.Duration;

/**
 * A case and what came of it.
 *
 * @param name the case
 * @param outcome what came of it
 * @param duration how long it took; the first cases wait for a daemon that is being started
 */
public record CaseResult(CaseName name, Outcome outcome, Duration duration) {}
