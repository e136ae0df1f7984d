/**
 * A client of the Virtrig daemon.
 *
 * <p>{@link io.virtrig.client.VirtrigClient} stands for a daemon, {@link
 * io.virtrig.client.VirtrigHost} for one of its hosts. Every call has a deadline. What the
 * simulated kernel answers is told apart from what the simulator answers: {@link
 * io.virtrig.client.ErrnoException} is the kernel's refusal and names the check that failed, {@link
 * io.virtrig.client.RefusalException} the simulator's own. Any other failure is gRPC's {@link
 * io.grpc.StatusRuntimeException}: the daemon could not be reached, or not in time.
 */
@NullMarked
package io.virtrig.client;

import org.jspecify.annotations.NullMarked;
