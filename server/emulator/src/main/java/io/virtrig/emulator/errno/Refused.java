package io.virtrig.emulator.errno;

import io.virtrig.v1.Refusal;

/**
 * The simulator refuses: the simulated kernel could not be asked, because the request makes no
 * sense, names what does not exist, or needs what is not simulated. Never an errno.
 */
public final class Refused extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Refusal.Code code;
  private final String field;

  private Refused(Refusal.Code code, String field, String reason) {
    super(reason, null, false, false);
    this.code = code;
    this.field = field;
  }

  /** The request's field has a value that makes no sense. */
  public static Refused invalid(String field, String reason) {
    return new Refused(Refusal.Code.CODE_INVALID_ARGUMENT, field, reason);
  }

  /** The request's field names something that does not exist. */
  public static Refused notFound(String field, String reason) {
    return new Refused(Refusal.Code.CODE_NOT_FOUND, field, reason);
  }

  /** Linux can do it, this simulator does not yet. */
  public static Refused unimplemented(String field, String reason) {
    return new Refused(Refusal.Code.CODE_UNIMPLEMENTED, field, reason);
  }

  /** A limit of the simulator is reached. */
  public static Refused exhausted(String field, String reason) {
    return new Refused(Refusal.Code.CODE_RESOURCE_EXHAUSTED, field, reason);
  }

  /** Not executed, because of what came of something before it. */
  public static Refused cancelled(String reason) {
    return new Refused(Refusal.Code.CODE_CANCELLED, "", reason);
  }

  /** Which kind of refusal. */
  public Refusal.Code code() {
    return code;
  }

  /** The request's field at fault; empty when none is. */
  public String field() {
    return field;
  }
}
