package io.jiffusion.base;

/**
 * A value that is written as one line of text, as people type it and files hold it: {@code
 * toString} gives the text, a static {@code parse(String)} of its public type reads it and refuses
 * what it is not.
 */
public interface Written {}
