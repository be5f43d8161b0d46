package io.jiffusion.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class TimeGridTest {

  @Test
  void visitsTheIndicesFromNoiseToDataAndThenTheDataItself() {
    TimeGrid grid = TimeGrid.of(4, 0, 2, 3);
    assertThat(grid.times()).containsExactly(1, 0.75, 0.25, 0);
    assertThat(grid.steps()).isEqualTo(3);
    assertThat(grid)
        .isEqualTo(new TimeGrid(new double[] {1, 0.75, 0.25, 0}))
        .hasToString("[1.0, 0.75, 0.25, 0.0]");
  }

  @Test
  void cannotBeChangedFromOutside() {
    double[] times = {1, 0};
    TimeGrid grid = new TimeGrid(times);
    times[0] = 0.5;
    grid.times()[0] = 0.25;
    assertThat(grid.time(0)).isEqualTo(1);
  }

  @Test
  void takesItsOwnEndsWhereTheyWereComputed() {
    assertThat(new TimeGrid(new double[] {Math.nextUp(1.0), 0.3, -1e-17}))
        .isEqualTo(new TimeGrid(new double[] {1, 0.3, 0}));
  }

  @Test
  void aStepOfNoLengthEndsAGridAndIsNoneOfItsReverse() {
    TimeGrid grid = new TimeGrid(new double[] {1, 0.3, 0.3});
    assertThat(grid.steps()).isEqualTo(2);
    assertThat(grid.reversed().times()).containsExactly(0.3, 1);
  }

  @Test
  void namesTheTimeThatBreaksTheRule() {
    assertThatThrownBy(() -> new TimeGrid(new double[] {1}))
        .hasMessage("illegal times: 1, must be 2 or more");
    assertThatThrownBy(() -> new TimeGrid(new double[] {1.5, 0}))
        .hasMessage("illegal time 0: 1.5, must be from 0 to 1");
    assertThatThrownBy(() -> new TimeGrid(new double[] {1, Double.NaN}))
        .hasMessage("illegal time 1: NaN, must be from 0 to 1");
    assertThatThrownBy(() -> new TimeGrid(new double[] {0.5, 0.5}))
        .hasMessage("illegal time 1: 0.5 after 0.5, must be smaller than the one before");
    assertThatThrownBy(() -> TimeGrid.of(10))
        .hasMessage("illegal indices: none, must be 1 or more");
  }
}
