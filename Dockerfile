# The daemon's image, from what `mvn package` made:
#
#   mvn package -DskipTests && docker build -t virtrig:latest .
#
# BASE is any image with a Java runtime of version 25 and a shell. Without a registry deploy/image/base makes one.
ARG BASE=eclipse-temurin:25-jre

FROM ${BASE}
COPY server/daemon/target/lib/ /opt/virtrig/lib/
COPY server/daemon/target/virtrigd.jvm server/daemon/target/training.jvm server/daemon/target/bom.json /opt/virtrig/
# The AOT cache belongs to this image's JVM: a run that calls a daemon in each of the ways that clients do writes it.
RUN ["java", "@/opt/virtrig/virtrigd.jvm", "@/opt/virtrig/training.jvm", "-cp", "/opt/virtrig/lib/*", \
     "-XX:AOTCacheOutput=/opt/virtrig/virtrigd.aot", "io.virtrig.daemon.Training"]

ARG VERSION=development
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Virtrig" \
      org.opencontainers.image.description="Simulated virtualization hosts that answer as Linux does, driven over gRPC" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

# A container's network is its own: who publishes its ports decides who reaches them. For an address that others reach
# give VIRTRIG_TLS_CERT and VIRTRIG_TLS_KEY.
ENV VIRTRIG_LISTEN=0.0.0.0:7473 \
    VIRTRIG_METRICS=0.0.0.0:9464 \
    VIRTRIG_INSECURE=true
EXPOSE 7473 9464
USER 65532:65532
WORKDIR /tmp
HEALTHCHECK --interval=30s --timeout=5s --start-period=10s --retries=3 \
  CMD ["java", "@/opt/virtrig/virtrigd.jvm", "-cp", "/opt/virtrig/lib/*", \
       "-XX:AOTCache=/opt/virtrig/virtrigd.aot", "io.virtrig.daemon.Main", "--healthcheck"]
ENTRYPOINT ["java", "@/opt/virtrig/virtrigd.jvm", "-cp", "/opt/virtrig/lib/*", \
            "-XX:AOTCache=/opt/virtrig/virtrigd.aot", "io.virtrig.daemon.Main"]
