/** The only place that reads the clock; everything else is handed one. Milliseconds since 1970. */
export const now = () => Date.now();
