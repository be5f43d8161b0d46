package io.jiffusion.base;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HalfTest {

  @Test
  void everyHalfComesBackFromItsFloat() {
    for (int i = 0; i < 1 << 16; i++) {
      short bits = (short) i;
      if (Float.isNaN(Half.fromF16(bits))) {
        assertThat(Half.fromF16(Half.toF16(Half.fromF16(bits)))).isNaN();
      } else {
        assertThat(Half.toF16(Half.fromF16(bits))).isEqualTo(bits);
      }
      if (!Float.isNaN(Half.fromBF16(bits))) {
        assertThat(Half.toBF16(Half.fromBF16(bits))).isEqualTo(bits);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1.0, 3C00",
    "-2.0, C000",
    "65504, 7BFF",
    "65519.996, 7BFF",
    "65520, 7C00",
    "1e30, 7C00",
    "-0.0, 8000",
    "5.9604645E-8, 0001",
    "2.9802322E-8, 0000",
    "2.9802326E-8, 0001",
    "8.940697E-8, 0002",
    "6.1035156E-5, 0400",
    "6.1E-5, 03FF",
    "6.101E-5, 0400",
    "1.00048828125, 3C00",
    "1.00146484375, 3C02",
    "1.0004884, 3C01",
    "0.33325195, 3555"
  })
  void floatsGoToTheNearestHalfAndTiesToEven(float value, String bits) {
    assertThat("%04X".formatted(Half.toF16(value))).isEqualTo(bits);
  }

  @Test
  void betweenTwoHalvesTheNearerOneIsTaken() {
    for (int i = 0; i < 0x7BFF; i++) {
      float low = Half.fromF16((short) i);
      float high = Half.fromF16((short) (i + 1));
      float middle = (low + high) / 2; // exact in float
      assertThat((int) Half.toF16(Math.nextDown(middle))).isEqualTo(i);
      assertThat((int) Half.toF16(Math.nextUp(middle))).isEqualTo(i + 1);
      assertThat((int) Half.toF16(middle)).isEqualTo(i + (i & 1));
    }
  }

  @ParameterizedTest
  @CsvSource({
    "1.0, 3F80",
    "1.00390625, 3F80",
    "1.01171875, 3F82",
    "3.4028235e38, 7F80",
    "-1e-45, 8000"
  })
  void floatsGoToTheNearestBrainFloatAndTiesToEven(float value, String bits) {
    assertThat("%04X".formatted(Half.toBF16(value))).isEqualTo(bits);
  }

  @Test
  void nanStaysNan() {
    float signalling = Float.intBitsToFloat(0x7F800001);
    assertThat(Half.fromF16(Half.toF16(Float.NaN))).isNaN();
    assertThat(Half.fromF16(Half.toF16(signalling))).isNaN();
    assertThat(Half.fromBF16(Half.toBF16(signalling))).isNaN();
  }
}
