/**
 * Runs the trigger node of an API that posts its events, signed, to a URL, and posts them again until they are accepted.
 *
 * Activating a workflow subscribes its address, and deactivating it unsubscribes the address. While n8n is stopped, the
 * subscription stays, so that the API keeps what happens meanwhile. The subscription of a test in the editor has another
 * address, and is remembered separately.
 */
import type { IDataObject, IHookFunctions, IWebhookFunctions, IWebhookResponseData } from 'n8n-workflow';

import { unexpectedAnswer } from './failures';
import { fill, idOf, place } from './inputs';
import { at, isObject, put } from './paths';
import { record, send } from './requests';
import { begin } from './run';
import type { Run } from './run';
import { shaped } from './shape';
import { signatureProblem } from './signatures';
import type { PostedTrigger, Subscriptions, Vendor } from './types';

/** What n8n stores of a subscription; `wanted` is the event, its inputs and the address that were subscribed. */
interface Subscription {
	id: string;
	secret: string;
	wanted: string;
}

/** The names of the stored subscriptions: n8n runs a test in the editor in the mode `manual`. */
const slotOf = (context: IHookFunctions | IWebhookFunctions): 'test' | 'active' =>
	context.getMode() === 'manual' ? 'test' : 'active';

const storedBy = (context: IHookFunctions | IWebhookFunctions): Subscription | undefined => {
	const found = context.getWorkflowStaticData('node')[slotOf(context)];
	return typeof found === 'string' ? (JSON.parse(found) as Subscription) : undefined;
};

interface Wanted {
	body: IDataObject;
	text: string;
}

/** Returns the body that subscribes the chosen event, and a text by which a subscription to the same is recognized. */
const wantedBy = (
	run: Run,
	context: IHookFunctions,
	requests: Subscriptions,
	triggers: Record<string, PostedTrigger>,
): Wanted => {
	const { event, inputs } = triggers[context.getNodeParameter('event') as string];
	const given = inputs.map(({ name }) => [name, idOf(context.getNodeParameter(name, undefined))]);
	const body: IDataObject = { ...requests.constants, ...place(run, inputs, Object.fromEntries(given)).body };
	put(body, requests.event, event);
	put(body, requests.url, context.getNodeWebhookUrl('default') as string);
	const account = context.getNode().credentials?.[run.vendor.credential]?.id ?? null;
	return { body, text: JSON.stringify([body, account]) };
};

/** Returns whether the API still has the subscription that n8n stored, and it is to what the node asks for now. */
export async function isSubscribed(
	this: IHookFunctions,
	vendor: Vendor,
	requests: Subscriptions,
	triggers: Record<string, PostedTrigger>,
): Promise<boolean> {
	const stored = storedBy(this);
	if (!stored) return false;
	const run = await begin(vendor, this, true);
	if (stored.wanted !== wantedBy(run, this, requests, triggers).text) {
		await end(run, this, requests, stored);
		return false;
	}
	const path = pathOf(run, requests.check.path, requests, stored);
	const answer = await send(run, requests.check, { path, missing: true });
	return answer.status !== 404;
}

/** Subscribes the address of the workflow, and stores the ID of the subscription and the secret of its signatures. */
export async function subscribe(
	this: IHookFunctions,
	vendor: Vendor,
	requests: Subscriptions,
	triggers: Record<string, PostedTrigger>,
): Promise<boolean> {
	const run = await begin(vendor, this, true);
	const { body, text } = wantedBy(run, this, requests, triggers);
	const answer = await send(run, requests.subscribe, { body });
	const made = record(run, requests.subscribe, answer);
	const [id, secret] = [at(made, requests.id), at(made, requests.secret)];
	if (typeof id !== 'string' || typeof secret !== 'string') {
		throw unexpectedAnswer(run, requests.subscribe, answer, 'the ID or the secret of the subscription is missing');
	}
	const subscription: Subscription = { id, secret, wanted: text };
	this.getWorkflowStaticData('node')[slotOf(this)] = JSON.stringify(subscription);
	return true;
}

/** Ends the stored subscription. If it does not exist any more, this is not an error. */
export async function unsubscribe(this: IHookFunctions, vendor: Vendor, requests: Subscriptions): Promise<boolean> {
	const stored = storedBy(this);
	if (stored) await end(await begin(vendor, this, true), this, requests, stored);
	return true;
}

const end = async (run: Run, context: IHookFunctions, requests: Subscriptions, stored: Subscription): Promise<void> => {
	const path = pathOf(run, requests.unsubscribe.path, requests, stored);
	await send(run, requests.unsubscribe, { path, missing: true });
	delete context.getWorkflowStaticData('node')[slotOf(context)];
};

const pathOf = (run: Run, path: string, { parameter }: Subscriptions, { id }: Subscription): string =>
	fill(run, path, { [parameter]: id });

/**
 * Starts the workflow with the event in a post. A post without a valid signature is refused with the status 401, and
 * starts nothing; the log says why.
 */
export async function receive(
	this: IWebhookFunctions,
	vendor: Vendor,
	requests: Subscriptions,
	triggers: Record<string, PostedTrigger>,
): Promise<IWebhookResponseData> {
	const run = await begin(vendor, this, false);
	const request = this.getRequestObject();
	if (request.rawBody === undefined) await request.readRawBody();
	const post = { headers: this.getHeaderData() as Record<string, unknown>, content: String(request.rawBody ?? '') };
	const stored = storedBy(this);
	const problem = stored
		? signatureProblem(post, stored.secret, requests.tolerance, run.now())
		: 'this workflow has no subscription';
	const event = problem === undefined ? parsed(post.content) : undefined;
	if (event === undefined) {
		this.logger.warn(`${vendor.name}: refused a post, because ${problem ?? 'its body is not a JSON object'}.`);
		this.getResponseObject().status(401).json({ message: 'The signature is missing or wrong.' });
		return { noWebhookResponse: true };
	}
	const { shape } = triggers[this.getNodeParameter('event') as string];
	return { workflowData: [[{ json: shaped(shape, event) }]] };
}

const parsed = (content: string): IDataObject | undefined => {
	try {
		const value: unknown = JSON.parse(content);
		return isObject(value) ? (value as IDataObject) : undefined;
	} catch {
		return undefined;
	}
};
