/**
 * Images, labels and data sets as plain Java arrays, and the files that hold them.
 *
 * <p>What is learned from is a {@link io.jiffusion.data.Dataset}: MNIST, CIFAR-10, any folder of
 * pictures, or points in the plane. What is made is {@link io.jiffusion.data.Images}, written as
 * PNG (with the request in it), animated GIF, npy or npz. Files from elsewhere are not trusted:
 * what they declare is checked against what they hold before it is allocated, and a wrong file is
 * named with what is wrong in it.
 *
 * <p><b>Where to begin.</b> {@link io.jiffusion.data.Dataset} and {@link io.jiffusion.data.Images};
 * {@link io.jiffusion.data.Png} for how a file is read without trust.
 */
package io.jiffusion.data;
