/**
 * The forward process in doubles: {@code x_t = alpha(t) x0 + sigma(t) eps}.
 *
 * <p>{@link io.jiffusion.schedule.NoiseSchedule} is the two functions, {@link
 * io.jiffusion.schedule.DiscreteBetas} DDPM's table as one. {@link io.jiffusion.schedule.Predicts}
 * gives the four numbers that make a network a denoiser, {@link io.jiffusion.schedule.TimeLabel}
 * how it is told the time. {@link io.jiffusion.schedule.Respacing} chooses steps of the training,
 * {@link io.jiffusion.schedule.TimeGrid} is the times that a sampler then visits, and {@link
 * io.jiffusion.schedule.Posterior} what the process says of an earlier time.
 */
package io.jiffusion.schedule;
