package io.virtrig.daemon.grpc;

import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** Is told of calls that are not let in. */
public interface GateListener {
  /** Nobody. */
  GateListener NONE = (peer, method) -> {};

  /** A call showed nothing that stands for anybody. */
  void unauthenticated(@Nullable SocketAddress peer, String method);
}
