/**
 * The channel subsystem of an s390x machine: subchannels with the device and the paths behind each,
 * the I/O instructions and their condition codes (z/Architecture Principles of Operation, chapters
 * 13 to 17). Command mode only.
 */
@NullMarked
package io.virtrig.emulator.hardware.css;

import org.jspecify.annotations.NullMarked;
