package io.jiffusion.evaluate;

import io.jiffusion.data.Images;
import java.util.List;

/**
 * Some images and the training image nearest to each.
 *
 * @param images that were looked for
 * @param nearest the training image nearest to each, in the same order
 * @param distances between them, Euclidean, values in [−1, 1]
 */
public record Neighbours(Images images, Images nearest, List<Double> distances) {}
