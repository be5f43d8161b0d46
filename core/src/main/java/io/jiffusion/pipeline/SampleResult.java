package io.jiffusion.pipeline;

import io.jiffusion.data.Images;
import java.util.List;

/**
 * What a request gave.
 *
 * @param images in the order of the request
 * @param trajectory the states on the way from noise to images, if asked for: at most {@value
 *     #FRAMES}, evenly spread, the first the noise, the last the images; else empty
 * @param evaluations network evaluations of an image
 * @param passes images that went through the network in all; guidance sends each twice
 * @param seconds from the first step to the last
 */
public record SampleResult(
    Images images, List<Images> trajectory, long evaluations, long passes, double seconds) {
  static final int FRAMES = 51;
}
