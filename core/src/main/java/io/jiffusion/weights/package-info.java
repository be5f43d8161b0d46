/** Named arrays in safetensors files, read strictly and written whole or not at all. */
package io.jiffusion.weights;
