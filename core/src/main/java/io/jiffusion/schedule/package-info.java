/**
 * The forward process in doubles: {@code x_t = alpha(t) x0 + sigma(t) eps}.
 *
 * <p><b>The idea.</b> Two functions of the time are the whole process. What papers call by many
 * names follows from them: half log-SNR {@code λ = log(alpha/sigma)}, EDM's noise level {@code
 * sigma/alpha}, the drift {@code f = d log alpha/dt}, the diffusion {@code g² = d(sigma²)/dt −
 * 2·f·sigma²}.
 *
 * <p><b>Where to begin.</b> {@link io.jiffusion.schedule.NoiseSchedule} is the two functions and
 * what follows. DDPM's table is one ({@link io.jiffusion.schedule.DiscreteBetas}), and so are the
 * processes in continuous time: {@link io.jiffusion.schedule.VariancePreserving}, {@link
 * io.jiffusion.schedule.SubVariancePreserving}, {@link io.jiffusion.schedule.VarianceExploding},
 * {@link io.jiffusion.schedule.Edm} and {@link io.jiffusion.schedule.RectifiedFlow}.
 *
 * <p>{@link io.jiffusion.schedule.Predicts} gives the four numbers that make a network a denoiser,
 * {@link io.jiffusion.schedule.TimeLabel} how it is told the time. {@link
 * io.jiffusion.schedule.Posterior} is what the process says of an earlier time: DDPM's eq. 6 and 7
 * for any two functions.
 *
 * <p>{@link io.jiffusion.schedule.TimeGrid} is the times that a sampler visits. {@link
 * io.jiffusion.schedule.Spacing} spreads them between two ends of any schedule, {@link
 * io.jiffusion.schedule.Respacing} chooses steps of a table's training; {@link
 * io.jiffusion.schedule.Spacings#parse} reads both by name.
 */
package io.jiffusion.schedule;
