import io.jiffusion.data.Images;
import io.jiffusion.evaluate.InceptionExtractor;
import io.jiffusion.evaluate.InceptionResizing;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Random;

/**
 * Jiffusion's Inception among its rivals: {@code java -cp 'app/target/lib/*'
 * tools/bench/InceptionContender.java FILE PREPARATION SIZE BATCH}. Speaks as {@code inception.py}
 * does.
 */
public final class InceptionContender {
  public static void main(String[] arguments) throws Exception {
    int size = Integer.parseInt(arguments[2]);
    int batch = Integer.parseInt(arguments[3]);
    byte[] bytes = new byte[batch * size * size * 3];
    new Random(1).nextBytes(bytes);
    Images images = new Images(batch, size, size, 3, bytes);
    InceptionExtractor extractor =
        InceptionExtractor.open(
            Path.of(arguments[0]), InceptionExtractor.LAST, InceptionResizing.of(arguments[1]));
    extractor.extract(images);
    System.out.println("ready");
    BufferedReader in =
        new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    while (in.readLine() != null) {
      long began = System.nanoTime();
      extractor.extract(images);
      System.out.println((System.nanoTime() - began) * 1e-9);
    }
    System.exit(0);
  }
}
