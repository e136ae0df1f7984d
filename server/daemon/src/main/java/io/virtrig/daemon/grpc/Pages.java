package io.virtrig.daemon.grpc;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.rpc.Code;
import java.util.Base64;

/** How lists are paged: the size of a page, and the token that names where one ended. */
final class Pages {
  private static final int USUAL = 100;
  private static final int MOST = 1000;

  /** A page of more bytes than that ends early. */
  static final int MOST_BYTES = 4 << 20;

  private Pages() {}

  /** The size to use for the one given, where 0 is none. */
  static int size(int given) {
    if (given < 0 || given > MOST) {
      throw Statuses.daemon(
          Code.INVALID_ARGUMENT, "page_size: " + given + " is not from 1 to " + MOST);
    }
    return given == 0 ? USUAL : given;
  }

  /** The token for the page after the item of that id. */
  static String token(String id) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(id.getBytes(UTF_8));
  }

  /** The id of the item at which the page before ended. */
  static String last(String token) {
    try {
      return new String(Base64.getUrlDecoder().decode(token), UTF_8);
    } catch (IllegalArgumentException e) {
      throw Statuses.daemon(Code.INVALID_ARGUMENT, "page_token: is none that an answer gave");
    }
  }
}
