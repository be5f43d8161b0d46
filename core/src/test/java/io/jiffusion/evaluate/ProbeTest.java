package io.jiffusion.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.checkpoint.Checkpoints;
import io.jiffusion.checkpoint.PeerCase;
import io.jiffusion.checkpoint.RunFolder;
import io.jiffusion.checkpoint.StoredModel;
import io.jiffusion.config.DataConfig;
import io.jiffusion.config.Home;
import io.jiffusion.config.RunConfig;
import io.jiffusion.data.Images;
import io.jiffusion.data.Png;
import io.jiffusion.evaluate.Probe.Verdict;
import io.jiffusion.weights.ArrayFile;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whether weights and conventions fit each other, and when that cannot be told. */
@Timeout(120)
class ProbeTest {
  /** Random weights, which tell the noise of no picture. */
  private static final Path IGNORANT =
      PeerCase.of("diffusers-unet2d/class-scaleshift-resnet").folder();

  @TempDir Path folder;

  private static StoredModel bundled() {
    return Checkpoints.open(Home.model(Home.BUNDLED));
  }

  private static Probe probe(StoredModel stored, String setting, long steps) {
    RunConfig config = stored.run().config().with(List.of(setting));
    return Probe.of(new StoredModel(RunFolder.of(config, steps), stored.weights()), null);
  }

  /** As imported: with a process, and without data of its own. */
  private static StoredModel imported(StoredModel stored) {
    RunConfig process = RunConfig.of("cifar10", List.of());
    RunConfig config =
        new RunConfig(null, stored.run().config().network(), process.process(), null);
    return new StoredModel(RunFolder.of(config, stored.run().source()), stored.weights());
  }

  @Test
  void knowsAModelThatFits() {
    try (StoredModel stored = bundled()) {
      Probe probe = Probe.of(stored, null);
      assertThat(probe.verdict()).isEqualTo(Verdict.FITS);
      assertThat(probe.score()).isLessThan(0.2);
      assertThat(probe.better()).isNull();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "process.predicts=v, process.predicts=eps",
    "process.predicts=x0, process.predicts=eps",
    "network.unet.order=cos-sin, network.unet.order=sin-cos"
  })
  void namesTheProfileThatFits(String wrong, String right) {
    try (StoredModel stored = bundled()) {
      Probe probe = probe(stored, wrong, 7400);
      assertThat(probe.verdict()).isEqualTo(Verdict.DOES_NOT_FIT);
      assertThat(probe.better().setting()).isEqualTo(right);
      assertThat(probe.better().score()).isLessThan(0.2);
    }
  }

  @Test
  void onlyPicturesLikeThoseOfItsTrainingCondemnAModel() {
    byte[] bytes = new byte[28 * 28 * 3];
    for (int i = 0; i < 8; i++) {
      Arrays.fill(bytes, (byte) (30 * i));
      Png.write(folder.resolve(i + ".png"), new Images(1, 28, 28, 3, bytes.clone()), Map.of());
    }
    try (StoredModel stored = imported(Checkpoints.open(IGNORANT))) {
      assertThat(Probe.of(stored, null).verdict()).isEqualTo(Verdict.CANNOT_TELL);
      DataConfig pictures = new DataConfig("folder", folder.toString(), false);
      assertThat(Probe.of(stored, pictures).verdict()).isEqualTo(Verdict.DOES_NOT_FIT);
    }
  }

  @Test
  void aRunOfFewStepsIsTooYoungToTellUnlessItKnowsMoreThanChance() {
    try (StoredModel stored = bundled()) {
      assertThat(probe(stored, "process.predicts=v", 30).verdict()).isEqualTo(Verdict.TOO_YOUNG);
      assertThat(probe(stored, "process.predicts=eps", 30).verdict()).isEqualTo(Verdict.FITS);
    }
  }

  /** Of the profiles that are tried, five change the network. */
  @Test
  void loadsANetworkOnceForAllProfilesThatLeaveItAsItIs() {
    AtomicInteger reads = new AtomicInteger();
    try (StoredModel stored = bundled()) {
      ArrayFile counting =
          (ArrayFile)
              Proxy.newProxyInstance(
                  ArrayFile.class.getClassLoader(),
                  new Class<?>[] {ArrayFile.class},
                  (proxy, method, arguments) -> {
                    if (arguments != null && "in.bias".equals(arguments[0])) {
                      reads.incrementAndGet();
                    }
                    try {
                      return method.invoke(stored.weights(), arguments);
                    } catch (InvocationTargetException e) {
                      throw e.getCause();
                    }
                  });
      probe(new StoredModel(stored.run(), counting), "process.predicts=v", 7400);
    }
    assertThat(reads.get()).isBetween(1, 6);
  }
}
