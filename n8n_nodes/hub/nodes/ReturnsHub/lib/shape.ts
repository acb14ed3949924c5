/** Changes a vendor's record into the form that a workflow gets: yes or no as a boolean, and numbers as numbers. */
import type { IDataObject } from 'n8n-workflow';

import { isObject } from './paths';
import type { Path, Shape } from './types';

/** Returns a copy of a record with the values at the paths of `shape` changed. */
export const shaped = ({ flags = [], whole = [] }: Shape = {}, record: IDataObject): IDataObject => {
	let result: unknown = record;
	for (const path of flags) result = changedAt(result, path, asFlag);
	for (const path of whole) result = changedAt(result, path, asNumber);
	return result as IDataObject;
};

const changedAt = (value: unknown, path: Path, change: (value: unknown) => unknown): unknown => {
	if (Array.isArray(value)) return value.map((one) => changedAt(one, path, change));
	const [name, ...rest] = path;
	if (name === undefined) return change(value);
	if (!isObject(value) || !Object.hasOwn(value, name)) return value;
	return { ...value, [name]: changedAt((value as IDataObject)[name], rest, change) };
};

const asFlag = (value: unknown): unknown => (FLAGS.has(value) ? FLAGS.get(value) : value);

const FLAGS = new Map<unknown, boolean>([
	[1, true],
	['1', true],
	['true', true],
	[0, false],
	['0', false],
	['false', false],
]);

const asNumber = (value: unknown): unknown =>
	typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : value;
