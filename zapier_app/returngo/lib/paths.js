/** Reads and writes nested JSON values. A path is a list of names: `['error', 'message']`; `[]` is the whole value. */

/** Returns the value at `path`, or undefined. */
export const at = (value, path) => path.reduce((inner, name) => inner?.[name], value);

/** Sets the value at `path` and creates missing objects. */
export const put = (target, path, value) => {
  const [name, ...rest] = path;
  if (rest.length === 0) target[name] = value;
  else put((target[name] ??= {}), rest, value);
};

/** Returns a copy of the object with `change` applied to every value. */
export const mapped = (object, change) =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));

/** Returns a copy of the object with `changes` applied. Nested objects are merged, not replaced. */
export const merged = (object, changes) => ({
  ...object,
  ...Object.fromEntries(
    Object.entries(changes).map(([name, value]) => [
      name,
      isObject(value) ? merged(object[name], value) : value,
    ]),
  ),
});

/** Whether a value is a JSON object: not a list and not null. */
export const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
