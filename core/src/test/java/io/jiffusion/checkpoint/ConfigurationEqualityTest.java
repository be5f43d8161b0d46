package io.jiffusion.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.config.Binder;
import io.jiffusion.config.RunConfig;
import io.jiffusion.network.TinyAutoencoderConfig;
import io.jiffusion.pipeline.SampleRequest;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Configurations that say the same are equal: what is read twice is not loaded twice. */
class ConfigurationEqualityTest {
  private static final List<String> MODELS =
      List.of(
          "openai/improved-learn",
          "score-sde/ve-ncsnpp",
          "diffusers-unet2d/class-scaleshift-resnet",
          "autoencoders/kl-quant");

  private static List<Record> read() {
    List<Record> all = new ArrayList<>();
    RunConfig.PRESETS.forEach(preset -> all.add(RunConfig.of(preset, List.of())));
    all.add(RunConfig.of("mnist", List.of("process.conventions.betas=" + betas(1000))));
    for (String model : MODELS) {
      all.add(Checkpoints.describe(PeerCase.of(model).folder()).config());
    }
    List<Integer> two = List.of(2, 2);
    all.add(new TinyAutoencoderConfig(3, 3, 8, 8, two, two, two, two, 4, 0, true, 1));
    all.add(SampleRequest.ofJson("{\"noise\": [1, 2], \"mask\": [0]}"));
    RunConfig small = RunConfig.of("mnist", List.of("process.steps=20"));
    all.add(new NoiseTable(1, 5, small.process(), 3, 1, new double[20]));
    return all;
  }

  private static String betas(int count) {
    double[] betas = new double[count];
    Arrays.fill(betas, 0.01);
    return Arrays.toString(betas);
  }

  @Test
  void whatIsReadTwiceIsEqual() {
    List<Record> once = read();
    List<Record> again = read();
    assertThat(again).isEqualTo(once);
    assertThat(again.hashCode()).isEqualTo(once.hashCode());
  }

  @Test
  void everyRecordThatHoldsArraysIsAmongThem() {
    Set<Class<?>> seen = new LinkedHashSet<>();
    read().forEach(record -> collect(record, seen));
    Set<Class<?>> all = new LinkedHashSet<>();
    reach(RunConfig.class, all);
    reach(NoiseTable.class, all);
    reach(SampleRequest.class, all);
    all.removeIf(type -> !holdsAnArray(type));
    assertThat(all).isNotEmpty();
    assertThat(seen).containsAll(all);
  }

  @Test
  void whatDiffersInOneNumberOfAnArrayIsNot() {
    RunConfig config = RunConfig.of("mnist", List.of());
    assertThat(config.with(List.of("train.betas=[0.9, 0.99]"))).isNotEqualTo(config);
    assertThat(config.with(List.of("network.unet.multipliers=[1, 2, 4]"))).isNotEqualTo(config);
  }

  private static boolean holdsAnArray(Class<?> type) {
    return Arrays.stream(type.getRecordComponents()).anyMatch(each -> each.getType().isArray());
  }

  private static void collect(Record record, Set<Class<?>> seen) {
    seen.add(record.getClass());
    for (RecordComponent component : record.getClass().getRecordComponents()) {
      if (Binder.read(component, record) instanceof Record inside) {
        collect(inside, seen);
      }
    }
  }

  private static void reach(Type type, Set<Class<?>> all) {
    if (type instanceof ParameterizedType list) {
      reach(list.getActualTypeArguments()[0], all);
    } else if (type instanceof Class<?> plain && plain.isRecord() && all.add(plain)) {
      Arrays.stream(plain.getRecordComponents())
          .forEach(component -> reach(component.getGenericType(), all));
    }
  }
}
