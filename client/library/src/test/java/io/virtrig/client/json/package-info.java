@NullMarked
package io.virtrig.client.json;

import org.jspecify.annotations.NullMarked;
