/**
 * Runs conformance cases against a daemon: what a Linux host does, as data, and whether the
 * simulated one does it too.
 *
 * <p>{@link io.virtrig.cli.conformance.CaseFiles} reads the cases, {@link
 * io.virtrig.cli.conformance.ConformanceRunner} runs each on a fresh host, {@link
 * io.virtrig.cli.conformance.Report} is what came of them. A case passes, fails, or is unsupported:
 * it uses an operation or field that the vocabulary does not have, or the simulator itself said
 * that it does not simulate something yet.
 */
@NullMarked
package io.virtrig.cli.conformance;

import org.jspecify.annotations.NullMarked;
