/**
 * How alike two sets of images are, from features alone: one file, one measure, one paper. Pure
 * functions of numbers; no network, no file.
 */
package io.jiffusion.measure;
