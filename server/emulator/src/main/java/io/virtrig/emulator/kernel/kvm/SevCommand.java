package io.virtrig.emulator.kernel.kvm;

import io.virtrig.v1.KvmSevData;

/** A command on its way (struct kvm_sev_cmd): what is written back is written here. */
final class SevCommand {
  private final int id;
  private final int sevFd;
  private final KvmSevData.Builder data;
  private int error;

  SevCommand(int id, int sevFd, int error, KvmSevData data) {
    this.id = id;
    this.sevFd = sevFd;
    this.error = error;
    this.data = data.toBuilder();
  }

  int id() {
    return id;
  }

  int sevFd() {
    return sevFd;
  }

  KvmSevData.Builder data() {
    return data;
  }

  int error() {
    return error;
  }

  void error(int firmware) {
    error = firmware;
  }
}
