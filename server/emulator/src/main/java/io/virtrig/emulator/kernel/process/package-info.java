/** Processes, address spaces, file descriptors and open files (kernel/, mm/, fs/file.c). */
@NullMarked
package io.virtrig.emulator.kernel.process;

import org.jspecify.annotations.NullMarked;
