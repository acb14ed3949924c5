/** Reads the clock. Other modules receive the function as `now`. */

/** Returns the current time in milliseconds since the Unix epoch. */
export const now = (): number => Date.now();
