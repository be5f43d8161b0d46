package io.jiffusion.base;

import java.lang.reflect.RecordComponent;
import java.util.Arrays;

/**
 * Equality of records that hold arrays. A record compares its arrays by identity, so that two
 * configurations that say the same would differ; with these two methods it compares what they hold.
 */
public final class ByValue {
  private ByValue() {}

  /** Whether the other is a record of the same type with equal components. */
  public static boolean equal(Record one, Object other) {
    return one == other
        || other != null
            && one.getClass() == other.getClass()
            && Arrays.deepEquals(components(one), components((Record) other));
  }

  /** A hash code that fits {@link #equal}. */
  public static int hash(Record one) {
    return Arrays.deepHashCode(components(one));
  }

  private static Object[] components(Record record) {
    RecordComponent[] components = record.getClass().getRecordComponents();
    Object[] values = new Object[components.length];
    try {
      for (int i = 0; i < values.length; i++) {
        values[i] = components[i].getAccessor().invoke(record);
      }
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
    return values;
  }
}
