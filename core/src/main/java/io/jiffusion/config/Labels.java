package io.jiffusion.config;

import io.jiffusion.schedule.DiscreteBetas;
import io.jiffusion.schedule.NoiseSchedule;
import io.jiffusion.schedule.TimeLabel;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;

/** Ways to tell a network the time, by the names that {@link Conventions} have for them. */
final class Labels {
  private record Row(boolean ofTable, BiFunction<NoiseSchedule, Integer, TimeLabel> label) {}

  private static final Map<String, Row> ROWS = new LinkedHashMap<>();

  static {
    ofTable("index", (schedule, steps) -> TimeLabel.index(steps));
    ofTable("rescaled", (schedule, steps) -> TimeLabel.rescaled(steps));
    any("999t", (schedule, steps) -> TimeLabel.scaled(999));
    any("1000t", (schedule, steps) -> TimeLabel.scaled(1000));
    any("sigma", (schedule, steps) -> TimeLabel.sigma(schedule));
    any("log-noise-level", (schedule, steps) -> TimeLabel.logNoiseLevel(schedule));
    any("log-half-sigma", (schedule, steps) -> logHalfSigma(schedule));
    ofTable("nearest-index", (schedule, steps) -> nearestIndex((DiscreteBetas) schedule));
    ofTable("rounded-index", (schedule, steps) -> TimeLabel.roundedIndex(steps));
    ofTable("floored-index", (schedule, steps) -> TimeLabel.flooredIndex(steps));
    any("floored-1000t", (schedule, steps) -> TimeLabel.floored(1000));
  }

  private Labels() {}

  private static void ofTable(String name, BiFunction<NoiseSchedule, Integer, TimeLabel> label) {
    ROWS.put(name, new Row(true, label));
  }

  private static void any(String name, BiFunction<NoiseSchedule, Integer, TimeLabel> label) {
    ROWS.put(name, new Row(false, label));
  }

  static List<String> names() {
    return List.copyOf(ROWS.keySet());
  }

  /** Whether it is a number of a table of betas, which processes in continuous time have not. */
  static boolean ofTable(String name) {
    return ROWS.get(name).ofTable;
  }

  static TimeLabel of(String name, NoiseSchedule schedule, int steps) {
    return ROWS.get(name).label.apply(schedule, steps);
  }

  private static TimeLabel logHalfSigma(NoiseSchedule schedule) {
    return t -> Math.log(schedule.sigma(t) / 2);
  }

  /** As EDM asks networks of Improved DDPM, which know nothing between their steps. */
  private static TimeLabel nearestIndex(DiscreteBetas table) {
    double[] levels = new double[table.steps()];
    for (int i = 0; i < levels.length; i++) {
      levels[i] = Math.exp(-table.lambda(table.time(i)));
    }
    return t -> {
      double level = Math.exp(-table.lambda(t));
      int nearest = 0;
      for (int i = 1; i < levels.length; i++) {
        if (Math.abs(levels[i] - level) < Math.abs(levels[nearest] - level)) {
          nearest = i;
        }
      }
      return nearest;
    };
  }
}
