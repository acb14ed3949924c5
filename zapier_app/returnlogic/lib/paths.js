/** Places in JSON values. A path is an array of names: `['error', 'message']`; `[]` is the value itself. */

/** The value at `path`, or undefined. */
export const at = (value, path) => path.reduce((found, name) => found?.[name], value);

/** Sets the value at `path`, making the objects on the way. */
export const put = (target, path, value) => {
  const [name, ...rest] = path;
  if (rest.length === 0) target[name] = value;
  else put((target[name] ??= {}), rest, value);
};

/** The object with every value changed. */
export const mapped = (object, change) =>
  Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(value)]));

/** The object with other values in the places that `changes` name; objects are merged, not replaced. */
export const merged = (object, changes) => ({
  ...object,
  ...Object.fromEntries(
    Object.entries(changes).map(([name, value]) => [
      name,
      isObject(value) ? merged(object[name], value) : value,
    ]),
  ),
});

/** A JSON object: no list, and not null. */
export const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
