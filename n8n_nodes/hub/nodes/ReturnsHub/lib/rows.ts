/** Checks the rows that a trigger reads. A row that cannot be read is left out, so that the others still fire. */
import type { IDataObject } from 'n8n-workflow';

import { at, isObject } from './paths';
import { moment } from './times';
import type { Path, ReachedAt, Source } from './types';

const SHOWN = 60;

/** Returns the reason why a trigger cannot use a row, or undefined. The time of an event and a state may be empty. */
export const reasonToSkip =
	({ id, created, changed, mark, state, version, reachedAt }: Source) =>
	(row: IDataObject): string | undefined => {
		const times = [created, changed, reachedAt ? undefined : mark].filter((path) => path !== undefined);
		const needed = created ?? changed;
		return (
			idProblem(row, id) ??
			times.map((path) => timeProblem(row, path, path === needed)).find((one) => one !== undefined) ??
			(state && textProblem(row, state)) ??
			(version && (Number.isInteger(versionOf(row, version)) ? undefined : problem(row, version, 'a whole number')))
		);
	};

/** Returns a row's version, which may be written as text; NaN if the value is not a version. */
export const versionOf = (row: IDataObject, path: Path): number => {
	const value = at(row, path);
	return typeof value === 'string' && /^\s*\d+\s*$/.test(value) ? Number(value) : Number(value ?? Number.NaN);
};

/**
 * Adds to a row the time at which its record reached the trigger's state: the latest time of the entries in its history
 * that name the state; null without such an entry.
 */
export const withReachedAt = (rule: ReachedAt | undefined, row: IDataObject): IDataObject => {
	if (!rule) return row;
	const history = at(row, rule.history);
	const times = (Array.isArray(history) ? history : [])
		.filter((entry) => isObject(entry) && entry[rule.name] === rule.value)
		.map((entry) => entry[rule.time])
		.filter((time) => !Number.isNaN(moment(time)));
	const latest = times.reduce((one, other) => (one && moment(one) >= moment(other) ? one : other), null);
	return { ...row, [rule.field]: latest };
};

const isNothing = (value: unknown): boolean => value === undefined || value === null || value === '';

const idProblem = (row: IDataObject, path: Path): string | undefined => {
	const value = at(row, path);
	const usable = (typeof value === 'string' && value.trim() !== '') || Number.isInteger(value);
	return usable ? undefined : problem(row, path, 'text or a whole number');
};

const timeProblem = (row: IDataObject, path: Path, needed: boolean): string | undefined => {
	const value = at(row, path);
	return Number.isNaN(moment(value)) && (needed || !isNothing(value)) ? problem(row, path, 'a time') : undefined;
};

const textProblem = (row: IDataObject, path: Path): string | undefined => {
	const value = at(row, path);
	return typeof value === 'string' || isNothing(value) ? undefined : problem(row, path, 'text');
};

const problem = (row: IDataObject, path: Path, kind: string): string => {
	const [name, value] = [path.join('.'), at(row, path)];
	if (value === undefined || value === null) return `${name} is ${value === null ? 'null' : 'missing'}`;
	return `${name} is not ${kind}: ${JSON.stringify(value).slice(0, SHOWN)}`;
};
