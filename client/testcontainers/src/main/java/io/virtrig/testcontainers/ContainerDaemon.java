package io.virtrig.testcontainers;

import java.io.IOException;
import org.testcontainers.containers.ContainerLaunchException;

/** A daemon in a container of our own. */
final class ContainerDaemon implements DaemonTarget.Opened {
  private final VirtrigContainer container;

  ContainerDaemon(String image) throws IOException {
    container = new VirtrigContainer(image);
    try {
      container.start();
    } catch (ContainerLaunchException | IllegalStateException e) {
      container.stop();
      throw new IOException("no container of " + image + ": " + e.getMessage(), e);
    }
  }

  @Override
  public String target() {
    return container.target();
  }

  @Override
  public void close() {
    container.stop();
  }
}
