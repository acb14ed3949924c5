/**
 * Sends a request for each line of an action whose API accepts one line per request.
 *
 * A line that the vendor refuses does not keep the others from being sent. After any other error, such as a lost
 * response, the remaining lines are not sent. Zapier must not run the step again by itself once a line was written, so
 * the error that names the lines is never a ThrottledError.
 */
import { whatToDoNext } from './failures.js';

/** The statuses with which the vendor refuses one line. */
const REFUSALS = [400, 404, 422];

/**
 * Sends the lines in `body[key]` with `sendOne(body)`, each with the other members of the body, and returns the records
 * as `{results}`. Throws an error that names the lines that were written and those that were not. If nothing was
 * written because of an error that is not about a line, that error is thrown.
 */
export const sendLines = async (z, { method }, key, body, sendOne) => {
  const { [key]: lines, ...rest } = body;
  const done = new Map();
  const failed = new Map();
  for (const [index, line] of lines.entries()) {
    try {
      done.set(index + 1, await sendOne({ ...rest, ...line }));
    } catch (error) {
      failed.set(index + 1, error);
      if (!isRefusal(error)) break;
    }
  }
  if (failed.size === 0) return { results: [...done.values()] };
  const unknown = (error) => partsOf(error).message.includes(whatToDoNext(method));
  const [last] = [...failed.values()].slice(-1);
  const nothingDone = done.size === 0 && failed.size === 1 && !isRefusal(last) && !unknown(last);
  if (lines.length === 1 || nothingDone) throw last;
  throw new z.errors.Error(sentences(lines.length, [...done.keys()], failed, unknown), 'LINES_FAILED', partsOf(last).status);
};

const isRefusal = (error) => REFUSALS.includes(partsOf(error).status);

/** Returns `{message, status}` of an error; Zapier's errors for apps contain them as JSON. */
const partsOf = ({ message }) => {
  try {
    return { message, ...JSON.parse(message) };
  } catch {
    return { message };
  }
};

const sentences = (count, done, failed, unknown) => {
  const unsent = Array.from({ length: count }, (_, index) => index + 1).slice(done.length + failed.size);
  return [
    written(count, done),
    ...[...failed].map(([number, error]) => {
      const state = unknown(error) ? `Whether line ${number} was written is unknown` : `Line ${number} was not written`;
      return `${state}: ${partsOf(error).message}`;
    }),
    unsent.length > 0 && `Lines not sent: ${unsent.join(', ')}.`,
  ]
    .filter(Boolean)
    .join(' ');
};

const written = (count, done) =>
  done.length === 0
    ? `None of ${count} lines was written.`
    : `${done.length} of ${count} lines ${done.length === 1 ? 'was' : 'were'} written: ${done.join(', ')}.`;
