package io.jiffusion.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jiffusion.config.Home;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PackageGraphTest {

  @Test
  void theDocumentShowsThePackagesAsTheyAre() throws Exception {
    Path project = Home.folder();
    List<Path> classes =
        List.of(project.resolve("core/target/classes"), project.resolve("app/target/classes"));
    String document = Files.readString(project.resolve("docs/architecture.md"));

    assertThat(document)
        .as("docs/architecture.md; to write its picture anew: " + PackageGraph.COMMAND)
        .isEqualTo(PackageGraph.drawn(document, classes))
        .contains(PackageGraph.COMMAND)
        .contains(PackageGraph.picture(PackageGraph.uses(classes)));
  }

  @Test
  void drawsPackagesAboveWhatTheyUse() {
    Map<String, Set<String>> uses =
        Map.of("roof", Set.of("room", "ground"), "room", Set.of("ground"), "ground", Set.of());

    assertThat(PackageGraph.picture(uses))
        .isEqualTo(
            """
            floor  package         1  2  3
               2    1 roof           \\  x  x
               1    2 room              \\  x
               0    3 ground               \\
            """);
  }

  @Test
  void refusesPackagesInACircle() {
    Map<String, Set<String>> uses = Map.of("hen", Set.of("egg"), "egg", Set.of("hen"));

    assertThatThrownBy(() -> PackageGraph.picture(uses)).hasMessageContaining("[egg, hen]");
  }
}
