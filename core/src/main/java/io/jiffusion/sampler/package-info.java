/**
 * Ways from noise to data: one file, one algorithm, one paper.
 *
 * <p><b>The idea.</b> A sampler has a {@linkplain io.jiffusion.process.Denoiser denoiser}, a
 * {@linkplain io.jiffusion.schedule.NoiseSchedule schedule} and a {@linkplain
 * io.jiffusion.schedule.TimeGrid grid} of times, and says how the state at one time becomes the
 * state at the next. With the predicted data x̂0 and the predicted noise {@code ε = (x_t −
 * alpha·x̂0)/sigma}, nearly all of them solve one of two equations from noise to data:
 *
 * <ul>
 *   <li>the probability flow, without noise: {@code d(x/alpha)/d(sigma/alpha) = ε}; with half
 *       log-SNR λ it is {@code x_s = alpha_s/alpha_t·x_t − alpha_s·∫ e^(−λ) ε dλ},
 *   <li>the reverse diffusion, with noise: {@code dx = (f·x − g²·score) dt + g dw}.
 * </ul>
 *
 * <p>What tells them apart is what they take for constant, linear or a polynomial between two
 * times, in which variable, and where else they ask the denoiser.
 *
 * <p><b>Where to begin.</b> {@link Walk} has the loop over the grid and all that happens between
 * two steps; {@link Sampler} is one method. Then {@link Ddim}, which is eq. 12 of its paper and
 * little else, {@link Heun} for a second evaluation in a step, {@link Lms} for a memory of past
 * steps, {@link EulerMaruyama} for noise. {@link NoiseLevels} is a walk as EDM and k-diffusion see
 * it, {@link DpmForm} as the DPM-Solvers do. {@link Samplers} is the list by name.
 *
 * <p>What states must obey is a constraint of the walk, such as {@link ReplacementConstraint};
 * walks made of walks are samplers again: {@link RePaint}, {@link SdEdit}, {@link Restart}. A
 * corrector of {@link PredictorCorrector} is a {@link Corrector}.
 *
 * <p><b>All of them.</b> The order is that of the error: of the distance to the exact flow, or of
 * mean and variance where noise is added, at the sampler's own times. Evaluations are those of the
 * denoiser in a step.
 *
 * <table>
 * <caption>The samplers by name</caption>
 * <tr><th>name<th>file<th>order<th>evaluations<th>noise<th>described by<th>good for
 * <tr><td>ddpm<td>{@link Ancestral}<td>1<td>1<td>yes
 * <td>Ho and others 2020, arXiv 2006.11239
 * <td>the process as it was learned, in a hundred steps and more
 * <tr><td>ddim<td>{@link Ddim}<td>1<td>1<td>no
 * <td>Song and others 2021, arXiv 2010.02502
 * <td>any number of steps; encoding, interpolation, a first try
 * <tr><td>dpm-solver-1<td>{@link DpmSolver}<td>1<td>1<td>no
 * <td>Lu and others 2022, arXiv 2206.00927
 * <td>nothing but comparison: it is ddim
 * <tr><td>dpm-solver-2<td>{@link DpmSolver}<td>2<td>2<td>no
 * <td>Lu and others 2022, arXiv 2206.00927
 * <td>20 evaluations and more
 * <tr><td>dpm-solver-3<td>{@link DpmSolver}<td>3<td>3<td>no
 * <td>Lu and others 2022, arXiv 2206.00927
 * <td>30 evaluations and more; as a reference for others
 * <tr><td>dpm-solver-fast<td>{@link DpmSolverFast}<td>2<td>1<td>no
 * <td>Lu and others 2022, arXiv 2206.00927
 * <td>using a budget of evaluations to the last one
 * <tr><td>dpm-fast<td>{@link DpmSolverFast}<td>2<td>1<td>no
 * <td>Lu and others 2022, arXiv 2206.00927
 * <td>the same; k-diffusion's name
 * <tr><td>dpm-solver-multistep<td>{@link DpmSolverMultistep}<td>2<td>1<td>no
 * <td>Lu and others 2022, arXiv 2206.00927
 * <td>10 to 20 evaluations without guidance
 * <tr><td>dpm-solver-singlestep<td>{@link DpmSolverSinglestep}<td>2<td>1<td>no
 * <td>Lu and others 2022, arXiv 2211.01095
 * <td>the pictures of diffusers' scheduler of this name
 * <tr><td>dpm-solver-adaptive<td>{@link DpmSolverAdaptive}<td>adaptive<td>3<td>no
 * <td>Lu and others 2022, arXiv 2206.00927
 * <td>a tolerance in place of a number of steps
 * <tr><td>dpm-adaptive<td>{@link DpmSolverAdaptive}<td>adaptive<td>3<td>no
 * <td>Crowson 2022, k-diffusion; Lu and others 2022, arXiv 2206.00927
 * <td>the same with k-diffusion's control of the steps
 * <tr><td>dpmpp-2s<td>{@link DpmSolver}<td>2<td>2<td>no
 * <td>Lu and others 2022, arXiv 2211.01095
 * <td>strong guidance without a memory of past steps
 * <tr><td>dpmpp-3s<td>{@link DpmSolver}<td>3<td>3<td>no
 * <td>Lu and others 2022, arXiv 2211.01095
 * <td>the same in 30 evaluations and more
 * <tr><td>dpmpp-2m<td>{@link DpmSolverMultistep}<td>2<td>1<td>no
 * <td>Lu and others 2022, arXiv 2211.01095
 * <td>10 to 20 evaluations with strong guidance
 * <tr><td>dpmpp-3m<td>{@link DpmSolverMultistep}<td>2<td>1<td>no
 * <td>Lu and others 2022, arXiv 2211.01095
 * <td>20 evaluations and more with weak guidance
 * <tr><td>dpmpp-sde<td>{@link SdeDpmSolver}<td>2<td>2<td>yes
 * <td>Crowson 2022, k-diffusion; Lu and others 2022, arXiv 2211.01095
 * <td>few steps with noise, two evaluations in each
 * <tr><td>dpmpp-2m-sde<td>{@link SdeDpmSolverMultistep}<td>2<td>1<td>yes
 * <td>Lu and others 2022, arXiv 2211.01095
 * <td>images in 10 to 20 evaluations: the default
 * <tr><td>dpmpp-3m-sde<td>{@link SdeDpmSolverMultistep}<td>2<td>1<td>yes
 * <td>Crowson 2022, k-diffusion; Lu and others 2022, arXiv 2211.01095
 * <td>images in 20 evaluations and more
 * <tr><td>unipc<td>{@link UniPc}<td>2<td>1<td>no
 * <td>Zhao and others 2023, arXiv 2302.04867
 * <td>the exact flow in 10 evaluations
 * <tr><td>deis<td>{@link Deis}<td>1.4<td>1<td>no
 * <td>Zhang and Chen 2023, arXiv 2204.13902
 * <td>the exact flow in 10 to 20 whole steps of a table
 * <tr><td>pndm<td>{@link Pndm}<td>1.4<td>1, 4 in the first 3 steps<td>no
 * <td>Liu and others 2022, arXiv 2202.09778
 * <td>the pictures of its paper; 20 evaluations and more
 * <tr><td>plms<td>{@link Pndm}<td>1.4<td>1, 2 in the first step<td>no
 * <td>Liu and others 2022, arXiv 2202.09778
 * <td>the pictures of the first latent diffusion models
 * <tr><td>ipndm<td>{@link Pndm}<td>2<td>1<td>no
 * <td>Zhang and Chen 2023, arXiv 2204.13902
 * <td>20 evaluations at steep grids such as karras
 * <tr><td>ipndm-v<td>{@link Lms}<td>2<td>1<td>no
 * <td>Zhang and Chen 2023, arXiv 2204.13902
 * <td>the same as lms; the name of DEIS's authors
 * <tr><td>lms<td>{@link Lms}<td>2<td>1<td>no
 * <td>Crowson 2022, k-diffusion
 * <td>20 evaluations at steep grids such as karras
 * <tr><td>sa-solver<td>{@link SaSolver}<td>1<td>1<td>yes
 * <td>Xue and others 2023, arXiv 2309.05019
 * <td>a choice of how much noise, by tau
 * <tr><td>euler<td>{@link Euler}<td>1<td>1<td>no
 * <td>Karras and others 2022, arXiv 2206.00364
 * <td>EDM's models and flow matching; with churn, noise by choice
 * <tr><td>euler-a<td>{@link EulerAncestral}<td>1<td>1<td>yes
 * <td>Crowson 2022, k-diffusion
 * <td>images with more variety as steps are added
 * <tr><td>heun<td>{@link Heun}<td>2<td>2<td>no
 * <td>Karras and others 2022, arXiv 2206.00364
 * <td>EDM's models, in 18 steps and more
 * <tr><td>dpm-2<td>{@link Dpm2}<td>2<td>2<td>no
 * <td>Crowson 2022, k-diffusion; Lu and others 2022, arXiv 2206.00927
 * <td>as heun; k-diffusion's pictures
 * <tr><td>dpm-2-a<td>{@link Dpm2Ancestral}<td>2<td>2<td>yes
 * <td>Crowson 2022, k-diffusion; Lu and others 2022, arXiv 2206.00927
 * <td>20 evaluations and more with noise
 * <tr><td>dpmpp-2s-a<td>{@link DpmPlusPlus2SAncestral}<td>2<td>2<td>yes
 * <td>Crowson 2022, k-diffusion; Lu and others 2022, arXiv 2211.01095
 * <td>20 evaluations and more with noise and guidance
 * <tr><td>restart<td>{@link Restart}<td>2<td>2<td>yes
 * <td>Xu and others 2023, arXiv 2306.14878
 * <td>EDM's models when evaluations are many
 * <tr><td>euler-maruyama<td>{@link EulerMaruyama}<td>1<td>1<td>yes
 * <td>Song and others 2021, arXiv 2011.13456
 * <td>score SDE's models, in hundreds of steps
 * <tr><td>reverse-diffusion<td>{@link ReverseDiffusion}<td>1<td>1<td>yes
 * <td>Song and others 2021, arXiv 2011.13456
 * <td>score SDE's models, in hundreds of steps
 * <tr><td>pc<td>{@link PredictorCorrector}<td>biased<td>2<td>yes
 * <td>Song and others 2021, arXiv 2011.13456
 * <td>VE models in a thousand steps
 * <tr><td>rk45<td>{@link Rk45}<td>adaptive<td>6<td>no
 * <td>Song and others 2021, arXiv 2011.13456
 * <td>the exact flow to a tolerance; encoding; likelihood's twin
 * <tr><td>analytic-ddpm<td>{@link Ancestral}<td>1<td>1<td>yes
 * <td>Bao and others 2022, arXiv 2201.06503
 * <td>ddpm in few steps, its variance measured on the data
 * </table>
 *
 * @see <a href="https://github.com/crowsonkb/k-diffusion">k-diffusion</a>
 */
package io.jiffusion.sampler;
