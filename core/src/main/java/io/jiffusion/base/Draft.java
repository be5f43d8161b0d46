package io.jiffusion.base;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A record in the making, whose components are told by name: for records of so many components that
 * a place in a call says nothing. What is left out must be {@link LeftOut}, and is null then.
 *
 * @param <R> the record
 */
public final class Draft<R extends Record> {
  private final Class<R> type;
  private final Map<String, Object> values = new HashMap<>();

  private Draft(Class<R> type) {
    this.type = type;
  }

  /** Nothing is told yet. */
  public static <R extends Record> Draft<R> of(Class<R> type) {
    return new Draft<>(type);
  }

  /** A copy of a record, to be changed. */
  @SuppressWarnings("unchecked")
  public static <R extends Record> Draft<R> of(R record) {
    Draft<R> draft = new Draft<>((Class<R>) record.getClass());
    try {
      for (RecordComponent component : draft.components()) {
        draft.values.put(component.getName(), component.getAccessor().invoke(record));
      }
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
    return draft;
  }

  private List<RecordComponent> components() {
    return List.of(type.getRecordComponents());
  }

  /**
   * Tells a component.
   *
   * @throws IllegalStateException if the record has none of this name
   */
  public Draft<R> set(String name, Object value) {
    if (components().stream().noneMatch(component -> component.getName().equals(name))) {
      throw new IllegalStateException(type.getSimpleName() + " has no component " + name);
    }
    values.put(name, value);
    return this;
  }

  /**
   * The record, checked by its constructor.
   *
   * @throws IllegalStateException if a component is missing, or of another type
   */
  public R make() {
    for (RecordComponent component : components()) {
      if (values.get(component.getName()) == null
          && !component.isAnnotationPresent(LeftOut.class)) {
        throw new IllegalStateException(
            type.getSimpleName() + " needs its component " + component.getName());
      }
    }
    try {
      return type.getConstructor(
              components().stream().map(RecordComponent::getType).toArray(Class<?>[]::new))
          .newInstance(components().stream().map(c -> values.get(c.getName())).toArray());
    } catch (InvocationTargetException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : new IllegalStateException(e);
    } catch (ReflectiveOperationException | IllegalArgumentException e) {
      throw new IllegalStateException("no " + type.getSimpleName() + " of " + values, e);
    }
  }
}
