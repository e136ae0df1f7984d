/** Benchmarks: of the core with JMH, of a running daemon over gRPC. */
@NullMarked
package io.virtrig.bench;

import org.jspecify.annotations.NullMarked;
