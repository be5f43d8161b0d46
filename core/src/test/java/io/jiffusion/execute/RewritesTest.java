package io.jiffusion.execute;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.network.Condition;
import io.jiffusion.network.Network;
import io.jiffusion.network.Networks;
import io.jiffusion.network.Ops;
import io.jiffusion.network.Ops.Padding;
import io.jiffusion.network.Shape;
import io.jiffusion.tensor.NativeHandles;
import io.jiffusion.tensor.Torch;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each rewriting: what it makes of a graph, and that the result stays. */
@ExtendWith(NativeHandles.class)
class RewritesTest {
  private static final Map<String, Consumer<Graph>> ALL = new LinkedHashMap<>();

  static {
    ALL.put("foldUpsampling", Rewrites::foldUpsampling);
    ALL.put("mergeProjections", Rewrites::mergeProjections);
    ALL.put("foldEmbedding", Rewrites::foldEmbedding);
    ALL.put("foldModulation", Rewrites::foldModulation);
    ALL.put("foldActivation", Rewrites::foldActivation);
    ALL.put("fuseElementwise", Rewrites::fuseElementwise);
  }

  /** A network of [4, 4, 4] with a time label. */
  private interface Body {
    <T> T of(Ops<T> ops, T x, T emb);
  }

  private record Small(Body body) implements Network {
    @Override
    public Shape input() {
      return Shape.of(4, 4, 4);
    }

    @Override
    public int classes() {
      return 0;
    }

    @Override
    public <T> T apply(Ops<T> ops, T x, T label, Condition<T> condition) {
      return body.of(ops, x, ops.sinusoid(label, 4, Ops.Order.SIN_COS, 1));
    }
  }

  private static <T> T conv(Ops<T> ops, T x, String name) {
    return ops.conv(x, name, 4, 3, 1, Padding.SYMMETRIC, 1);
  }

  private static void assertRewritten(
      Body body, Consumer<Graph> rewriting, String... expectedWithoutInputs) {
    Graph graph = Graph.of(new Small(body), 1, 0);
    Rewrites.sweep(graph);
    rewriting.accept(graph);
    assertThat(graph.toString().lines().filter(line -> !line.contains("Input[")))
        .containsExactly(expectedWithoutInputs);
  }

  @Test
  void zerosAroundAnImageBecomeTheConvolutionsPadding() {
    Body body =
        new Body() {
          @Override
          public <T> T of(Ops<T> ops, T x, T emb) {
            return ops.conv(ops.pad(x, 2), "a", 4, 3, 1, Padding.NONE, 1);
          }
        };
    assertRewritten(
        body,
        Rewrites::foldPadding,
        "%1 = Conv[name=a, kernel=3, stride=1, low=2, high=2, bias=true] %0");
  }

  @Test
  void anUpsamplingAndItsConvolutionAreOne() {
    Body body =
        new Body() {
          @Override
          public <T> T of(Ops<T> ops, T x, T emb) {
            return conv(ops, ops.upsample(x), "a");
          }
        };
    assertRewritten(body, Rewrites::foldUpsampling, "%1 = UpConv[name=a, bias=true] %0");
  }

  @Test
  void attentionToOneKeyIsThatKeysValueForEveryQuery() {
    Body body =
        new Body() {
          @Override
          public <T> T of(Ops<T> ops, T x, T emb) {
            T one = ops.sequence(emb);
            T value = ops.linear(one, "v", 4, 1, false);
            T seen = ops.attention(ops.tokens(x), ops.linear(one, "k", 4, 1, false), value, 1);
            return ops.image(seen, 4, 4);
          }
        };
    assertRewritten(
        body,
        Rewrites::foldOneKey,
        "%1 = Sinusoid[order=SIN_COS, shift=1] %0",
        "%2 = Sequence[] %1",
        "%3 = Linear[names=[v], bias=false] %2",
        "%4 = Upsample[] %3",
        "%5 = Reshape[] %4");
  }

  @Test
  void linearLayersOfOneSequenceAreOneProduct() {
    Body body =
        new Body() {
          @Override
          public <T> T of(Ops<T> ops, T x, T emb) {
            T t = ops.tokens(x);
            T q = ops.linear(t, "q", 4, 1, true);
            T k = ops.linear(t, "k", 4, 1, true);
            T v = ops.linear(t, "v", 4, 1, true);
            return ops.image(ops.attention(q, k, v, 1), 4, 4);
          }
        };
    assertRewritten(
        body,
        Rewrites::mergeProjections,
        "%1 = Reshape[] %0",
        "%2 = Linear[names=[q, k, v], bias=true] %1",
        "%3 = Channels[from=0, count=4] %2",
        "%4 = Channels[from=4, count=4] %2",
        "%5 = Channels[from=8, count=4] %2",
        "%6 = Attention[heads=1] %3 %4 %5",
        "%7 = Reshape[] %6");
  }

  @Test
  void timeAndClassAreAddedByTheNormThatFollows() {
    Body body =
        new Body() {
          @Override
          public <T> T of(Ops<T> ops, T x, T emb) {
            return ops.groupNorm(ops.addChannels(x, emb), "n", 1, 1e-5);
          }
        };
    assertRewritten(
        body,
        Rewrites::foldEmbedding,
        "%2 = Sinusoid[order=SIN_COS, shift=1] %1",
        "%3 = GroupNorm[name=n, groups=1, eps=1.0E-5, added=true, modulated=false, function=null]"
            + " %0 %2");
  }

  @Test
  void whatElseNeedsTheSumKeepsIt() {
    Body body =
        new Body() {
          @Override
          public <T> T of(Ops<T> ops, T x, T emb) {
            T sum = ops.addChannels(x, emb);
            return ops.add(sum, ops.groupNorm(sum, "n", 1, 1e-5));
          }
        };
    assertRewritten(
        body,
        Rewrites::foldEmbedding,
        "%2 = Sinusoid[order=SIN_COS, shift=1] %1",
        "%3 = AddChannels[] %0 %2",
        "%4 = GroupNorm[name=n, groups=1, eps=1.0E-5, added=false, modulated=false, function=null]"
            + " %3",
        "%5 = Elementwise[function=ADD, factor=1.0, term=0.0] %3 %4");
  }

  @Test
  void scaleAndShiftJoinTheNormBefore() {
    Body body =
        new Body() {
          @Override
          public <T> T of(Ops<T> ops, T x, T emb) {
            return ops.scaleShift(ops.groupNorm(x, "n", 1, 1e-5), emb, emb);
          }
        };
    assertRewritten(
        body,
        Rewrites::foldModulation,
        "%2 = Sinusoid[order=SIN_COS, shift=1] %1",
        "%3 = GroupNorm[name=n, groups=1, eps=1.0E-5, added=false, modulated=true, function=null]"
            + " %0 %2 %2");
  }

  @Test
  void theFunctionAfterANormIsDoneInItsPass() {
    Body body =
        new Body() {
          @Override
          public <T> T of(Ops<T> ops, T x, T emb) {
            return ops.silu(ops.groupNorm(x, "n", 1, 1e-5));
          }
        };
    assertRewritten(
        body,
        Rewrites::foldActivation,
        "%1 = GroupNorm[name=n, groups=1, eps=1.0E-5, added=false, modulated=false, function=SILU]"
            + " %0");
  }

  @Test
  void sumsAndFunctionsAfterAConvolutionAreDoneWhereItWrites() {
    Body body =
        new Body() {
          @Override
          public <T> T of(Ops<T> ops, T x, T emb) {
            return ops.silu(ops.affine(ops.add(x, conv(ops, x, "a")), 0.5, 1));
          }
        };
    assertRewritten(
        body,
        Rewrites::fuseElementwise,
        "%1 = Conv[name=a, kernel=3, stride=1, low=1, high=1, bias=true] %0"
            + " then ADD %0 then AFFINE then SILU");
  }

  @Test
  void aConcatenationIsReadInPartsByConvolutionsAndNormsAndCopiedForOthers() {
    Body body =
        new Body() {
          @Override
          public <T> T of(Ops<T> ops, T x, T emb) {
            T both = ops.concat(x, conv(ops, x, "a"));
            return ops.add(ops.concat(x, conv(ops, both, "b")), both);
          }
        };
    assertRewritten(
        body,
        Rewrites::materialise,
        "%1 = Conv[name=a, kernel=3, stride=1, low=1, high=1, bias=true] %0",
        "%2 = Concat[] %0 %1",
        "%3 = Conv[name=b, kernel=3, stride=1, low=1, high=1, bias=true] %2",
        "%4 = Concat[] %0 %3",
        "%5 = Copy[] %4",
        "%6 = Copy[] %2",
        "%7 = Elementwise[function=ADD, factor=1.0, term=0.0] %5 %6");
  }

  @Test
  void whatNobodyNeedsIsDropped() {
    Body body =
        new Body() {
          @Override
          public <T> T of(Ops<T> ops, T x, T emb) {
            conv(ops, x, "a");
            return conv(ops, x, "b");
          }
        };
    assertRewritten(
        body,
        Rewrites::sweep,
        "%1 = Conv[name=b, kernel=3, stride=1, low=1, high=1, bias=true] %0");
  }

  static Stream<Arguments> networks() {
    return Networks.all();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("networks")
  void everyRewritingAloneLeavesTheResult(String name, Network network) {
    Torch.threads(1);
    float[] expected = result(network, graph -> {});
    ALL.forEach(
        (rewriting, does) -> {
          float[] actual = result(network, does);
          assertThat(PlanExecutionTest.difference(actual, expected)).as(rewriting).isLessThan(2e-6);
        });
  }

  /** Of a plan that is rewritten in this way, and else only as far as it must be. */
  private static float[] result(Network network, Consumer<Graph> rewriting) {
    int images = 2;
    boolean crosses = network.contextWidth() > 0 && !network.contextOfClass();
    Graph graph = Graph.of(network, images, crosses ? RandomWeights.CONTEXT : 0);
    Rewrites.foldPadding(graph); // without these two there is no plan
    Rewrites.foldOneKey(graph);
    rewriting.accept(graph);
    Rewrites.materialise(graph);
    Rewrites.sweep(graph);
    WeightReader numbers = new WeightReader(network, PlanExecutionTest.weights(network));
    try (PackedWeights weights = new PackedWeights(numbers);
        Plan plan =
            new Plan(graph, weights, new VectorProgram(graph, numbers::all), false, images)) {
      float[] x = RandomWeights.floats(new Random(5), images * (int) network.input().count(), 1);
      return plan.run(x, new float[] {0, 37}, RandomWeights.conditions(network, 0, images));
    }
  }
}
