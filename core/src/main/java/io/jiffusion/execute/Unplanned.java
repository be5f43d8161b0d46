package io.jiffusion.execute;

/** A network has what no plan can be made of; it names it. */
public final class Unplanned extends RuntimeException {
  private static final long serialVersionUID = 1;

  Unplanned(String what) {
    super(what);
  }
}
