/** KVM (virt/kvm and arch/x86/kvm of Linux 6.1, and the series a host names). */
@NullMarked
package io.virtrig.emulator.kernel.kvm;

import org.jspecify.annotations.NullMarked;
