package io.jiffusion.build;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.NewClassTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePathScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** No call tells more by its places than a reader can count; the compiler's own trees say so. */
class CallsTest {
  private static final int MOST = 8;

  /** Calls of any number of equals, and what oneDNN, BLAS and LAPACK want to be told. */
  private static final Set<String> LISTS =
      Set.of(
          "of",
          "ofEntries",
          "asList",
          "format",
          "printf",
          "primitive",
          "primitive_desc",
          "cblas_dgemm",
          "LAPACKE_dgesdd");

  @Test
  void noCallOfMainHasMoreThanEightArguments() throws IOException {
    List<Path> files = new ArrayList<>();
    for (String module : List.of("../core", "../app")) {
      try (Stream<Path> all = Files.walk(Path.of(module, "src/main/java"))) {
        all.filter(file -> file.toString().endsWith(".java")).forEach(files::add);
      }
    }
    assertThat(files).hasSizeGreaterThan(300);
    assertThat(longCalls(files)).isEmpty();
  }

  @Test
  void aCallOfNineArgumentsIsFound(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("A.java");
    Files.writeString(
        file,
        "class A { A(int... all) { new A(1, 2, 3, 4, 5, 6, 7, 8);\n"
            + " new A(1, 2, 3, 4, 5, 6, 7, 8, 9); java.util.List.of(1, 2, 3, 4, 5, 6, 7, 8, 9); } }");
    assertThat(longCalls(List.of(file))).containsExactly("A.java:2 A (9)");
  }

  private static List<String> longCalls(List<Path> files) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    List<String> found = new ArrayList<>();
    try (StandardJavaFileManager manager = compiler.getStandardFileManager(null, null, null)) {
      JavacTask task =
          (JavacTask)
              compiler.getTask(
                  null, manager, null, null, null, manager.getJavaFileObjectsFromPaths(files));
      Trees trees = Trees.instance(task);
      for (CompilationUnitTree unit : task.parse()) {
        Path name = Path.of(unit.getSourceFile().getName()).getFileName();
        new TreePathScanner<Void, Void>() {
          @Override
          public Void visitNewClass(NewClassTree call, Void none) {
            see(call, call.getIdentifier(), call.getArguments());
            return super.visitNewClass(call, none);
          }

          @Override
          public Void visitMethodInvocation(MethodInvocationTree call, Void none) {
            see(call, call.getMethodSelect(), call.getArguments());
            return super.visitMethodInvocation(call, none);
          }

          private void see(Tree call, Tree called, List<? extends ExpressionTree> arguments) {
            String method =
                called instanceof MemberSelectTree member
                    ? member.getIdentifier().toString()
                    : called.toString();
            if (arguments.size() > MOST && !LISTS.contains(method)) {
              long line =
                  unit.getLineMap()
                      .getLineNumber(trees.getSourcePositions().getStartPosition(unit, call));
              found.add(name + ":" + line + " " + method + " (" + arguments.size() + ")");
            }
          }
        }.scan(unit, null);
      }
    }
    return found;
  }
}
