/** The shapes of the generated data: the vendor's API, the steps and the triggers of a package. */
import type { IDataObject, IHttpRequestMethods } from 'n8n-workflow';

/** The names that lead to a value in JSON; the empty path is the whole value. */
export type Path = string[];

/** One request: where it is sent, where its result is in the answer, and which login fields it repeats. */
export interface Operation {
	method: IHttpRequestMethods;
	path: string;
	result: Path;
	/** A property that every returned record has; without it, the answer is not the expected record. */
	member?: string;
	permission?: string;
	paging?: string;
	login?: { query?: Record<string, string>; body?: Record<string, string> };
}

/** How a list is divided into pages. */
export interface Paging {
	style: 'page' | 'offset' | 'cursor';
	page: string;
	perPage: string;
	first: number;
	size: number;
	maxSize: number;
	next?: Path;
	total?: Path;
	sizeReported?: Path;
	missingIsEmpty?: boolean;
}

export type Kind =
	| 'authentication'
	| 'permission'
	| 'not_found'
	| 'validation'
	| 'rate_limited'
	| 'unavailable'
	| 'unexpected';

/** What all requests of one vendor have in common. */
export interface Vendor {
	name: string;
	/** The name of the credential type. */
	credential: string;
	/** The credential's fields that must never be shown. */
	secrets: string[];
	/** The credential holds a token that n8n opens and renews. */
	session: boolean;
	timeout: number;
	errors: {
		code: Path;
		message: Path;
		fields: Path | null;
		byStatus: Record<string, Kind>;
		byCode: Record<string, Kind>;
	};
	paging: Record<string, Paging>;
}

export interface Choice {
	value: string;
	label: string;
}

export type FieldType =
	| 'string'
	| 'text'
	| 'integer'
	| 'number'
	| 'boolean'
	| 'datetime'
	| 'date'
	| 'object';

/** An input of a step: its form, and the part of the request that its value fills. */
export interface Input {
	/** The name of the node's parameter. */
	name: string;
	label: string;
	type: FieldType;
	/** The collection of optional inputs that holds the parameter; without it, the parameter is at the top. */
	group?: string;
	required?: boolean;
	list?: boolean;
	/** The vendor reads the number as text. */
	asText?: boolean;
	/** `match` values are not sent; they are compared with the rows of the answer. */
	in: 'path' | 'query' | 'body' | 'match';
	at: Path;
	choices?: Choice[];
	/** Values other than the choices are allowed. */
	open?: boolean;
	/** A value that looks like a misspelled choice is refused, even if `open` is true. */
	catchTypos?: boolean;
	/** The query parameter to use for several values. */
	listName?: string;
	/** An empty list is sent if there is no value. */
	sendEmpty?: boolean;
	compareAs?: 'identity' | 'word' | 'text';
	/** The kind of number or ID that the value is. */
	identifies?: string;
	/** The paths at which a row contains this ID. */
	foundAt?: Path[];
	separator?: string;
	/** The input is required if one of these inputs has a value. */
	requiredWith?: string[];
	/** The input is required if none of these inputs has a value. */
	requiredWithout?: string[];
	/** The columns of line items. */
	children?: Input[];
	/** The allowed sets of columns; each line item must match exactly one. */
	variants?: Array<{ label: string; fields: string[]; required: string[] }>;
}

/** How the vendor's records are changed before the workflow gets them. Paths may lead through lists. */
export interface Shape {
	/** Values that become true or false, because the vendor writes 0 and 1 or text. */
	flags?: Path[];
	/** Whole numbers that the vendor writes as text. */
	whole?: Path[];
}

/** An operation of the node. */
export interface Step {
	kind: 'write' | 'get' | 'list' | 'find' | 'report';
	operation: Operation;
	query: IDataObject;
	inputs: Input[];
	/** The part of the body that is sent with every request. */
	constants?: IDataObject;
	/** The key of a list in the body: a request is sent for each of its lines. */
	each?: string;
	shape?: Shape;
	/** The paths of the addresses of files in a record, which the user can ask for as binary data. */
	files?: Path[];
	/** For `find`: how many pages are read, and the inputs of which one must be filled in. */
	pages?: number;
	atLeastOne?: string[];
}

/** A dropdown of records. */
export interface Dropdown {
	operation: Operation;
	query: IDataObject;
	value: Path;
	label: Path[];
}

/**
 * A dropdown whose options depend on other parameters. `pathValues` and `query` map parameters of the operation to the
 * paths of the node's parameters, and `inputs` maps these paths to labels. `items` is the path of the list of options in
 * a record; `value` and `label` are paths in its items.
 */
export interface DependentDropdown {
	operation: Operation;
	isList: boolean;
	pathValues: Record<string, string>;
	query: Record<string, string>;
	items: Path;
	value: Path;
	label: Path[];
	inputs: Record<string, string>;
}

/** A request for details that the vendor's list does not contain. */
export interface Details {
	operation: Operation;
	query: IDataObject;
	values: Record<string, Path>;
	key: string;
}

/** Where a row records the time at which it reached a state. */
export interface ReachedAt {
	field: string;
	history: Path;
	name: string;
	value: string;
	time: string;
}

/**
 * The list that a trigger polls.
 *
 * - `created`: each record is an event, found by its creation time.
 * - `window`: the records created within `lookBack` seconds are compared with what they were.
 * - `changed`: the records changed since the last poll are compared with what they were.
 * - `snapshot`: all records are compared with what they were.
 */
export interface Source {
	strategy: 'created' | 'window' | 'changed' | 'snapshot';
	/** Values with which a record is no event. */
	unless?: { path: Path; values: string[] }[];
	operation: Operation;
	oldestFirst: IDataObject;
	newestFirst: IDataObject;
	size: number;
	/** The number of pages that one poll reads. */
	pages: number;
	id: Path;
	created?: Path;
	changed?: Path;
	/** Compared by this integer (`version`), this time (`mark`), or this word (`state`). */
	version?: Path;
	mark?: Path;
	state?: Path;
	/** The states that fire; without them all do, except `initial`. */
	reached?: string[];
	initial: string[];
	/** The query parameter for "after this time", and the form of its value. */
	since?: string;
	sinceForm?: 'instant' | 'gte_zoneless';
	/** How many seconds before the last poll are read again. */
	overlap: number;
	/** How many seconds a record is compared for, counted from its creation. */
	lookBack?: number;
	reachedAt?: ReachedAt;
	details?: Details;
	shape?: Shape;
}

/** A trigger: its source, and the filters that choose among its events. */
export interface Trigger {
	source: Source;
	inputs: Input[];
}

/** An event that the API posts to a URL: its name in the requests, and the inputs that are sent when subscribing. */
export interface PostedTrigger {
	event: string;
	inputs: Input[];
	shape?: Shape;
}

/**
 * The requests that subscribe a URL and end a subscription, and that read one (`check`).
 *
 * The body of `subscribe` has the `constants`, the URL at the path `url` and the event at the path `event`. Its answer has
 * the ID of the subscription at `id` and the secret of the signatures at `secret`. `parameter` is the name of the ID in
 * the paths of the other requests. The time of a post may differ from now by `tolerance` seconds.
 */
export interface Subscriptions {
	subscribe: Operation;
	url: Path;
	event: Path;
	constants: IDataObject;
	id: Path;
	secret: Path;
	unsubscribe: Operation;
	check: Operation;
	parameter: string;
	tolerance: number;
}
