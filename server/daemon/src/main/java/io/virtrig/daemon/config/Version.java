package io.virtrig.daemon.config;

import picocli.CommandLine.IVersionProvider;

/** The daemon's version, as its jar's manifest says. */
public final class Version implements IVersionProvider {

  /** The version; "development" outside of a jar. */
  public static String current() {
    String version = Version.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  @Override
  public String[] getVersion() {
    return new String[] {"virtrigd " + current()};
  }
}
