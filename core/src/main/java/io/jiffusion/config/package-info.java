/**
 * Configurations: typed, strict, and whole.
 *
 * <p><b>The idea.</b> What a run is, is one {@link RunConfig} of four parts: data, network,
 * process, training. It is read from a preset, a file and settings laid over each other; unknown
 * keys, missing ones and wrong types are told all at once, each with its place and what was
 * probably meant. After that every value is in the record: nothing is left to guess.
 *
 * <p><b>Where to begin.</b> {@link RunConfig}; {@link ScheduleType} and {@link PredictionType} are
 * tables of values, where a new schedule is a row; {@link Tree} and {@link Binder} do the reading,
 * by the components of the records.
 */
package io.jiffusion.config;
