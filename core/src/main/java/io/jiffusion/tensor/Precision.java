package io.jiffusion.tensor;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * The number format in which a network computes. Weights being trained, norms, softmax and
 * embeddings stay float32.
 */
public enum Precision {
  /** 32-bit floats, images as [B, C, H, W] in memory. */
  FP32(ScalarType.Float),
  /** bfloat16, channels last in memory: fast where the processor multiplies it in hardware. */
  BF16(ScalarType.BFloat16);

  final ScalarType type;

  Precision(ScalarType type) {
    this.type = type;
  }

  /**
   * Finds a precision by name.
   *
   * @param name {@code fp32}, {@code bf16}, or {@code auto} for the faster one on this machine
   */
  public static Precision of(String name) {
    return switch (name) {
      case "fp32" -> FP32;
      case "bf16" -> BF16;
      case "auto" -> fastest();
      default ->
          throw new IllegalArgumentException(
              "illegal precision: " + name + ", must be fp32, bf16 or auto");
    };
  }

  /** bf16 where the processor has AMX or AVX-512 instructions for it, fp32 elsewhere. */
  public static Precision fastest() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      String flags = lines.filter(line -> line.startsWith("flags")).findFirst().orElse("");
      return flags.contains(" amx_bf16") || flags.contains(" avx512_bf16") ? BF16 : FP32;
    } catch (IOException | UncheckedIOException e) {
      return FP32; // without the list of features, the format that every processor has
    }
  }

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
