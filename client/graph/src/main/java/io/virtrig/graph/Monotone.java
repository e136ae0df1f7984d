package io.virtrig.graph;

/** Weighted isotonic regression by pooling adjacent violators. */
final class Monotone {

  private Monotone() {}

  /**
   * The values that never decrease and whose squared distance from {@code wanted - offsets} is the
   * least.
   */
  static double[] nearest(double[] wanted, double[] offsets, double[] weights) {
    int count = wanted.length;
    double[] means = new double[count];
    double[] sums = new double[count];
    int[] sizes = new int[count];
    int pools = 0;
    for (int i = 0; i < count; i++) {
      means[pools] = wanted[i] - offsets[i];
      sums[pools] = weights[i];
      sizes[pools] = 1;
      pools++;
      while (pools > 1 && means[pools - 2] > means[pools - 1]) {
        pools--;
        double sum = sums[pools - 1] + sums[pools];
        means[pools - 1] = (means[pools - 1] * sums[pools - 1] + means[pools] * sums[pools]) / sum;
        sums[pools - 1] = sum;
        sizes[pools - 1] += sizes[pools];
      }
    }
    double[] values = new double[count];
    int at = 0;
    for (int pool = 0; pool < pools; pool++) {
      for (int i = 0; i < sizes[pool]; i++) {
        values[at++] = means[pool];
      }
    }
    return values;
  }
}
