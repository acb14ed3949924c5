/** One use of a node: n8n's functions, the vendor's facts, the credential and the clock. */
import type {
	ICredentialDataDecryptedObject,
	IExecuteFunctions,
	IHookFunctions,
	ILoadOptionsFunctions,
	IPollFunctions,
	IWebhookFunctions,
} from 'n8n-workflow';
import { NodeOperationError } from 'n8n-workflow';

import { now } from './clock';
import type { Vendor } from './types';

export interface Run {
	vendor: Vendor;
	context: IExecuteFunctions | IHookFunctions | ILoadOptionsFunctions | IPollFunctions | IWebhookFunctions;
	credential: ICredentialDataDecryptedObject;
	/** The position of the input item that is processed, if a step processes items. */
	itemIndex?: number;
	/** A request that the vendor refuses for its rate limit is sent again after the wait that it asks for. */
	waits: boolean;
	now: () => number;
}

/** Starts a use of a node. */
export const begin = async (vendor: Vendor, context: Run['context'], waits: boolean): Promise<Run> => ({
	vendor,
	context,
	credential: await context.getCredentials(vendor.credential),
	waits,
	now,
});

/** Creates the error for an input that cannot be sent. `sentence` names the input and says how to correct it. */
export const invalid = (run: Run, sentence: string): NodeOperationError =>
	new NodeOperationError(run.context.getNode(), sentence, { itemIndex: run.itemIndex });

/** Returns a value of the credential without the spaces that pasted keys often have; empty if it is missing. */
export const typedIn = (run: Run, field: string): string => String(run.credential[field] ?? '').trim();
