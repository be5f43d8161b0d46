package io.jiffusion.checkpoint;

import java.util.Map;

/**
 * A whole number written as a sum of products, such as {@code 1+i*(blocks+1)+j}, or such a sum
 * halved, {@code size>>i+1}.
 */
final class IndexExpression {
  private final String text;
  private final Map<String, Integer> numbers;
  private int at;

  IndexExpression(String text, Map<String, Integer> numbers) {
    this.text = text;
    this.numbers = numbers;
  }

  int value() {
    int value = sum();
    if (text.startsWith(">>", at)) {
      at += 2;
      value >>= sum();
    }
    if (at < text.length()) {
      throw new IllegalStateException("a sum in a name map that is none: " + text);
    }
    return value;
  }

  private int sum() {
    int value = product();
    while (at < text.length() && (text.charAt(at) == '+' || text.charAt(at) == '-')) {
      value += text.charAt(at++) == '+' ? product() : -product();
    }
    return value;
  }

  private int product() {
    int value = factor();
    while (at < text.length() && text.charAt(at) == '*') {
      at++;
      value *= factor();
    }
    return value;
  }

  private int factor() {
    if (text.charAt(at) == '(') {
      at++;
      int value = sum();
      at++; // the closing bracket
      return value;
    }
    int from = at;
    if (text.charAt(at) == '#') {
      at++;
    }
    while (at < text.length() && Character.isLetterOrDigit(text.charAt(at))) {
      at++;
    }
    String word = text.substring(from, at);
    if (!word.isEmpty() && Character.isDigit(word.charAt(0))) {
      return Integer.parseInt(word);
    }
    Integer number = numbers.get(word);
    if (number == null) {
      throw new IllegalStateException("a name map asks for an unknown number: " + word);
    }
    return number;
  }
}
