/**
 * Diffusion models: their processes, samplers and networks, trained and sampled.
 *
 * <p>{@link io.jiffusion.pipeline} is the front door, {@link io.jiffusion.evaluate} studies what
 * comes out of it. A sampler, a schedule, a network or a file format of one's own needs the
 * packages below. The packages that run and train networks ({@code execute}, {@code tensor}, {@code
 * train}) are not for users: they hold native memory, and change without notice.
 */
@SuppressWarnings({"requires-automatic", "requires-transitive-automatic"})
module io.jiffusion.core {
  exports io.jiffusion.base;
  exports io.jiffusion.checkpoint;
  exports io.jiffusion.config;
  exports io.jiffusion.data;
  exports io.jiffusion.evaluate;
  exports io.jiffusion.measure;
  exports io.jiffusion.network;
  exports io.jiffusion.pipeline;
  exports io.jiffusion.process;
  exports io.jiffusion.random;
  exports io.jiffusion.sampler;
  exports io.jiffusion.schedule;
  exports io.jiffusion.weights;

  // BufferedImage in signatures
  requires transitive java.desktop;
  requires org.slf4j;
  requires tools.jackson.core;
  requires tools.jackson.databind;
  requires tools.jackson.dataformat.yaml;
  requires org.bytedeco.javacpp;
  requires org.bytedeco.openblas;
  requires org.bytedeco.pytorch;
  requires org.bytedeco.dnnl;
  // forgotten by the descriptor of dnnl, whose classes name it
  requires org.bytedeco.opencl;
  // found by javax.imageio; named here so that it is resolved
  requires com.twelvemonkeys.imageio.webp;
}
