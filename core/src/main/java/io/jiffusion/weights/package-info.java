/**
 * Named arrays in files: safetensors, PyTorch's, and folders of either.
 *
 * <p><b>The idea.</b> An {@link io.jiffusion.weights.ArrayFile} tells names, types and shapes on
 * opening and reads an array when it is asked for, so a model larger than the heap can be opened.
 * Files are read strictly and nothing in them is run: of a PyTorch file only the instructions that
 * make tensors are known. They are written whole or not at all.
 *
 * <p><b>Where to begin.</b> {@link io.jiffusion.weights.Array}, {@link
 * io.jiffusion.weights.Safetensors}, {@link io.jiffusion.weights.TorchFile}. Whose array is which
 * parameter is not known here: that is {@code checkpoint}.
 */
package io.jiffusion.weights;
