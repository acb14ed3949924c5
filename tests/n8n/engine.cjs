/**
 * Runs a built n8n package in n8n's own engine, n8n-core.
 *
 *   node engine.cjs <folder of the built package>
 *
 * Reads one command as JSON from each line of stdin, and writes one answer to each line of stdout:
 * `{"results": …}` or `{"error": {name, message, description, httpCode}}`.
 *
 * n8n keeps credentials in its database. Here, each command carries the credential, `credential`; the rest is what n8n
 * does with it: it evaluates the expressions of `authenticate`, and opens a session with `preAuthentication`.
 */
const { createInterface } = require('node:readline');

const answerWith = process.stdout.write.bind(process.stdout);
process.stdout.write = process.stderr.write.bind(process.stderr); // stdout contains the answers only

const core = require('n8n-core');
const { Workflow, createRunExecutionData } = require('n8n-workflow');

const realNow = Date.now;
const [folder] = process.argv.slice(2);

/** The sessions that n8n would store, keyed by the credential that opened them. */
const sessions = new Map();

class Credentials {
	constructor(types, data) {
		this.types = types;
		this.key = JSON.stringify(data);
		this.data = { ...data, ...sessions.get(this.key) };
	}

	type(name) {
		return this.types[name].type;
	}

	getParentTypes() {
		return [];
	}

	isCredentialUsableByNode() {
		return true;
	}

	async getCredentials(_details, name) {
		return { id: 'credential', name, type: name };
	}

	async getDecrypted() {
		return { ...this.data };
	}

	async getDecryptedWithMetadata() {
		return { data: { ...this.data }, decrypted: { ...this.data } };
	}

	getCredentialsProperties(name) {
		return this.type(name).properties;
	}

	async preAuthentication(helpers, credential, name, _node, expired) {
		const type = this.type(name);
		const field = type.properties.find((one) => one.typeOptions?.expirable)?.name;
		if (!type.preAuthentication || field === undefined) return undefined;
		if (credential[field] && !expired) return undefined;
		const opened = await type.preAuthentication.call(helpers, credential);
		sessions.set(this.key, opened);
		Object.assign(this.data, opened);
		return { ...credential, ...opened };
	}

	async authenticate(credential, name, options, workflow, node) {
		const { headers } = this.type(name).authenticate.properties;
		const evaluated = Object.entries(headers).map(([key, value]) => [key, evaluate(workflow, node, value, credential)]);
		return { ...options, headers: { ...options.headers, ...Object.fromEntries(evaluated) } };
	}
}

const evaluate = (workflow, node, value, credential) =>
	workflow.expression.getSimpleParameterValue(node, value, 'internal', { $credentials: credential });

const additionalData = (credentials, hooks) => ({
	credentialsHelper: credentials,
	currentNodeParameters: undefined,
	executionId: '1',
	formWaitingBaseUrl: 'http://localhost',
	hooks,
	instanceBaseUrl: 'http://localhost',
	restApiUrl: 'http://localhost',
	variables: {},
	webhookBaseUrl: 'http://localhost',
	webhookTestBaseUrl: 'http://localhost',
	webhookWaitingBaseUrl: 'http://localhost',
});

const load = async () => {
	const loader = new core.PackageDirectoryLoader(folder);
	await loader.loadAll();
	return loader;
};

const nodeOf = (loader, name, command) => ({
	id: 'node',
	name: 'Node',
	type: `${loader.packageName}.${name}`,
	typeVersion: 1,
	position: [0, 0],
	parameters: command.parameters ?? {},
	credentials: { [Object.keys(loader.credentialTypes)[0]]: { id: 'credential', name: 'Account' } },
	...(command.continueOnFail ? { onError: 'continueRegularOutput' } : {}),
});

const workflowOf = (loader, node, command) => {
	const typed = (name) => loader.nodeTypes[name.split('.').pop()].type;
	const nodeTypes = { getByName: typed, getByNameAndVersion: typed, getKnownTypes: () => ({}) };
	const settings = command.timezone ? { timezone: command.timezone } : {};
	const staticData = command.staticData ?? {};
	return new Workflow({ id: '1', name: 'Test', nodes: [node], connections: {}, active: true, nodeTypes, staticData, settings });
};

const [actionNode, triggerNode] = [(name) => !name.endsWith('Trigger'), (name) => name.endsWith('Trigger')];

const start = (loader, kind, command) => {
	const name = Object.keys(loader.nodeTypes).find(kind);
	const node = nodeOf(loader, name, command);
	const workflow = workflowOf(loader, node, command);
	const credentials = new Credentials(loader.credentialTypes, command.credential ?? {});
	return { node, workflow, credentials, type: loader.nodeTypes[name].type };
};

/** Calls `work` with the webhook methods of the trigger node; returns its result with the static data. */
const withHook = async (loader, command, work) => {
	const { node, workflow, credentials, type } = start(loader, triggerNode, command);
	const [description] = type.description.webhooks;
	const data = { webhookDescription: description, isTest: command.mode === 'manual' };
	const context = new core.HookContext(workflow, node, additionalData(credentials), command.mode ?? 'trigger', 'activate', data);
	context.getNodeWebhookUrl = () => command.url;
	const results = await work(type.webhookMethods.default, context);
	return { ...results, staticData: JSON.parse(JSON.stringify(workflow.staticData)) };
};

const commands = {
	/** Returns what users see: the nodes and the credential. */
	async describe(loader) {
		const descriptions = Object.values(loader.nodeTypes).map(({ type }) => type.description);
		return { nodes: descriptions, credentials: Object.values(loader.credentialTypes).map(({ type }) => type) };
	},

	/** Runs a workflow that consists of the node, with the given input items. */
	async execute(loader, command) {
		const { node, workflow, credentials } = start(loader, actionNode, command);
		const hooks = new core.ExecutionLifecycleHooks('manual', '1', { id: '1', name: 'Test', nodes: [node], connections: {} });
		const items = command.items ?? [{ json: {} }];
		const data = createRunExecutionData({
			executionData: { nodeExecutionStack: [{ node, data: { main: [items] }, source: null }] },
		});
		const execute = new core.WorkflowExecute(additionalData(credentials, hooks), 'manual', data);
		const run = await execute.processRunExecutionData(workflow);
		const { resultData } = run.data;
		if (resultData.error) throw resultData.error;
		return resultData.runData.Node[0].data.main[0] ?? [];
	},

	/** Polls once; returns the items and the static data that n8n would store. */
	async poll(loader, command) {
		const { node, workflow, credentials, type } = start(loader, triggerNode, command);
		const context = new core.PollContext(workflow, node, additionalData(credentials), command.mode ?? 'trigger', 'activate');
		const kept = () => JSON.parse(JSON.stringify(workflow.staticData));
		try {
			const items = await type.poll.call(context);
			return { items: items?.[0] ?? [], staticData: kept() };
		} catch (error) {
			throw Object.assign(error, { staticData: kept() }); // n8n keeps what a failed poll wrote
		}
	},

	/** Activates a trigger whose events are posted: subscribes the address `url`, unless it is subscribed. */
	async activate(loader, command) {
		return await withHook(loader, command, async (methods, context) => {
			const exists = await methods.checkExists.call(context);
			if (!exists) await methods.create.call(context);
			return { exists };
		});
	},

	/** Deactivates a trigger whose events are posted. */
	async deactivate(loader, command) {
		return await withHook(loader, command, async (methods, context) => ({ deleted: await methods.delete.call(context) }));
	},

	/** Handles a post as n8n's webhook server does; returns the items, or the status with which the node refuses. */
	async receive(loader, command) {
		const { node, workflow, credentials, type } = start(loader, triggerNode, command);
		const request = {
			headers: command.headers,
			body: command.content ? JSON.parse(command.content) : {},
			async readRawBody() {
				this.rawBody = Buffer.from(command.content);
			},
		};
		const refusal = {};
		const response = {
			status(code) {
				refusal.status = code;
				return this;
			},
			json() {},
		};
		const [description] = type.description.webhooks;
		const context = new core.WebhookContext(
			workflow, node, { ...additionalData(credentials), httpRequest: request, httpResponse: response },
			command.mode ?? 'webhook', { webhookDescription: description, workflowId: '1', node: node.name }, [], null,
		);
		const { workflowData } = await type.webhook.call(context);
		return { items: workflowData?.[0] ?? null, ...refusal };
	},

	/** Lists one page of a dropdown, of the trigger node if `trigger` is true. */
	async choices(loader, command) {
		const { node, workflow, credentials, type } = start(loader, command.trigger ? triggerNode : actionNode, command);
		const shown = { ...additionalData(credentials), currentNodeParameters: command.current };
		const context = new core.LoadOptionsContext(workflow, node, shown, '');
		return await type.methods.listSearch[command.method].call(context, command.filter, command.page);
	},

	/** Sends the request that tests the credential, as n8n does when a user saves it. */
	async prove(loader, command) {
		const { node, workflow, credentials } = start(loader, actionNode, command);
		const [name] = Object.keys(loader.credentialTypes);
		const { request } = credentials.type(name).test;
		const context = new core.ExecuteContext(
			workflow, node, additionalData(credentials), 'internal',
			createRunExecutionData({}), 0, [{ json: {} }], { main: [[{ json: {} }]] },
			{ node, data: { main: [[{ json: {} }]] }, source: null }, [],
		);
		const evaluated = JSON.parse(JSON.stringify(request), (_key, value) =>
			typeof value === 'string' ? evaluate(workflow, node, value, credentials.data) : value,
		);
		return await context.helpers.httpRequestWithAuthentication.call(context, name, { ...evaluated, json: true });
	},
};

const main = async () => {
	const loader = await load();
	for await (const line of createInterface({ input: process.stdin })) {
		const { command, now, ...rest } = JSON.parse(line);
		Date.now = now === undefined ? realNow : () => now;
		let answer;
		try {
			answer = { results: await commands[command](loader, rest) };
		} catch (error) {
			const { name, message, description, httpCode, staticData } = error;
			answer = { error: { name: error.constructor?.name ?? name, message, description, httpCode, staticData } };
			if (command !== 'prove') console.error(error);
		}
		answerWith(`${JSON.stringify(answer)}\n`);
	}
	answerWith('', () => process.exit(0));
};

main().catch((error) => {
	console.error(error);
	process.exit(1);
});
