package io.virtrig.cli.conformance;

/**
 * Where an answer is not as expected.
 *
 * @param what the part of the answer, e.g. {@code errno}, {@code out.caps[1].avail}
 * @param expected what the case says
 * @param got what came
 */
public record Difference(String what, String expected, String got) {}
