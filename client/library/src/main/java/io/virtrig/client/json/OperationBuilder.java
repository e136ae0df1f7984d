package io.virtrig.client.json;

import com.google.gson.JsonObject;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.virtrig.client.Vocabulary;
import io.virtrig.v1.Operation;
import io.virtrig.wire.Operations;
import org.jspecify.annotations.Nullable;

/**
 * Puts an operation together from its name, who calls, what it acts on, and its arguments as JSON.
 */
public final class OperationBuilder {

  private final String name;
  private final Message.Builder request;

  private OperationBuilder(String name, FieldDescriptor member) {
    this.name = name;
    request = Vocabulary.request(member);
  }

  /**
   * An operation without arguments.
   *
   * @param name e.g. {@code VFIO_IOMMU_MAP_DMA}, {@code hw.dma_read}
   * @throws UnknownOperationException when the vocabulary does not have it
   */
  public static OperationBuilder of(String name) {
    return new OperationBuilder(
        name, Vocabulary.member(name).orElseThrow(() -> new UnknownOperationException(name)));
  }

  /** Whether it acts on a device by name, rather than on a file descriptor. */
  public boolean actsOnDevice() {
    return field("device") != null && field("target_fd") == null;
  }

  /** The calling process. Operations that no process calls leave it out. */
  public OperationBuilder process(int pid) {
    FieldDescriptor field = field("pid");
    if (field != null) {
      request.setField(field, pid);
    }
    return this;
  }

  /**
   * The file descriptor acted on.
   *
   * @throws NotationException when it does not act on one
   */
  public OperationBuilder fd(int fd) {
    return on("target_fd", fd, "does not act on a file descriptor");
  }

  /** Whether it may look at a process, rather than at a file descriptor. */
  public boolean looksAtProcess() {
    return field("process") != null;
  }

  /**
   * The process looked at.
   *
   * @throws NotationException when it looks at none
   */
  public OperationBuilder lookedAt(int pid) {
    return on("process", pid, "does not look at a process");
  }

  /**
   * The device acted on.
   *
   * @throws NotationException when it does not act on one
   */
  public OperationBuilder device(String device) {
    return on("device", device, "does not act on a device");
  }

  private OperationBuilder on(String fieldName, Object object, String otherwise) {
    FieldDescriptor field = field(fieldName);
    if (field == null) {
      throw new NotationException("on", name + " " + otherwise);
    }
    request.setField(field, object);
    return this;
  }

  /**
   * Its arguments by their uAPI names.
   *
   * @throws UnknownFieldException for an argument it does not have
   * @throws NotationException for a value the argument cannot hold
   */
  public OperationBuilder arguments(JsonObject arguments, Variables variables) {
    UapiJson.merge(withHostDevice(arguments), request, variables);
    return this;
  }

  /** Cases say {@code host} for the host's device; in a request that is the simulated host. */
  private JsonObject withHostDevice(JsonObject arguments) {
    if (field("host_device") == null || !arguments.has("host")) {
      return arguments;
    }
    JsonObject renamed = arguments.deepCopy();
    renamed.add("host_device", renamed.remove("host"));
    return renamed;
  }

  /** The operation. */
  public Operation build() {
    return Operations.of(request);
  }

  private @Nullable FieldDescriptor field(String fieldName) {
    return Members.of(request.getDescriptorForType(), fieldName);
  }
}
