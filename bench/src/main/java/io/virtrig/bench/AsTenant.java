package io.virtrig.bench;

import io.grpc.Channel;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.stub.MetadataUtils;
import io.virtrig.client.VirtrigClient;

/** Calls of a tenant whose token is its name. */
final class AsTenant {
  private AsTenant() {}

  static ManagedChannel channel(String target) {
    return Grpc.newChannelBuilder(target, InsecureChannelCredentials.create())
        .directExecutor()
        .build();
  }

  static Channel of(Channel channel, String tenant) {
    return ClientInterceptors.intercept(channel, token(tenant));
  }

  static VirtrigClient client(ManagedChannel channel, String tenant) {
    return VirtrigClient.over(channel, VirtrigClient.DEFAULT_DEADLINE, token(tenant));
  }

  private static ClientInterceptor token(String tenant) {
    Metadata headers = new Metadata();
    headers.put(
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + tenant);
    return MetadataUtils.newAttachHeadersInterceptor(headers);
  }
}
