package io.jiffusion.base;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShownTest {
  @ParameterizedTest
  @ValueSource(
      ints = {
        0, 7, 8, 0x0D, 0x1B, 0x7F, 0x80, 0x9B, 0xAD, 0x61C, 0x200B, 0x200E, 0x200F, 0x2028, 0x2029,
        0x202A, 0x202E, 0x2060, 0x2066, 0x2069, 0x3164, 0xFE0F, 0xFEFF, 0xFFF9, 0xD800, 0xE0041
      })
  void whatCommandsATerminalOrHidesIsShownAsItsCode(int c) {
    String hidden = "a" + Character.toString(c) + "b";
    StringBuilder code = new StringBuilder();
    Character.toString(c).chars().forEach(half -> code.append("\\u%04x".formatted(half)));
    assertThat(Shown.text(hidden)).isEqualTo("a" + code + "b");
    assertThat(Shown.value(hidden)).isEqualTo("a" + code + "b");
    assertThat(new JiffusionException(hidden)).hasMessage("a" + code + "b");
  }

  @Test
  void lettersOfAllWritingStayAsTheyAre() {
    String text = "Ünïcödé \\u0041 \"x\" 漢字 العربية עברית हिन्दी 🙂 ± … x²";
    assertThat(Shown.text(text)).isSameAs(text);
    assertThat(Shown.value(text)).isEqualTo(text);
  }

  @Test
  void aTextKeepsItsLinesAValueIsOnOne() {
    assertThat(Shown.text("a\n\tb\rc\r\n")).isEqualTo("a\n\tb\\u000dc\r\n");
    assertThat(Shown.value("a\n\tb")).isEqualTo("a\\u000a\\u0009b");
  }

  @Test
  void aValueIsCutAtEightyCharacters() {
    assertThat(Shown.value("'".repeat(4_000_000))).isEqualTo("'".repeat(80) + "…");
    assertThat(Shown.value("x".repeat(79) + "🙂🙂")).isEqualTo("x".repeat(79) + "…");
    assertThat(Shown.value("y".repeat(80))).isEqualTo("y".repeat(80));
    assertThat(Shown.value(null)).isEqualTo("null");
  }

  @Test
  void noMessageIsWithoutEnd() {
    assertThat(new JiffusionException("x".repeat(1_000_000)).getMessage()).hasSize(1001);
    assertThat(new JiffusionException("line\n".repeat(100_000)).getMessage().lines())
        .hasSize(41)
        .last()
        .isEqualTo("… and more");
  }
}
