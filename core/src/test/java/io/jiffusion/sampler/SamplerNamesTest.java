package io.jiffusion.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SamplerNamesTest {

  @Test
  void ourNamesAreUnderstoodInAnyWriting() {
    for (Samplers.Method method : Samplers.methods()) {
      String name = method.name();
      for (String written :
          List.of(
              name,
              name.toUpperCase(Locale.ROOT),
              name.replace('-', '_'),
              name.replace('-', ' '),
              name.replace("-", ""),
              name.replace("pp", "++ ").toUpperCase(Locale.ROOT),
              "sample_" + name.replace('-', '_'),
              name + " sampler")) {
        assertThat(SamplerNames.own(written)).as(written).isEqualTo(name);
        assertThat(SamplerNames.spacing(written)).as(written).isNull();
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    // AUTOMATIC1111
    "DPM++ 2M, dpmpp-2m",
    "DPM++ SDE, dpmpp-sde",
    "DPM++ 2M SDE, dpmpp-2m-sde",
    "DPM++ 2M SDE Heun, dpmpp-2m-sde:type=heun",
    "DPM++ 2S a, dpmpp-2s-a",
    "DPM++ 3M SDE, dpmpp-3m-sde",
    "Euler a, euler-a",
    "Euler, euler",
    "LMS, lms",
    "Heun, heun",
    "DPM2, dpm-2",
    "DPM2 a, dpm-2-a",
    "DPM fast, dpm-fast",
    "DPM adaptive, dpm-adaptive",
    "Restart, restart",
    "DDIM, ddim",
    "PLMS, plms",
    "UniPC, unipc",
    // ComfyUI
    "euler_ancestral, euler-a",
    "dpm_2, dpm-2",
    "dpm_2_ancestral, dpm-2-a",
    "dpmpp_2s_ancestral, dpmpp-2s-a",
    "dpmpp_sde_gpu, dpmpp-sde",
    "dpmpp_2m_sde, dpmpp-2m-sde",
    "dpmpp_2m_sde_gpu, dpmpp-2m-sde",
    "dpmpp_2m_sde_heun_gpu, dpmpp-2m-sde:type=heun",
    "dpmpp_3m_sde_gpu, dpmpp-3m-sde",
    "uni_pc, unipc",
    "uni_pc_bh2, unipc",
    "ipndm_v, ipndm-v",
    "sa_solver, sa-solver",
    // k-diffusion, CompVis, papers
    "k_euler_a, euler-a",
    "k_dpm_2_a, dpm-2-a",
    "k_lms, lms",
    "k_dpmpp_2m, dpmpp-2m",
    "sample_dpmpp_2m_sde, dpmpp-2m-sde",
    "DDIMSampler, ddim",
    "DPM-Solver++, dpmpp-2m",
    "DPM-Solver++ (2M), dpmpp-2m",
    "DPM-Solver, dpm-solver-multistep",
    "SDE-DPM-Solver++, dpmpp-2m-sde",
    // diffusers
    "DDPMScheduler, ddpm",
    "DDIMScheduler, ddim",
    "PNDMScheduler, pndm",
    "LMSDiscreteScheduler, lms",
    "EulerDiscreteScheduler, euler",
    "EulerAncestralDiscreteScheduler, euler-a",
    "HeunDiscreteScheduler, heun",
    "KDPM2DiscreteScheduler, dpm-2",
    "KDPM2AncestralDiscreteScheduler, dpm-2-a",
    "DPMSolverMultistepScheduler, dpmpp-2m",
    "DPMSolverSinglestepScheduler, dpm-solver-singlestep",
    "DPMSolverSDEScheduler, dpmpp-sde",
    "UniPCMultistepScheduler, unipc",
    "DEISMultistepScheduler, deis",
    "IPNDMScheduler, ipndm",
    "SASolverScheduler, sa-solver",
    "EDMEulerScheduler, euler",
    "EDMDPMSolverMultistepScheduler, dpmpp-2m",
    "FlowMatchEulerDiscreteScheduler, euler",
    "FlowMatchHeunDiscreteScheduler, heun",
  })
  void otherProgramsNamesAreUnderstood(String name, String own) {
    assertThat(SamplerNames.own(name)).isEqualTo(own);
    assertThat(SamplerNames.spacing(name)).isNull();
    assertThat(Samplers.parse(name)).isEqualTo(Samplers.parse(own));
  }

  @ParameterizedTest
  @CsvSource({
    "DPM++ 2M Karras, dpmpp-2m, karras",
    "DPM++ 2M SDE Exponential, dpmpp-2m-sde, exponential",
    "DPM++ 3M SDE Polyexponential, dpmpp-3m-sde, polyexponential",
    "DPM2 a Karras, dpm-2-a, karras",
    "dpmpp_2m_k, dpmpp-2m, karras",
    "kdpm_2_a_k, dpm-2-a, karras",
    "UniPC Karras, unipc, karras",
  })
  void whatANameSaysOfTheTimesIsASpacing(String name, String own, String spacing) {
    assertThat(SamplerNames.own(name)).isEqualTo(own);
    assertThat(SamplerNames.spacing(name)).isEqualTo(spacing);
    assertThatThrownBy(() -> Samplers.parse(name))
        .hasMessage(
            "illegal sampler: " + name + ", must be " + own + " with the spacing " + spacing);
  }

  @Test
  void optionsFollowAnyName() {
    assertThat(SamplerNames.own("DPM++ 2M:final=never")).isEqualTo("dpmpp-2m:final=never");
    assertThat(SamplerNames.own("dpmpp_2m_sde_heun:eta=0.5"))
        .isEqualTo("dpmpp-2m-sde:type=heun,eta=0.5");
    assertThat(Samplers.parse("DDIM: eta = 0.5 ")).isEqualTo(new Ddim(0.5));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "ddim heun unipc | ddim;heun;unipc",
        "ddim,heun, unipc | ddim;heun;unipc",
        "DPM++ 2M, Euler a | dpmpp-2m;euler-a",
        "Euler a DPM++ 2M SDE Heun ddim | euler-a;dpmpp-2m-sde:type=heun;ddim",
        "ddim:eta=0.5,sigma-hat heun:churn=4,smin=0 lms | ddim:eta=0.5,sigma-hat;heun:churn=4,smin=0;lms",
        "ddim:eta=0.5, heun:churn=4, smin=0 lms | ddim:eta=0.5;heun:churn=4,smin=0;lms",
        "ddim, nonsense heun | ddim;nonsense;heun",
        "DPM++ 2M Karras ddim | DPM++ 2M Karras;ddim",
        "ddim | ddim",
      })
  void aListHasCommasAndSpacesAlike(String text, String names) {
    assertThat(SamplerNames.list(text)).containsExactly(names.split(";"));
  }

  @ParameterizedTest
  @CsvSource({
    "dim, ddim",
    "eulr ancestral, euler-a",
    "LCM, 'dpmpp-2m-sde, as these need a model distilled for them'",
    "LCMScheduler, 'dpmpp-2m-sde, as these need a model distilled for them'",
    "res_multistep, dpmpp-2m",
    "heunpp2, heun",
    "UniPCMultistepSchedulr, unipc",
  })
  void theNearestIsNamedWhereNoneIsMeant(String name, String nearest) {
    assertThat(SamplerNames.own(name)).isEqualTo(name);
    assertThatThrownBy(() -> Samplers.parse(name))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "illegal sampler: %s, must be one of those that jiffusion samplers lists; the nearest is %s",
            name, nearest);
  }
}
