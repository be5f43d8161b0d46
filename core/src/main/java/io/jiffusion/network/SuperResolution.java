package io.jiffusion.network;

/**
 * A U-Net that makes large images of small ones, which it sees enlarged beside the noisy ones
 * (Nichol, Dhariwal: Improved denoising diffusion probabilistic models, 2021).
 *
 * @param config its shape
 */
public record SuperResolution(SuperResolutionConfig config) implements Network {

  @Override
  public Shape input() {
    UnetConfig unet = config.unet();
    return Shape.of(unet.inputChannels() / 2, unet.height(), unet.width());
  }

  @Override
  public int classes() {
    return config.unet().classes();
  }

  @Override
  public Shape image() {
    return Shape.of(input().size(0), config.smallHeight(), config.smallWidth());
  }

  @Override
  public <T> T apply(Ops<T> ops, T x, T label, Condition<T> condition) {
    Shape size = ops.shape(x);
    T large = ops.bilinear(condition.image(), size.size(2), size.size(3));
    return new Unet(config.unet()).apply(ops, ops.concat(x, large), label, condition);
  }
}
