package io.jiffusion.checkpoint;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.network.Parameter;
import io.jiffusion.network.Shape;
import io.jiffusion.network.Shapes;
import io.jiffusion.network.VisionTransformer;
import io.jiffusion.network.VisionTransformerConfig;
import io.jiffusion.network.WeightSource;
import io.jiffusion.weights.ArrayFile;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the weights of {@link VisionTransformer}: DINOv2 as its authors and as transformers name
 * them, and the image tower of a CLIP as transformers names it, alone or in a whole CLIP. The
 * scales of DINOv2's layers are put into the weights before them, and its table of positions is
 * brought to images of 224 pixels as the program of that naming does.
 */
public final class VisionCheckpoint {
  /** Height and width of DINOv2's images where features are compared. */
  private static final int DINO_SIZE = 224;

  private enum Kind {
    /** DINOv2, facebookresearch. */
    AUTHORS("patch_embed.proj.weight", "pos_embed"),
    /** DINOv2, transformers. */
    DINO("embeddings.patch_embeddings.projection.weight", "embeddings.position_embeddings"),
    /** CLIP, transformers. */
    CLIP(
        "vision_model.embeddings.patch_embedding.weight",
        "vision_model.embeddings.position_embedding.weight");

    final String patch;
    final String positions;

    Kind(String patch, String positions) {
      this.patch = patch;
      this.positions = positions;
    }
  }

  private final ArrayFile file;
  private final Kind kind;

  private VisionCheckpoint(ArrayFile file, Kind kind) {
    this.file = file;
    this.kind = kind;
  }

  /** Whether a file's tensors are named as one's are. */
  public static boolean isOne(ArrayFile file) {
    return kind(file) != null;
  }

  private static Kind kind(ArrayFile file) {
    return Arrays.stream(Kind.values())
        .filter(kind -> file.arrays().containsKey(kind.patch))
        .filter(kind -> file.arrays().containsKey(kind.positions))
        .findFirst()
        .orElse(null);
  }

  /**
   * The network that a file is of, by the shapes of its tensors.
   *
   * @throws JiffusionException if it is of another kind
   */
  public static VisionTransformerConfig config(ArrayFile file) {
    return new VisionCheckpoint(file, kind(file)).config();
  }

  /**
   * Reads all weights, under the network's names.
   *
   * @throws JiffusionException if tensors are missing or of another shape
   */
  public static WeightSource read(ArrayFile file) {
    VisionCheckpoint checkpoint = new VisionCheckpoint(file, kind(file));
    VisionTransformerConfig config = checkpoint.config();
    Map<String, float[]> weights = new HashMap<>();
    for (Parameter parameter : Shapes.of(new VisionTransformer(config), 1).parameters()) {
      float[] values = checkpoint.weight(parameter.name(), config);
      if (values.length != parameter.shape().count()) {
        throw new JiffusionException(
            file.path()
                + " has "
                + values.length
                + " numbers for "
                + parameter.name()
                + ", must be "
                + parameter.shape());
      }
      weights.put(parameter.name(), values);
    }
    return (name, from, count) ->
        Arrays.copyOfRange(weights.get(name), (int) from, (int) from + count);
  }

  private VisionTransformerConfig config() {
    for (String other : List.of("register_tokens", "w12", "weights_in")) {
      if (file.arrays().keySet().stream().anyMatch(name -> name.contains(other))) {
        throw new JiffusionException(
            file.path()
                + " has "
                + other
                + ", must be a DINOv2 ViT-S/14, B/14 or L/14 without registers");
      }
    }
    Shape patch = shape(kind.patch, 4);
    Shape table = shape(kind.positions, kind == Kind.CLIP ? 2 : 3);
    int side = side(table);
    int size = (int) patch.size(3);
    int width = (int) patch.size(0);
    int depth = 0;
    while (has(block(depth) + norm(1) + ".weight")) {
      depth++;
    }
    int inner = (int) shape(block(0) + "mlp.fc1.weight", 2).size(0);
    boolean clip = kind == Kind.CLIP;
    int features = clip ? (int) shape("visual_projection.weight", 2).size(0) : width;
    return new VisionTransformerConfig(
        clip ? side * size : DINO_SIZE, size, width, depth, inner, clip, features);
  }

  private int side(Shape table) {
    long positions = table.size(table.rank() - 2) - 1;
    int side = (int) Math.round(Math.sqrt(positions));
    if (side < 1 || (long) side * side != positions) {
      throw new JiffusionException(
          file.path() + " has " + positions + " positions, must be those of a square");
    }
    return side;
  }

  private boolean has(String name) {
    return file.arrays().containsKey(name);
  }

  private Shape shape(String name, int rank) {
    need(name);
    Shape shape = new Shape(file.arrays().get(name).shape());
    if (shape.rank() != rank) {
      throw new JiffusionException(
          file.path() + " has " + name + " " + shape + ", must have " + rank + " axes");
    }
    return shape;
  }

  private void need(String name) {
    if (!has(name)) {
      throw new JiffusionException(
          file.path() + " lacks " + name + ", must be a whole DINOv2 or CLIP image tower");
    }
  }

  /** What the names of a block's tensors begin with. */
  private String block(int number) {
    return switch (kind) {
      case AUTHORS -> "blocks." + number + ".";
      case DINO -> "encoder.layer." + number + ".";
      case CLIP -> "vision_model.encoder.layers." + number + ".";
    };
  }

  private String norm(int number) {
    return kind == Kind.CLIP ? "layer_norm" + number : "norm" + number;
  }

  // ---- one parameter ----

  private float[] weight(String name, VisionTransformerConfig config) {
    if (name.startsWith("blocks.")) {
      String[] parts = name.split("\\.");
      return inBlock(block(Integer.parseInt(parts[1])), parts[2], parts[3], config.width());
    }
    String part = name.contains(".") ? name.substring(name.indexOf('.')) : "";
    return switch (name.replaceFirst("\\..*", "")) {
      case "patch" -> floats(kind.patch.replace(".weight", part));
      case "first" ->
          floats(
              switch (kind) {
                case AUTHORS -> "cls_token";
                case DINO -> "embeddings.cls_token";
                case CLIP -> "vision_model.embeddings.class_embedding";
              });
      case "positions" -> positions(config);
      case "before" -> floats("vision_model.pre_layrnorm" + part);
      case "norm" ->
          floats(
              switch (kind) {
                case AUTHORS -> "norm" + part;
                case DINO -> "layernorm" + part;
                case CLIP -> "vision_model.post_layernorm" + part;
              });
      case "projection" -> floats("visual_projection" + part);
      default -> throw new IllegalStateException("no tensor for " + name);
    };
  }

  /** A parameter of a block: {@code what} is weight or bias. */
  private float[] inBlock(String block, String layer, String what, int width) {
    return switch (layer) {
      case "norm1" -> floats(block + norm(1) + "." + what);
      case "norm2" -> floats(block + norm(2) + "." + what);
      case "query" -> projection(block, 0, what, width);
      case "key" -> projection(block, 1, what, width);
      case "value" -> projection(block, 2, what, width);
      case "up" -> floats(block + "mlp.fc1." + what);
      case "down" -> scaled(floats(block + "mlp.fc2." + what), block, 2);
      case "out" ->
          scaled(
              floats(
                  switch (kind) {
                    case AUTHORS -> block + "attn.proj." + what;
                    case DINO ->
                        either(
                            block + "attention.output.dense." + what,
                            block + "attention.o_proj." + what);
                    case CLIP -> block + "self_attn.out_proj." + what;
                  }),
              block,
              1);
      default -> throw new IllegalStateException("no tensor for " + layer);
    };
  }

  /** Query, key or value; the authors' are one tensor. */
  private float[] projection(String block, int number, String what, int width) {
    String letter = "qkv".substring(number, number + 1);
    String word = List.of("query", "key", "value").get(number);
    return switch (kind) {
      case AUTHORS -> {
        float[] all = floats(block + "attn.qkv." + what);
        int part = what.equals("weight") ? width * width : width;
        if (all.length != 3 * part) {
          throw new JiffusionException(
              file.path() + " has " + all.length + " numbers in " + block + "attn.qkv." + what);
        }
        yield Arrays.copyOfRange(all, number * part, (number + 1) * part);
      }
      case DINO ->
          floats(
              either(
                  block + "attention.attention." + word + "." + what,
                  block + "attention." + letter + "_proj." + what));
      case CLIP -> floats(block + "self_attn." + letter + "_proj." + what);
    };
  }

  /** Rows of a layer times DINOv2's scale of its results. */
  private float[] scaled(float[] values, String block, int number) {
    String name =
        kind == Kind.AUTHORS
            ? block + "ls" + number + ".gamma"
            : block + "layer_scale" + number + ".lambda1";
    if (kind == Kind.CLIP || !has(name)) {
      return values;
    }
    float[] scale = floats(name);
    int row = values.length / scale.length;
    for (int i = 0; i < values.length; i++) {
      values[i] *= scale[i / row];
    }
    return values;
  }

  private String either(String name, String other) {
    return has(name) ? name : other;
  }

  private float[] floats(String name) {
    need(name);
    return file.floats(name);
  }

  // ---- positions ----

  private float[] positions(VisionTransformerConfig config) {
    float[] table = floats(kind.positions);
    int width = config.width();
    int from = side(shape(kind.positions, kind == Kind.CLIP ? 2 : 3));
    int to = config.patches();
    if (from == to) {
      return table;
    }
    // the authors' program tells the scale, with a tenth of a patch against rounding
    double scale = kind == Kind.AUTHORS ? from / (to + 0.1) : (double) from / to;
    float[] out = new float[(1 + to * to) * width];
    System.arraycopy(table, 0, out, 0, width);
    for (int y = 0; y < to; y++) {
      for (int x = 0; x < to; x++) {
        add(table, from, (y + 0.5) * scale - 0.5, (x + 0.5) * scale - 0.5, out, 1 + y * to + x);
      }
    }
    return out;
  }

  /** A row of the table between sixteen of it, by cubic interpolation with a = −0.75. */
  private static void add(float[] table, int side, double y, double x, float[] out, int row) {
    int width = table.length / (1 + side * side);
    int top = (int) Math.floor(y);
    int left = (int) Math.floor(x);
    for (int i = -1; i <= 2; i++) {
      int line = Math.max(0, Math.min(side - 1, top + i));
      for (int j = -1; j <= 2; j++) {
        int column = Math.max(0, Math.min(side - 1, left + j));
        double share = cubic(y - top - i) * cubic(x - left - j);
        for (int k = 0; k < width; k++) {
          out[row * width + k] += (float) (share * table[(1 + line * side + column) * width + k]);
        }
      }
    }
  }

  private static double cubic(double distance) {
    double t = Math.abs(distance);
    double a = -0.75;
    return t <= 1
        ? ((a + 2) * t - (a + 3)) * t * t + 1
        : t < 2 ? ((a * t - 5 * a) * t + 8 * a) * t - 4 * a : 0;
  }
}
