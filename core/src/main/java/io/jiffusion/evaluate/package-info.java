/**
 * Measures of generated images, each a pure function of numbers: the Fréchet distance of features,
 * the distance to the nearest training image, accuracy by class; and the {@link
 * io.jiffusion.evaluate.Report} that puts them beside each other.
 */
package io.jiffusion.evaluate;
