/**
 * Programs above the kernel: virtual machine monitors. They use the simulated kernel as a program
 * does, by the system calls of their process, and hold nothing of it but numbers of descriptors and
 * addresses in their own memory.
 */
@NullMarked
package io.virtrig.emulator.vmm;

import org.jspecify.annotations.NullMarked;
