package io.jiffusion.build;

import static org.assertj.core.api.Assertions.assertThat;

import io.jiffusion.checkpoint.RunFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The version that pictures and run folders tell is that of the build. */
class VersionTest {
  @ParameterizedTest
  @ValueSource(strings = {"../pom.xml", "../core/pom.xml", "../natives/pom.xml", "pom.xml"})
  void theProgramsVersionIsTheBuilds(String pom) throws IOException {
    String own = Files.readString(Path.of(pom)).replaceAll("(?s)<dependencies>.*", "");
    assertThat(own).contains("<version>" + RunFolder.VERSION + "</version>");
  }
}
