package io.virtrig.emulator.translation;

import io.virtrig.v1.DecodeDescriptorResponseOrBuilder;

/** A descriptor in a sentence. */
final class DescriptorText {

  private DescriptorText() {}

  static String of(DecodeDescriptorResponseOrBuilder it) {
    if (it.hasError()) {
      return "The queue stops here: "
          + it.getError().getName()
          + " (FSTS.IQE, IQERCD.IQEI "
          + it.getError().getIqei()
          + ").";
    }
    if (it.getUndefined()) {
      return "The model does not define what becomes of this.";
    }
    if (it.getIgnored()) {
      return "Accepted, and nothing is done.";
    }
    return switch (it.getType()) {
      case "context_cache" -> "Forget context entries: " + scope(it) + ".";
      case "iotlb" ->
          "Forget second-level and nested translations: "
              + scope(it)
              + (it.getLeafOnly() ? ", leaves only" : "")
              + ".";
      case "pasid_iotlb" ->
          "Forget first-level and nested translations: "
              + scope(it)
              + (it.getLeafOnly() ? ", leaves only" : "")
              + ".";
      case "pasid_cache" -> "Forget PASID-table entries: " + scope(it) + ".";
      case "device_tlb", "pasid_device_tlb" ->
          "Device "
              + hex(it.getSid())
              + " forgets "
              + it.getSize()
              + " bytes from "
              + hex(it.getAddress())
              + (it.getAllPasids()
                  ? " of all PASIDs"
                  : it.hasPasid() ? " of PASID " + it.getPasid() : "")
              + ".";
      case "interrupt_entry" ->
          it.hasIndex()
              ? "Forget "
                  + (1L << it.getIm())
                  + " interrupt entries, index "
                  + it.getIndex()
                  + " among them."
              : "Forget every interrupt entry.";
      case "wait" -> wait(it);
      default ->
          "Page request group "
              + it.getPrgIndex()
              + " of "
              + hex(it.getRid())
              + " is answered: "
              + it.getCode()
              + ".";
    };
  }

  private static String scope(DecodeDescriptorResponseOrBuilder it) {
    if (it.hasTreatedAs()) {
      return "all (asked for: " + it.getGranularity() + ")";
    }
    String domain = it.hasDid() ? " of domain " + it.getDid() : "";
    String pasid = it.hasPasid() ? " of PASID " + it.getPasid() : "";
    return switch (it.getGranularity()) {
      case "global" -> "all";
      case "domain" -> "all" + domain;
      case "device" -> "device " + hex(it.getSid()) + domain + ", function mask " + it.getFm();
      case "pasid" -> "all" + pasid + domain;
      default ->
          (1L << Math.min(it.getAm(), 62))
              + " pages around "
              + hex(it.getAddress())
              + pasid
              + domain;
    };
  }

  private static String wait(DecodeDescriptorResponseOrBuilder it) {
    String status =
        it.hasStatusWrite()
            ? " store "
                + hex(Integer.toUnsignedLong(it.getStatusWrite().getData()))
                + " at "
                + hex(it.getStatusWrite().getAddress())
                + ";"
            : "";
    return "When all before is done:"
        + status
        + (it.getInterrupt() ? " raise the completion event;" : "")
        + (it.getFence() ? " only then what follows;" : "")
        + (it.getPageRequestDrain() ? " page requests are drained;" : "")
        + " go on.";
  }

  private static String hex(long value) {
    return "0x" + Long.toHexString(value);
  }
}
