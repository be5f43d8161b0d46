package io.jiffusion.evaluate;

import io.jiffusion.measure.Statistics;

/**
 * Statistics of the features of images, as a file has them.
 *
 * @param name of the images
 * @param fingerprint of the images, or of the file where it does not tell them
 * @param source of the features; null where the file does not tell it
 * @param features their statistics; the count is 0 where the file does not tell it
 * @param spatial those of the spatial features; null where there are none
 */
public record StoredStatistics(
    String name,
    String fingerprint,
    FeatureSource source,
    Statistics features,
    Statistics spatial) {}
