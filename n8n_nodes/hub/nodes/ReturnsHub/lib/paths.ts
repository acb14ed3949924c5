/** Reads and writes nested JSON values. */
import type { Path } from './types';

type Json = Record<string, unknown>;

/** Returns whether a value is a JSON object, which excludes lists and null. */
export const isObject = (value: unknown): value is Json =>
	typeof value === 'object' && value !== null && !Array.isArray(value);

/** Returns the value at `path`, or undefined if it does not exist. A number in a path is the index of a list. */
export const at = (value: unknown, path: Path): unknown =>
	path.reduce<unknown>((inner, name) => (inner as Json | null | undefined)?.[name], value);

/** Returns all values at a path. If the path leads through a list, these are the values of all its items. */
export const everyAt = (value: unknown, path: Path): unknown[] => {
	if (Array.isArray(value)) return value.flatMap((one) => everyAt(one, path));
	if (path.length === 0) return [value];
	return isObject(value) ? everyAt(value[path[0]], path.slice(1)) : [];
};

/** Sets the value at `path` in the object `target`, and creates missing objects along the path. */
export const put = (target: Json, path: Path, value: unknown): void => {
	const [name, ...rest] = path;
	if (rest.length === 0) target[name] = value;
	else put((target[name] ??= {}) as Json, rest, value);
};
