/**
 * Returns the current time in milliseconds since the Unix epoch. Only this module reads the clock; other modules
 * receive the function as `now`.
 */
export const now = () => Date.now();
