/**
 * Reads and writes nested JSON values. A path is a list of property names, such as `['error', 'message']`. The empty
 * path is the whole value.
 */

/** Returns the value at `path`, or undefined if it does not exist. */
export const at = (value, path) => path.reduce((inner, name) => inner?.[name], value);

/** Sets the value at `path` in the object `target`, and creates missing objects along the path. */
export const put = (target, path, value) => {
  const [name, ...rest] = path;
  if (rest.length === 0) target[name] = value;
  else put((target[name] ??= {}), rest, value);
};

/** Returns a copy of an object in which each value is replaced by `change(value)`. */
export const mapped = (object, change) =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));

/** Returns a copy of an object with the values in `changes`. Nested objects are merged instead of replaced. */
export const merged = (object, changes) => ({
  ...object,
  ...Object.fromEntries(
    Object.entries(changes).map(([name, value]) => [
      name,
      isObject(value) ? merged(object[name], value) : value,
    ]),
  ),
});

/** Returns whether a value is a JSON object, which excludes lists and null. */
export const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Returns a copy of the output fields in which the fields with the given keys, which identify an event, are `primary`.
 */
export const identifiedBy = (keys, fields) =>
  fields.map((field) => (keys.includes(field.key) ? { ...field, primary: true } : field));
