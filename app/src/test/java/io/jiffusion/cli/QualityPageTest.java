package io.jiffusion.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.data.Images;
import io.jiffusion.evaluate.Evaluation.Judged;
import io.jiffusion.evaluate.FeatureSource;
import io.jiffusion.evaluate.Measure;
import io.jiffusion.evaluate.Neighbours;
import io.jiffusion.evaluate.QualityReport;
import io.jiffusion.evaluate.QualityReport.Classes;
import io.jiffusion.evaluate.QualityReport.Measurement;
import io.jiffusion.evaluate.QualityReport.Row;
import io.jiffusion.evaluate.QualityReport.Run;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class QualityPageTest {
  private static final String HOSTILE = "<script>alert(\"a&b\")</script>";
  private static final Images IMAGES = new Images(20, 4, 4, 1, new byte[20 * 16]);

  @TempDir Path folder;

  private static Judged set(String name, Run run, double frechet, Double error) {
    List<Measurement> measurements =
        List.of(
            new Measurement(Measure.FRECHET, frechet, error, "jackknife", 20, 0.0625),
            new Measurement(Measure.PRECISION, 0.5, 0.1, "jackknife", 20, null),
            new Measurement(Measure.RECALL, 0.25, null, "", 20, null));
    Classes classes =
        new Classes(
            List.of("a", "b"), List.of(0.5, Double.NaN), List.of(List.of(1, 1), List.of(0, 0)));
    List<Double> distances = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      distances.add(i + 0.5);
    }
    Neighbours neighbours = new Neighbours(IMAGES.range(0, 16), IMAGES.range(4, 20), distances);
    return new Judged(
        new Row(name, run, "sum " + name, 20, measurements, classes), IMAGES, neighbours);
  }

  private static Run run(long evaluations) {
    return new Run("m", "ab".repeat(32), "ddim", evaluations, 1, 0, 0.01 * evaluations);
  }

  private static QualityReport report(List<Judged> judged) {
    return new QualityReport(
        new FeatureSource(HOSTILE, "", "cd".repeat(32), "none", "Frechet distance of " + HOSTILE),
        new QualityReport.Reference("real ones", "sum 7", 100),
        judged.stream().map(Judged::row).toList(),
        List.of("a note"),
        Map.of("command", "jiffusion evaluate 'a b'"));
  }

  private Document page(List<Judged> judged) throws Exception {
    Path file = folder.resolve("report.html");
    QualityPage.write(file, report(judged), judged, judged.get(0).neighbours());
    String html = Files.readString(file);
    assertThat(html).doesNotContain("<script").doesNotContain("http:").doesNotContain("https:");
    String xml = html.replace("<!DOCTYPE html>", "").replace("<meta charset=\"utf-8\"/>", "");
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(xml.getBytes(StandardCharsets.UTF_8)));
  }

  private static List<Element> all(Document page, String tag) {
    NodeList nodes = page.getElementsByTagName(tag);
    List<Element> elements = new ArrayList<>();
    for (int i = 0; i < nodes.getLength(); i++) {
      elements.add((Element) nodes.item(i));
    }
    return elements;
  }

  @Test
  void everySetHasItsNumbersPlotsImagesAndOrigin() throws Exception {
    Document page =
        page(
            List.of(
                set("ddim-5", run(5), 0.5, 0.0123),
                set("ddim-10", run(10), 0.25, 0.0123),
                set(HOSTILE, null, 0.75, null)));
    String text = page.getDocumentElement().getTextContent();
    assertThat(text)
        .contains("0.500± 0.012real 0.063", "0.250± 0.012", "0.750", HOSTILE, "a note")
        .contains("jiffusion evaluate 'a b'", "sum ddim-5", "ab".repeat(32), "cd".repeat(32))
        .contains("Frechet, precision: jackknife", "first seed 0");
    // two plots of distances and one of precision, three sheets, and 4 × 2 rows of pairs
    assertThat(all(page, "img")).hasSize(3 + 3 + 8);
    assertThat(all(page, "img"))
        .allSatisfy(image -> assertThat(image.getAttribute("src")).startsWith("data:image/png"));
    assertThat(all(page, "td").stream().filter(td -> td.getAttribute("class").equals("best")))
        .extracting(Element::getTextContent)
        .contains("0.250± 0.012real 0.063");
  }

  @Test
  void oneSetIsAPageToo() throws Exception {
    Document page = page(List.of(set("alone", run(5), 0.5, null)));
    assertThat(all(page, "img")).hasSize(1 + 4);
    assertThat(all(page, "h2")).extracting(Element::getTextContent).doesNotContain("Plots");
  }

  @Test
  void theTableIsAsciiAndNoWiderThanATerminal() throws IOException {
    List<Judged> judged =
        List.of(set("ddim-5", run(5), 0.5, 0.0123), set("a long name of a set", null, 0.1, null));
    String table = QualityTable.of(report(judged));
    assertThat(table.chars()).allMatch(c -> c < 128);
    assertThat(table)
        .contains("against real ones, 100 images")
        .containsPattern("ddim-5 +20 +0\\.500 \\+- 0\\.012 +0\\.063")
        .containsPattern("right \\(%\\) of +a +b")
        .containsPattern("ddim-5 +50\\.0 +-");
    assertThat(table.lines().skip(3).filter(line -> !line.startsWith("-")))
        .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(100));
  }
}
