package io.jiffusion.config;

import io.jiffusion.base.JiffusionException;
import io.jiffusion.base.LeftOut;
import io.jiffusion.base.Shown;
import io.jiffusion.base.Suggestion;
import io.jiffusion.base.Written;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Makes records of a {@link Tree}, strictly: every key must be known, every component given, no
 * value is converted to another type. All that is wrong is told at once, each with its place.
 */
public final class Binder {

  /** More problems than these are counted, not told. */
  private static final int TOLD = 40;

  private final Class<?> root;
  private final Set<String> problems = new LinkedHashSet<>();
  private int found;

  private Binder(Class<?> root) {
    this.root = root;
  }

  /**
   * The record that a tree tells.
   *
   * @throws JiffusionException with a line for each unknown or missing key and each illegal value
   */
  public static <T extends Record> T bind(Class<T> type, Tree tree) {
    Binder binder = new Binder(type);
    Object bound = binder.record(type, tree, "");
    if (binder.found > 0) {
      throw new JiffusionException(String.join(System.lineSeparator(), binder.problems));
    }
    return type.cast(bound);
  }

  /** A record with another value of one component. */
  static <T extends Record> T with(T record, String name, Object value) {
    RecordComponent[] components = record.getClass().getRecordComponents();
    Object[] arguments = new Object[components.length];
    boolean found = false;
    for (int i = 0; i < components.length; i++) {
      boolean here = components[i].getName().equals(name);
      found |= here;
      arguments[i] = here ? value : read(components[i], record);
    }
    if (!found) {
      throw new IllegalStateException("no component " + name + " of " + record.getClass());
    }
    @SuppressWarnings("unchecked") // of the same class
    Class<T> type = (Class<T>) record.getClass();
    Binder binder = new Binder(type);
    Tree nowhere = new Tree(new LinkedHashMap<String, Tree>(), name);
    T changed = type.cast(binder.construct(type, arguments, nowhere, ""));
    if (changed == null) {
      throw new IllegalArgumentException(String.join(System.lineSeparator(), binder.problems));
    }
    return changed;
  }

  private Object record(Class<?> type, Tree tree, String path) {
    if (!(tree.value() instanceof Map)) {
      return illegal(
          path.isEmpty() ? "configuration" : path,
          tree,
          "must be a group of keys: " + String.join(", ", names(type)));
    }
    int before = found;
    RecordComponent[] components = type.getRecordComponents();
    Map<String, Tree> fields = tree.fields();
    List<String> names = names(type);
    fields.forEach(
        (key, value) -> {
          if (!names.contains(key)) {
            problem(() -> unknown(dot(path, key), value));
          }
        });
    Object[] arguments = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      String key = dot(path, components[i].getName());
      Tree value = fields.get(components[i].getName());
      boolean optional = components[i].isAnnotationPresent(LeftOut.class);
      if (value == null && !optional) {
        problem(() -> "missing key " + key + " (" + tree.place() + ")");
      } else if (value != null && !(optional && value.value() == null)) {
        arguments[i] = value(components[i].getGenericType(), value, key);
      }
    }
    return found > before ? null : construct(type, arguments, tree, path);
  }

  private Object construct(Class<?> type, Object[] arguments, Tree tree, String path) {
    try {
      Constructor<?> constructor =
          type.getDeclaredConstructor(
              Arrays.stream(type.getRecordComponents())
                  .map(RecordComponent::getType)
                  .toArray(Class<?>[]::new));
      constructor.setAccessible(true);
      return constructor.newInstance(arguments);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof IllegalArgumentException illegal) {
        problem(() -> placed(illegal.getMessage(), tree, path));
        return null;
      }
      throw new IllegalStateException(e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  /** A constructor's "illegal batch: 0, …" as "illegal train.batch: 0, … (line 3 of my.yaml)". */
  private static String placed(String message, Tree tree, String path) {
    for (Map.Entry<String, Tree> field : tree.fields().entrySet()) {
      String start = "illegal " + field.getKey() + ":";
      if (message.startsWith(start)) {
        return "illegal "
            + dot(path, field.getKey())
            + message.substring(start.length() - 1)
            + " ("
            + field.getValue().place()
            + ")";
      }
    }
    return tree.place().isEmpty()
        ? message
        : message + " (" + (path.isEmpty() ? "" : path + ", ") + tree.place() + ")";
  }

  private Object value(Type type, Tree tree, String path) {
    if (type instanceof ParameterizedType list) { // List<E> is the only one
      return tree.value() instanceof List<?> items
          ? items(list.getActualTypeArguments()[0], items, path)
          : illegal(path, tree, "must be a list, such as [1, 2]");
    }
    Class<?> plain = (Class<?>) type;
    if (Written.class.isAssignableFrom(plain)) {
      return tree.value() instanceof String text
          ? written(plain, text, tree)
          : illegal(path, tree, "must be text; put it in quotes");
    }
    if (plain.isRecord()) {
      return record(plain, tree, path);
    }
    if (plain.isArray()) {
      return tree.value() instanceof List<?> items
          ? array(plain.getComponentType(), items, path)
          : illegal(path, tree, "must be a list, such as [1, 2]");
    }
    if (plain.isEnum()) {
      return constant(plain, tree, path);
    }
    if (plain == boolean.class || plain == Boolean.class) {
      return tree.value() instanceof Boolean
          ? tree.value()
          : illegal(path, tree, "must be true or false");
    }
    if (plain == int.class || plain == Integer.class) {
      return whole(BigDecimal::intValueExact, tree, path);
    }
    if (plain == long.class) {
      return whole(BigDecimal::longValueExact, tree, path);
    }
    if (plain == double.class || plain == Double.class) {
      BigDecimal number = number(tree);
      return number != null && Double.isFinite(number.doubleValue())
          ? (Object) number.doubleValue()
          : illegal(path, tree, "must be a number");
    }
    if (plain == float.class) {
      return value(double.class, tree, path) instanceof Double number
          ? (Object) number.floatValue()
          : null;
    }
    if (plain == String.class) {
      return tree.value() instanceof String
          ? tree.value()
          : illegal(path, tree, "must be text; put it in quotes");
    }
    throw new IllegalStateException("component of a type without a reader: " + path + " " + type);
  }

  private Object written(Class<?> type, String text, Tree tree) {
    try {
      return type.getMethod("parse", String.class).invoke(null, text);
    } catch (InvocationTargetException e) {
      if (e.getCause() instanceof IllegalArgumentException illegal) {
        problem(() -> illegal.getMessage() + " (" + tree.place() + ")");
        return null;
      }
      throw new IllegalStateException(e.getCause());
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }

  private List<Object> items(Type type, List<?> trees, String path) {
    List<Object> items = new ArrayList<>();
    trees.forEach(tree -> items.add(value(type, (Tree) tree, path)));
    return items;
  }

  private Object array(Class<?> type, List<?> trees, String path) {
    Object array = Array.newInstance(type, trees.size());
    for (int i = 0; i < trees.size(); i++) {
      Object item = value(type, (Tree) trees.get(i), path);
      if (item != null) {
        Array.set(array, i, item);
      }
    }
    return array;
  }

  /** 1e5 is whole, 3.0 and 3.7 are not. */
  private Object whole(Function<BigDecimal, Object> exact, Tree tree, String path) {
    BigDecimal number = number(tree);
    if (number == null || number.scale() > 0) {
      return illegal(path, tree, "must be a whole number");
    }
    try {
      return exact.apply(number);
    } catch (ArithmeticException e) {
      return illegal(path, tree, "is too large");
    }
  }

  /** YAML 1.1 takes 1e-4 for text, people do not. */
  private static BigDecimal number(Tree tree) {
    if (tree.value() instanceof String text && text.matches(".{1,200}[eE].{1,4}")) {
      return Tree.number(text);
    }
    return tree.value() instanceof BigDecimal number ? number : null;
  }

  private Object constant(Class<?> type, Tree tree, String path) {
    for (Object constant : type.getEnumConstants()) {
      if (name((Enum<?>) constant).equals(tree.value())) {
        return constant;
      }
    }
    List<String> words =
        Arrays.stream(type.getEnumConstants()).map(constant -> name((Enum<?>) constant)).toList();
    String near = tree.value() instanceof String text ? Suggestion.of(text, words) : null;
    return illegal(
        path,
        tree,
        "must be one of "
            + String.join(", ", words)
            + (near == null ? "" : "; did you mean " + near + "?"));
  }

  private Object illegal(String path, Tree tree, String rule) {
    problem(
        () ->
            "illegal " + path + ": " + Shown.value(tree) + ", " + rule + " (" + tree.place() + ")");
    return null;
  }

  private void problem(Supplier<String> what) {
    if (problems.size() < TOLD) {
      problems.add(what.get());
    }
    found++;
  }

  private String unknown(String path, Tree tree) {
    String near = Suggestion.of(path, paths(root, "", new ArrayList<>()));
    return "unknown key "
        + Shown.value(path)
        + " ("
        + tree.place()
        + ")"
        + (near == null ? "" : ", did you mean " + near + "?");
  }

  private static List<String> paths(Class<?> type, String path, List<String> into) {
    for (RecordComponent component : type.getRecordComponents()) {
      String key = dot(path, component.getName());
      into.add(key);
      boolean group = component.getType().isRecord();
      if (group && !Written.class.isAssignableFrom(component.getType())) {
        paths(component.getType(), key, into);
      }
    }
    return into;
  }

  private static List<String> names(Class<?> type) {
    return Arrays.stream(type.getRecordComponents()).map(RecordComponent::getName).toList();
  }

  private static String dot(String path, String key) {
    return path.isEmpty() ? key : path + "." + key;
  }

  /** How a constant is written: SCALE_SHIFT as scale-shift. */
  public static String name(Enum<?> constant) {
    return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  /** A component's value. */
  public static Object read(RecordComponent component, Record record) {
    try {
      component.getAccessor().setAccessible(true);
      return component.getAccessor().invoke(record);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }
}
