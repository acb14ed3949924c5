/** Returns the current time in milliseconds since 1970. Only this module reads the clock; others take it as `now`. */
export const now = () => Date.now();
