package io.jiffusion.data;

import io.jiffusion.base.AtomicFile;
import io.jiffusion.base.JiffusionException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What lies in a folder of pictures, its files not read. Where pictures lie in sub-folders, each
 * sub-folder is a class, with all that is below it.
 *
 * @param folder the folder
 * @param classes names of the sub-folders with pictures, numbers by their value, so "2" before
 *     "10"; empty if there are none
 * @param pictures files by class, in the order of their names
 * @param labels class of each picture; empty if there are no classes
 * @param passedOver what is no picture: how many by kind, such as {@code .txt}
 * @param empty names of the sub-folders without pictures
 */
public record PictureFolder(
    Path folder,
    List<String> classes,
    List<Path> pictures,
    List<Integer> labels,
    Map<String, Integer> passedOver,
    List<String> empty) {
  private static final String OURS = "sheets of Jiffusion";
  private static final String LITTER = "hidden";
  private static final Set<String> LITTER_NAMES =
      Set.of("thumbs.db", "desktop.ini", "__macosx", "@eadir", "$recycle.bin");
  private static final Pattern DIGITS = Pattern.compile("\\d+");
  private static final int MANY = 20;
  private static final int DEEPEST = 64;

  /** Names with the numbers in them by value. */
  static final Comparator<String> NATURAL = PictureFolder::natural;

  /**
   * Looks into a folder. Hidden files and those that other programs leave, such as {@code
   * Thumbs.db} and {@code __MACOSX}, are passed over, and so are sheets and plots of this program.
   *
   * @throws JiffusionException if there are no pictures, or some both in the folder itself and in
   *     sub-folders
   */
  public static PictureFolder look(Path folder) {
    Map<String, Integer> passedOver = new TreeMap<>();
    List<Path> own = new ArrayList<>();
    Map<String, List<Path>> below = new TreeMap<>(NATURAL);
    for (Path path : list(folder)) {
      String name = path.getFileName().toString();
      if (litter(name)) {
        count(passedOver, LITTER);
      } else if (Files.isDirectory(path)) {
        below.put(name, deep(path, passedOver));
      } else if (isPicture(path, passedOver)) {
        own.add(path);
      }
    }
    List<String> empty = new ArrayList<>();
    below.forEach(
        (name, files) -> {
          if (files.isEmpty()) {
            empty.add(name);
          }
        });
    empty.forEach(below::remove);
    if (!own.isEmpty() && !below.isEmpty()) {
      throw new JiffusionException(
          folder
              + " has pictures of its own and in sub-folders such as "
              + below.keySet().iterator().next()
              + ", must have one or the other; move them");
    }
    if (own.isEmpty() && below.isEmpty()) {
      throw new JiffusionException(
          "no pictures in "
              + folder
              + ", must be files named "
              + String.join(", ", ImageFile.ENDINGS)
              + (passedOver.isEmpty() ? "" : "; it has " + told(passedOver)));
    }
    List<Path> pictures = new ArrayList<>(own);
    List<Integer> labels = new ArrayList<>();
    int label = 0;
    for (List<Path> files : below.values()) {
      pictures.addAll(files);
      labels.addAll(Collections.nCopies(files.size(), label++));
    }
    return new PictureFolder(
        folder, List.copyOf(below.keySet()), pictures, labels, passedOver, empty);
  }

  /**
   * The same pictures with the classes that a run has.
   *
   * @param names of the classes in their order; empty for none
   * @throws JiffusionException if the folder has others
   */
  public PictureFolder with(List<String> names) {
    if (names.isEmpty()) {
      return new PictureFolder(folder, names, pictures, List.of(), passedOver, empty);
    }
    if (names.size() != classes.size() || !names.containsAll(classes)) {
      throw new JiffusionException(
          folder
              + " has "
              + (classes.isEmpty() ? "no classes" : "the classes " + some(classes))
              + (empty.isEmpty() ? "" : " (and no pictures in " + some(empty) + ")")
              + ", must have those of the run: "
              + some(names));
    }
    return new PictureFolder(
        folder,
        names,
        pictures,
        labels.stream().map(label -> names.indexOf(classes.get(label))).toList(),
        passedOver,
        empty);
  }

  /** In one sentence: how many pictures of which classes, and what is passed over. */
  public String told() {
    StringBuilder text = new StringBuilder(pictures.size() + " pictures");
    if (!classes.isEmpty()) {
      int[] counts = new int[classes.size()];
      labels.forEach(label -> counts[label]++);
      text.append(" in ")
          .append(classes.size())
          .append(classes.size() == 1 ? " class" : " classes");
      List<String> each = new ArrayList<>();
      for (int label = 0; label < counts.length; label++) {
        each.add(classes.get(label) + " " + counts[label]);
      }
      text.append(": ").append(some(each));
    }
    if (!passedOver.isEmpty()) {
      text.append("; passed over: ").append(told(passedOver));
    }
    if (!empty.isEmpty()) {
      text.append("; folders without pictures, which are no classes: ").append(some(empty));
    }
    String missing = missing();
    return missing.isEmpty() ? text.toString() : text + "; there is no folder " + missing;
  }

  /** Numbers between the first and the last class that no class has, if all are numbers. */
  private String missing() {
    if (classes.isEmpty() || !classes.stream().allMatch(name -> name.matches("\\d{1,6}"))) {
      return "";
    }
    Set<Integer> there = classes.stream().map(Integer::valueOf).collect(Collectors.toSet());
    List<String> missing = new ArrayList<>();
    int last = Integer.parseInt(classes.get(classes.size() - 1));
    for (int i = Integer.parseInt(classes.get(0)); i < last; i++) {
      if (!there.contains(i)) {
        missing.add("" + i);
      }
    }
    return missing.size() > classes.size() ? "" : some(missing);
  }

  private static String told(Map<String, Integer> counts) {
    return counts.entrySet().stream()
        .map(entry -> entry.getValue() + " " + entry.getKey())
        .collect(Collectors.joining(", "));
  }

  /** The first of many, then how many more there are. */
  static String some(List<String> all, String between) {
    String first = String.join(between, all.subList(0, Math.min(MANY, all.size())));
    return all.size() <= MANY ? first : first + between + "and " + (all.size() - MANY) + " more";
  }

  private static String some(List<String> all) {
    return some(all, ", ");
  }

  private static List<Path> list(Path folder) {
    try (Stream<Path> paths = Files.list(folder)) {
      return paths.sorted().toList();
    } catch (IOException e) {
      throw new JiffusionException(
          "cannot read the folder " + folder + ": " + AtomicFile.reason(e), e);
    }
  }

  /** All pictures below a folder. */
  private static List<Path> deep(Path folder, Map<String, Integer> passedOver) {
    try (Stream<Path> paths = Files.walk(folder, DEEPEST, FileVisitOption.FOLLOW_LINKS)) {
      return paths
          .sorted()
          .filter(path -> !Files.isDirectory(path))
          .filter(
              path -> {
                for (Path part : folder.relativize(path)) {
                  if (litter(part.toString())) {
                    count(passedOver, LITTER);
                    return false;
                  }
                }
                return isPicture(path, passedOver);
              })
          .toList();
    } catch (IOException e) {
      throw new JiffusionException(
          "cannot read the folder " + folder + ": " + AtomicFile.reason(e), e);
    } catch (UncheckedIOException e) {
      throw new JiffusionException(
          "cannot read all of the folder " + folder + ": " + AtomicFile.reason(e.getCause()), e);
    }
  }

  private static boolean isPicture(Path path, Map<String, Integer> passedOver) {
    String name = path.getFileName().toString();
    if (!ImageFile.named(name)) {
      int dot = name.lastIndexOf('.');
      count(
          passedOver, dot < 0 ? "without an ending" : name.substring(dot).toLowerCase(Locale.ROOT));
      return false;
    }
    if (name.toLowerCase(Locale.ROOT).endsWith(".png") && Png.isSheet(path)) {
      count(passedOver, OURS);
      return false;
    }
    return true;
  }

  private static boolean litter(String name) {
    return name.startsWith(".") || LITTER_NAMES.contains(name.toLowerCase(Locale.ROOT));
  }

  private static void count(Map<String, Integer> counts, String kind) {
    counts.merge(kind, 1, Integer::sum);
  }

  private static int natural(String a, String b) {
    Matcher inA = DIGITS.matcher(a);
    Matcher inB = DIGITS.matcher(b);
    int fromA = 0;
    int fromB = 0;
    while (inA.find(fromA) && inB.find(fromB)) {
      int text = a.substring(fromA, inA.start()).compareTo(b.substring(fromB, inB.start()));
      int number = new BigInteger(inA.group()).compareTo(new BigInteger(inB.group()));
      if (text != 0 || number != 0) {
        return text != 0 ? text : number;
      }
      fromA = inA.end();
      fromB = inB.end();
    }
    int rest = a.substring(fromA).compareTo(b.substring(fromB));
    return rest != 0 ? rest : a.compareTo(b);
  }
}
