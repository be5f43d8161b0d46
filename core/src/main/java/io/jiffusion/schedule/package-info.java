/**
 * The forward process in doubles: {@code x_t = alpha(t) x0 + sigma(t) eps}.
 *
 * <p>{@link io.jiffusion.schedule.NoiseSchedule} is the two functions and what follows from them:
 * half log-SNR and its inverse, drift, diffusion, the usable times. DDPM's table is one ({@link
 * io.jiffusion.schedule.DiscreteBetas}), and so are the processes in continuous time: {@link
 * io.jiffusion.schedule.VariancePreserving}, {@link io.jiffusion.schedule.SubVariancePreserving},
 * {@link io.jiffusion.schedule.VarianceExploding}, {@link io.jiffusion.schedule.Edm}, {@link
 * io.jiffusion.schedule.RectifiedFlow} and {@link io.jiffusion.schedule.ContinuousCosine}.
 *
 * <p>{@link io.jiffusion.schedule.Predicts} gives the four numbers that make a network a denoiser,
 * {@link io.jiffusion.schedule.TimeLabel} how it is told the time.
 *
 * <p>{@link io.jiffusion.schedule.TimeGrid} is the times that a sampler visits. {@link
 * io.jiffusion.schedule.Spacing} spreads them between two ends of any schedule, {@link
 * io.jiffusion.schedule.Respacing} chooses steps of a table's training; {@link
 * io.jiffusion.schedule.Spacings#parse} reads both by name. {@link io.jiffusion.schedule.Posterior}
 * is what the process says of an earlier time.
 */
package io.jiffusion.schedule;
