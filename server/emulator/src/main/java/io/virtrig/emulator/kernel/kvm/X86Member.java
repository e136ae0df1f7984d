package io.virtrig.emulator.kernel.kvm;

/**
 * A member of {@code kvm_x86_ops} or {@code kvm_x86_nested_ops} as one vendor module fills it.
 *
 * @param nested of the nested table
 * @param oldName the member before the series "Fill in conforming {vmx|svm}_x86_ops"
 * @param newName the member since
 * @param oldFunction the function before the series; empty: none
 * @param newFunction the function since; empty: none
 * @param outside the series leaves it outside its macro
 */
record X86Member(
    boolean nested,
    String oldName,
    String newName,
    String oldFunction,
    String newFunction,
    boolean outside) {

  boolean filled() {
    return !oldFunction.isEmpty();
  }

  /** Whether the function's name follows from the member's: also of a member that is not filled. */
  boolean conforms(boolean series, String prefix) {
    String member = series ? newName : oldName;
    String function = series ? newFunction : oldFunction;
    return !filled() || function.equals((nested ? "nested_" + prefix : prefix) + member);
  }
}
