/** PCI functions: configuration space, DMA, interrupts. */
@NullMarked
package io.virtrig.emulator.hardware.pci;

import org.jspecify.annotations.NullMarked;
