package io.virtrig.emulator;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.virtrig.v1.CloseRequest;
import io.virtrig.v1.EventfdRequest;
import io.virtrig.v1.ExitRequest;
import io.virtrig.v1.HostSpec;
import io.virtrig.v1.LoadRequest;
import io.virtrig.v1.MmapRequest;
import io.virtrig.v1.MunmapRequest;
import io.virtrig.v1.OpenRequest;
import io.virtrig.v1.Operation;
import io.virtrig.v1.ProcessRequest;
import io.virtrig.v1.ReadRequest;
import io.virtrig.v1.Refusal;
import io.virtrig.v1.Result;
import io.virtrig.v1.StateField;
import io.virtrig.v1.StateNode;
import io.virtrig.v1.StoreRequest;
import io.virtrig.v1.WriteRequest;
import java.util.ArrayList;
import java.util.List;

/**
 * A host under test. Closing it ends the host and makes sure that nothing is left: no frame,
 * mapping or PASID.
 */
public final class Rig implements AutoCloseable {
  private final HostSpec spec;
  private final Host host;
  private final List<Operation> done = new ArrayList<>();

  /** A host of that specification. */
  public Rig(HostSpec spec) {
    this.spec = spec;
    host = new Host(spec);
  }

  /** The default host. */
  public Rig() {
    this(HostSpec.getDefaultInstance());
  }

  /** The host. */
  public Host host() {
    return host;
  }

  /** Executes an operation, whatever comes of it. */
  public Result apply(Operation.Builder operation) {
    Operation built = operation.build();
    done.add(built);
    return host.apply(built);
  }

  /** Executes an operation that must succeed. */
  public Result ok(Operation.Builder operation) {
    Result result = apply(operation);
    assertThat(result.hasErrno() || result.hasRefusal()).as("%s", result).isFalse();
    return result;
  }

  /** Executes an operation that the kernel must refuse; returns the errno's name. */
  public String errno(Operation.Builder operation) {
    Result result = apply(operation);
    assertThat(result.hasErrno()).as("%s", result).isTrue();
    assertThat(result.getErrno().getCheck()).isNotEmpty();
    return result.getErrno().getName();
  }

  /** Executes an operation that the simulator must refuse. */
  public Refusal refusal(Operation.Builder operation) {
    Result result = apply(operation);
    assertThat(result.hasRefusal()).as("%s", result).isTrue();
    return result.getRefusal();
  }

  /** open(2) by process 1. */
  public int open(String path) {
    return (int)
        ok(Operation.newBuilder().setOpen(OpenRequest.newBuilder().setPath(path)))
            .getOpen()
            .getRet();
  }

  /** close(2) by process 1. */
  public void close(int fd) {
    ok(Operation.newBuilder().setClose(CloseRequest.newBuilder().setTargetFd(fd)));
  }

  /** eventfd2(2) by process 1. */
  public int eventfd(int initval) {
    return (int)
        ok(Operation.newBuilder().setEventfd(EventfdRequest.newBuilder().setInitval(initval)))
            .getEventfd()
            .getRet();
  }

  /** read(2) of an eventfd; 0 for EAGAIN. */
  public long read(int fd) {
    Result result = apply(Operation.newBuilder().setRead(ReadRequest.newBuilder().setTargetFd(fd)));
    assertThat(result.hasErrno() && !result.getErrno().getName().equals("EAGAIN"))
        .as("%s", result)
        .isFalse();
    return result.getRead().getValue();
  }

  /** write(2) of an eventfd. */
  public void write(int fd, long value) {
    ok(Operation.newBuilder().setWrite(WriteRequest.newBuilder().setTargetFd(fd).setValue(value)));
  }

  /** mmap(2) of anonymous memory by process 1. */
  public long mmap(long length) {
    return ok(Operation.newBuilder().setMmap(MmapRequest.newBuilder().setLength(length)))
        .getMmap()
        .getRet();
  }

  /** munmap(2) by process 1. */
  public void munmap(long addr, long length) {
    ok(
        Operation.newBuilder()
            .setMunmap(MunmapRequest.newBuilder().setAddr(addr).setLength(length)));
  }

  /** Process 1 writes its memory. */
  public void store(long addr, byte... bytes) {
    ok(
        Operation.newBuilder()
            .setStore(
                StoreRequest.newBuilder().setAddr(addr).setBytes(ByteString.copyFrom(bytes))));
  }

  /** Process 1 reads its memory. */
  public byte[] load(long addr, int length) {
    return ok(Operation.newBuilder()
            .setLoad(LoadRequest.newBuilder().setAddr(addr).setLength(length)))
        .getLoad()
        .getBytes()
        .toByteArray();
  }

  /** A new process. */
  public int process(ProcessRequest.Builder request) {
    return ok(Operation.newBuilder().setProcess(request)).getProcess().getPid();
  }

  /** A process dies. */
  public void exit(int pid) {
    ok(Operation.newBuilder().setExit(ExitRequest.newBuilder().setPid(pid)));
  }

  /** Page frames in use. */
  public long usedFrames() {
    return Long.parseLong(field(child(child(host.describe(), "machine"), "memory"), "used_frames"));
  }

  /** The only child of that name. */
  public static StateNode child(StateNode node, String name) {
    List<StateNode> found =
        node.getChildrenList().stream().filter(child -> child.getName().equals(name)).toList();
    assertThat(found).as("children \"%s\" of %s", name, node.getName()).hasSize(1);
    return found.getFirst();
  }

  /** A field's value. */
  public static String field(StateNode node, String name) {
    List<String> found =
        node.getFieldsList().stream()
            .filter(field -> field.getName().equals(name))
            .map(StateField::getValue)
            .toList();
    assertThat(found).as("fields \"%s\" of %s", name, node.getName()).hasSize(1);
    return found.getFirst();
  }

  /** Replays all that was done on a second host: the state must be the same. */
  public void assertReplays() {
    Host second = new Host(spec);
    done.forEach(second::apply);
    assertThat(second.stateHash()).isEqualTo(host.stateHash());
  }

  @Override
  public void close() {
    assertReplays();
    host.end();
    assertThat(usedFrames()).as("frames left when every process has exited").isZero();
  }
}
