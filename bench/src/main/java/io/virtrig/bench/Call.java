package io.virtrig.bench;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;

/** A unary call that can be made any number of times. */
record Call<Q, A>(MethodDescriptor<Q, A> method, Q request) {

  /** Makes it; when it has been answered, goes on. A failure ends the whole measurement. */
  void make(Channel channel, Runnable then) {
    ClientCall<Q, A> call = channel.newCall(method, CallOptions.DEFAULT);
    call.start(
        new ClientCall.Listener<>() {
          @Override
          public void onClose(Status status, Metadata trailers) {
            if (!status.isOk()) {
              Failures.end(method.getFullMethodName() + ": " + status);
            }
            then.run();
          }
        },
        new Metadata());
    call.request(2);
    call.sendMessage(request);
    call.halfClose();
  }
}
