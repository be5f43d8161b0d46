package io.jiffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.process.Variance;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SamplersTest {

  @Test
  void readsSamplersFromText() {
    assertThat(Samplers.parse("ddpm")).isEqualTo(new Ancestral(Variance.SMALL));
    assertThat(Samplers.parse("ddpm:variance=large")).isEqualTo(new Ancestral(Variance.LARGE));
    assertThat(Samplers.parse("ddpm:variance=learned-range"))
        .isEqualTo(new Ancestral(Variance.LEARNED_RANGE));
    assertThat(Samplers.parse("ddpm:variance=learned")).isEqualTo(new Ancestral(Variance.LEARNED));
    assertThat(Samplers.parse("ddim")).isEqualTo(new Ddim(0));
    assertThat(Samplers.parse(" ddim : eta = 0.5 ")).isEqualTo(new Ddim(0.5));
    assertThat(Samplers.parse("ddim:sigma-hat")).isEqualTo(new Ddim(1, true, true));
    assertThat(Samplers.parse("ddim:eta=0.5,eps=network")).isEqualTo(new Ddim(0.5, false, false));
  }

  @Test
  void readsTheSamplersOfEdmAndKDiffusion() {
    assertThat(Samplers.parse("euler")).isEqualTo(new Euler());
    assertThat(Samplers.parse("heun:churn=40,smin=0.05,smax=50,snoise=1.003"))
        .isEqualTo(new Heun(new Churn(40, 0.05, 50, 1.003)));
    assertThat(Samplers.parse("dpm-2:churn=4")).isEqualTo(new Dpm2(new Churn(4)));
    assertThat(Samplers.parse("euler-a")).isEqualTo(new EulerAncestral(1, 1));
    assertThat(Samplers.parse("dpm-2-a:eta=0.5")).isEqualTo(new Dpm2Ancestral(0.5, 1));
    assertThat(Samplers.parse("dpmpp-2s-a:snoise=1.01"))
        .isEqualTo(new DpmPlusPlus2SAncestral(1, 1.01));
    assertThat(Samplers.parse("restart:min=0.1,max=0.5,steps=3,times=4"))
        .isEqualTo(new Restart(new Heun(), List.of(new Restart.Interval(0.1, 0.5, 3, 4))));
  }

  @Test
  void takesWhatTheTextLeavesOpenFromTheModel() {
    Samplers.Context model = new Samplers.Context(Variance.LARGE, false, null);
    assertThat(Samplers.parse("ddpm", model)).isEqualTo(new Ancestral(Variance.LARGE));
    assertThat(Samplers.parse("ddim", model)).isEqualTo(new Ddim(0, false, false));
    assertThat(Samplers.parse("ddim:eps=derived", model)).isEqualTo(new Ddim(0));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "dim                | illegal sampler: dim, must be one of those that jiffusion samplers lists; the nearest is ddim",
        "ddim:etta=1        | illegal option etta of sampler ddim:etta=1, must be one of sigma-hat, eta, eps; the nearest is eta",
        "ddim:eta=much      | illegal option eta=much of sampler ddim:eta=much, must be a number, such as eta=0.0",
        "ddim:eta=1,eta=1   | illegal sampler: ddim:eta=1,eta=1, must give eta only once",
        "ddim:sigma-hat=yes | illegal option sigma-hat=yes of sampler ddim:sigma-hat=yes, must be sigma-hat without a value",
        "ddpm:variance=big  | illegal option variance=big of sampler ddpm:variance=big, must be one of variance=small, variance=large, variance=learned-range, variance=learned; the nearest is large",
        "ddpm:eta=1         | illegal option eta of sampler ddpm:eta=1, must be one of variance; the nearest is variance",
        "ddim:              | illegal option '' of sampler ddim:, must be one of sigma-hat, eta, eps; the nearest is eta",
      })
  void namesTheNearestOfWhatItDoesNotKnow(String text, String message) {
    assertThatThrownBy(() -> Samplers.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }
}
