package io.jiffusion.evaluate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What programs read of the studies. */
class StudiesJsonTest {

  @Test
  void aComparisonTellsARowALineAndNoDistanceWhereThereIsNone() {
    List<Comparison.Row> rows =
        List.of(
            new Comparison.Row("ddim", 5, 4, 0.25, 1.23456, null),
            new Comparison.Row("ddim:eta=1", 5, 5, null, 2, null));
    assertThat(new Comparison.Result(rows, null).json())
        .isEqualTo(
            "[{\"sampler\":\"ddim\",\"budget\":5,\"evaluations\":4,\"distance\":0.25,\"seconds\":1.235},\n"
                + " {\"sampler\":\"ddim:eta=1\",\"budget\":5,\"evaluations\":5,\"distance\":null,\"seconds\":2}]");
  }

  @Test
  void aReconstructionTellsARowALine() {
    List<Reconstruction.Row> rows =
        List.of(
            new Reconstruction.Row(10, 10, 1.5e-7, null),
            new Reconstruction.Row(20, 19, 0.5, null));
    assertThat(Reconstruction.json(rows))
        .isEqualTo(
            "[{\"budget\":10,\"evaluations\":10,\"error\":0.00000015},\n"
                + " {\"budget\":20,\"evaluations\":19,\"error\":0.5}]");
  }
}
