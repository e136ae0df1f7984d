/** The gRPC surface: decode, execute, encode, and no rules of the simulated kernel. */
@NullMarked
package io.virtrig.daemon.grpc;

import org.jspecify.annotations.NullMarked;
