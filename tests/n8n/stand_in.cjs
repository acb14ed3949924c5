/**
 * Runs the generated n8n packages without n8n: a stand-in for the part of n8n's engine that they use.
 *
 *   node stand_in.cjs
 *
 * Reads the same commands as engine.cjs, and writes the same answers. Each command has the folder of a package, `folder`,
 * and a file, `log`, to which errors and warnings are appended. The TypeScript of the packages is transpiled in memory.
 * `make n8n-test` runs the same tests in n8n's own engine, which shows that the stand-in does what n8n does.
 */
const { appendFileSync, readFileSync } = require('node:fs');
const http = require('node:http');
const https = require('node:https');
const Module = require('node:module');
const { join } = require('node:path');
const { createInterface } = require('node:readline');

const ts = Module.createRequire(join(__dirname, '../typed/index.js'))('typescript');

const realNow = Date.now;

class NodeOperationError extends Error {
	constructor(_node, error) {
		super(typeof error === 'string' ? error : error.message);
	}
}

class NodeApiError extends Error {
	constructor(_node, error, { message, httpCode } = {}) {
		super(message ?? error.message);
		if (error instanceof NodeApiError) return error;
		this.httpCode = httpCode ?? error.httpCode;
	}
}

class UserError extends Error {}

/** How long the packages waited, in milliseconds. Nothing really waits. */
const waits = [];

const workflow = {
	NodeApiError,
	NodeOperationError,
	NodeConnectionTypes: { Main: 'main' },
	UserError,
	sleep: async (milliseconds) => void waits.push(milliseconds),
};

const resolve = Module._resolveFilename;
Module._resolveFilename = (name, ...rest) => (name === 'n8n-workflow' ? name : resolve(name, ...rest));
require.cache['n8n-workflow'] = { exports: workflow, loaded: true };

/** The transpiled modules by their TypeScript: all packages have the same `lib`. */
const transpiled = new Map();
const options = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 };

require.extensions['.ts'] = (module, file) => {
	const text = readFileSync(file, 'utf8');
	if (!transpiled.has(text)) transpiled.set(text, ts.transpileModule(text, { compilerOptions: options }).outputText);
	module._compile(transpiled.get(text), file);
};

/** Loads a package: its nodes and its credential, as `package.json` names them. */
const loaded = new Map();
const load = (folder) => {
	if (!loaded.has(folder)) {
		const { n8n } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
		const made = (path) => {
			const exported = require(join(folder, path.replace('dist/', '').replace(/\.js$/, '.ts')));
			return new (Object.values(exported)[0])();
		};
		const nodes = n8n.nodes.map(made);
		const [credential] = n8n.credentials.map(made);
		const isTrigger = ({ description }) => description.group.includes('trigger');
		loaded.set(folder, { credential, node: nodes.find((one) => !isTrigger(one)), nodes, trigger: nodes.find(isTrigger) });
	}
	return loaded.get(folder);
};

/** Evaluates a text that begins with `=` as n8n does: each `{{…}}` in it is an expression. */
const evaluated = (value, known) => {
	if (Array.isArray(value)) return value.map((one) => evaluated(one, known));
	if (value && typeof value === 'object') {
		return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, evaluated(one, known)]));
	}
	if (typeof value !== 'string' || !value.startsWith('=')) return value;
	const run = (code) => new Function(...Object.keys(known), `return (${code});`)(...Object.values(known));
	const whole = /^=\{\{((?:(?!\}\}).)*)\}\}$/.exec(value);
	return whole ? run(whole[1]) : value.slice(1).replace(/\{\{(.*?)\}\}/g, (_, code) => run(code));
};

/** Sends one request with the options of n8n's `httpRequest`. */
const httpRequest = async (asked) => {
	const url = new URL(asked.url);
	for (const [name, value] of Object.entries(asked.qs ?? {})) {
		for (const one of [value].flat()) if (one !== undefined) url.searchParams.append(name, one);
	}
	const text = typeof asked.body === 'object' ? JSON.stringify(asked.body) : asked.body;
	const headers = text === undefined ? asked.headers : { 'content-type': 'application/json', ...asked.headers };
	const { status, ...answer } = await exchange(url, { ...asked, headers }, text);
	const ignored = asked.ignoreHttpStatusErrors;
	if (status >= 300 && status < 400 && !asked.disableFollowRedirect) throw new Error('n8n would follow this redirect.');
	const isIgnored = ignored === true || (ignored?.ignore && !ignored.except?.includes(status));
	if (status >= 300 && !isIgnored) {
		const refused = new Error(`Request failed with status code ${status}`);
		throw Object.assign(refused, { httpCode: String(status), status });
	}
	const body = asked.encoding === 'arraybuffer' ? answer.content : parsed(answer.content.toString(), asked.json);
	return asked.returnFullResponse ? { statusCode: status, headers: answer.headers, body } : body;
};

const exchange = (url, { method, headers, timeout = 300_000 }, text) =>
	new Promise((resolve, reject) => {
		const late = () => Object.assign(new Error(`timeout of ${timeout}ms exceeded`), { code: 'ECONNABORTED' });
		const request = (url.protocol === 'https:' ? https : http).request(url, { method, headers }, (response) => {
			const parts = [];
			response.on('data', (part) => parts.push(part));
			response.on('error', reject);
			response.on('end', () => {
				resolve({ status: response.statusCode, headers: response.headers, content: Buffer.concat(parts) });
			});
		});
		request.setTimeout(timeout, () => request.destroy(late()));
		request.on('error', reject);
		request.end(text);
	});

const parsed = (text, json) => {
	if (!json) return text;
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
};

/** The sessions that n8n would store, keyed by the credential that opened them. */
const sessions = new Map();

/** Sends a request with the login, and opens a session if the credential needs one. */
const authenticated = (type, stored) => async (name, asked) => {
	if (name !== type.name) throw new Error(`There is no credential ${name}.`);
	const key = JSON.stringify(stored);
	const field = type.properties.find(({ typeOptions }) => typeOptions?.expirable)?.name;
	const open = async () => {
		if (field) sessions.set(key, await type.preAuthentication.call({ helpers: { httpRequest } }, stored));
	};
	const once = () => {
		const $credentials = { ...stored, ...sessions.get(key) };
		const headers = evaluated(type.authenticate.properties.headers, { $credentials });
		return httpRequest({ ...asked, headers: { ...asked.headers, ...headers } });
	};
	if (!sessions.has(key)) await open();
	try {
		return await once();
	} catch (error) {
		if (error.status !== 401 || !field) throw error;
	}
	await open();
	return await once();
};

/** Returns the parameters of a node as n8n hands them to it: what is shown, with its default. */
const completed = ({ properties }, given) => {
	const found = { ...given };
	for (const { name, type, default: otherwise, displayOptions } of properties) {
		const shown = Object.entries(displayOptions?.show ?? {}).every(([key, values]) => values.includes(found[key]));
		if (shown && !(name in found)) found[name] = type === 'resourceLocator' ? { __rl: true, ...otherwise } : otherwise;
	}
	return found;
};

const write = ({ log }, text) => log && appendFileSync(log, `${text}\n`);

/** The functions that n8n offers to every node. */
const contextOf = ({ credential: type }, description, command) => {
	const parameters = completed(description, command.parameters ?? {});
	const read = (name, otherwise, $json) => {
		const value = evaluated(parameters[name], { $json }) ?? otherwise;
		if (value === undefined && !(name in parameters)) throw new Error(`Could not get parameter ${name}.`);
		return value;
	};
	const stored = command.credential ?? {};
	return {
		read,
		functions: {
			getCredentials: async () => ({ ...stored }),
			getMode: () => command.mode ?? 'trigger',
			getNode: () => ({ name: 'Node', credentials: { [type.name]: { id: 'credential', name: 'Account' } } }),
			getTimezone: () => command.timezone ?? 'America/New_York',
			helpers: {
				httpRequest,
				httpRequestWithAuthentication: authenticated(type, stored),
				prepareBinaryData: async (content, fileName, mimeType) => ({
					data: content.toString('base64'),
					fileExtension: fileName.split('.').pop(),
					fileName,
					mimeType,
				}),
			},
			logger: { warn: (text) => write(command, text) },
		},
	};
};

/** Returns the data that n8n stores of a node; `staticData` receives what the node writes. */
const staticDataIn = (staticData) => (scope) => (staticData[`${scope}:Node`] ??= {});

/** Calls `work` with the webhook methods of the trigger node; returns its result with the static data. */
const withHook = async (package_, command, work) => {
	const staticData = structuredClone(command.staticData ?? {});
	const { read, functions } = contextOf(package_, package_.trigger.description, command);
	const results = await work(package_.trigger.webhookMethods.default, {
		...functions,
		getNodeParameter: (name, otherwise) => read(name, otherwise, {}),
		getNodeWebhookUrl: () => command.url,
		getWorkflowStaticData: staticDataIn(staticData),
	});
	return { ...results, staticData };
};

const commands = {
	/** Returns what users see: the nodes and the credential. */
	async describe(package_) {
		return { nodes: package_.nodes.map(({ description }) => description), credentials: [package_.credential] };
	},

	/** Runs the node with the given input items. */
	async execute(package_, command) {
		const items = command.items ?? [{ json: {} }];
		const { read, functions } = contextOf(package_, package_.node.description, command);
		const [results] = await package_.node.execute.call({
			...functions,
			continueOnFail: () => command.continueOnFail === true,
			getInputData: () => items,
			getNodeParameter: (name, item, otherwise) => read(name, otherwise, items[item].json),
		});
		return results;
	},

	/** Polls once; returns the items and the static data that n8n would store. */
	async poll(package_, command) {
		const staticData = structuredClone(command.staticData ?? {});
		const { read, functions } = contextOf(package_, package_.trigger.description, command);
		const context = {
			...functions,
			getNodeParameter: (name, otherwise) => read(name, otherwise, {}),
			getWorkflowStaticData: staticDataIn(staticData),
		};
		try {
			const items = await package_.trigger.poll.call(context);
			return { items: items?.[0] ?? [], staticData };
		} catch (error) {
			throw Object.assign(error, { staticData }); // n8n keeps what a failed poll wrote
		}
	},

	/** Activates a trigger whose events are posted: subscribes the address `url`, unless it is subscribed. */
	async activate(package_, command) {
		return await withHook(package_, command, async (methods, context) => {
			const exists = await methods.checkExists.call(context);
			if (!exists) await methods.create.call(context);
			return { exists };
		});
	},

	/** Deactivates a trigger whose events are posted. */
	async deactivate(package_, command) {
		return await withHook(package_, command, async (methods, context) => ({
			deleted: await methods.delete.call(context),
		}));
	},

	/** Handles a post as n8n's webhook server does; returns the items, or the status with which the node refuses. */
	async receive(package_, command) {
		const { read, functions } = contextOf(package_, package_.trigger.description, command);
		const refusal = {};
		const request = {
			async readRawBody() {
				this.rawBody = Buffer.from(command.content);
			},
		};
		const response = {
			status(code) {
				refusal.status = code;
				return this;
			},
			json() {},
		};
		const { workflowData } = await package_.trigger.webhook.call({
			...functions,
			getHeaderData: () => command.headers,
			getMode: () => command.mode ?? 'webhook',
			getNodeParameter: (name, otherwise) => read(name, otherwise, {}),
			getRequestObject: () => request,
			getResponseObject: () => response,
			getWorkflowStaticData: staticDataIn(structuredClone(command.staticData ?? {})),
		});
		return { items: workflowData?.[0] ?? null, ...refusal };
	},

	/** Lists one page of a dropdown, of the trigger node if `trigger` is true. */
	async choices(package_, command) {
		const node = command.trigger ? package_.trigger : package_.node;
		const { functions } = contextOf(package_, node.description, command);
		const shown = (path) => path.split('.').reduce((inner, name) => inner?.[name], command.current);
		const context = { ...functions, getCurrentNodeParameter: shown };
		return await node.methods.listSearch[command.method].call(context, command.filter, command.page);
	},

	/** Sends the request that tests the credential, as n8n does when a user saves it. */
	async prove(package_, { credential }) {
		const { baseURL, url, ...request } = evaluated(package_.credential.test.request, { $credentials: credential });
		const send = authenticated(package_.credential, credential);
		return await send(package_.credential.name, { ...request, url: baseURL + url, json: true });
	},

	/** Returns how long the packages waited since the last call, in milliseconds. */
	async waits() {
		return waits.splice(0);
	},
};

const main = async () => {
	for await (const line of createInterface({ input: process.stdin })) {
		const { command, folder, now, ...rest } = JSON.parse(line);
		Date.now = now === undefined ? realNow : () => now;
		let answer;
		try {
			answer = { results: await commands[command](load(folder), rest) };
		} catch (error) {
			const { message, description, httpCode, staticData } = error;
			answer = { error: { name: error.constructor.name, message, description, httpCode, staticData } };
			if (command !== 'prove') write(rest, error.stack);
		}
		process.stdout.write(`${JSON.stringify(answer)}\n`);
	}
	process.stdout.write('', () => process.exit(0)); // without waiting for connections that are kept alive
};

main();
