import { invalidField } from '../openai-http/request-error.ts';
import { FieldReader } from '../openai-http/field-reader.ts';
import type { ChatMessage, Sampling } from './text-engine.ts';

/** What both kinds of completion have in common, checked. */
export interface CompletionRequest {
  readonly model: string;
  /** Undefined: as many as fit, or the server's default. */
  readonly maxTokens: number | undefined;
  readonly sampling: Sampling;
  readonly stop: readonly string[];
  readonly ignoreEnd: boolean;
  readonly stream: boolean;
  readonly includeUsage: boolean;
}

export interface ChatRequest extends CompletionRequest {
  readonly messages: readonly ChatMessage[];
}

export interface TextRequest extends CompletionRequest {
  readonly prompt: string;
}

type Json = Readonly<Record<string, unknown>>;

const maxMessages = 2048;
const maxStops = 16;
const maxStopCharacters = 1000;

/** The body of POST /v1/chat/completions. Throws 400 with the field's path for what this server cannot honour. */
export function chatRequest(body: Json): ChatRequest {
  const fields = new FieldReader(body);
  const messages = fields.requiredArray('messages');
  if (messages.length === 0) throw invalidField('messages', 'must not be empty');
  if (messages.length > maxMessages) throw invalidField('messages', `must be at most ${maxMessages}`);
  const request = {
    ...sharedFields(fields),
    maxTokens: chatMaxTokens(fields),
    messages: messages.map((message, i) => chatMessage(message, `messages[${i}]`)),
  };
  fields.only('tools', [[]]);
  fields.only('tool_choice', ['none']);
  fields.only('functions', [[]]);
  fields.only('response_format', [{ type: 'text' }]);
  fields.only('logprobs', [false]);
  fields.only('top_logprobs', [0]);
  fields.only('modalities', [['text']]);
  fields.finish();
  return request;
}

/** `max_tokens` is the older name of `max_completion_tokens`. */
function chatMaxTokens(fields: FieldReader): number | undefined {
  const [older, newer] = ['max_tokens', 'max_completion_tokens'].map((name) => fields.whole(name, 1, 2 ** 31));
  if (older !== undefined && newer !== undefined && older !== newer) {
    throw invalidField('max_tokens', 'differs from max_completion_tokens, its newer name');
  }
  return newer ?? older;
}

/** The body of POST /v1/completions. Throws 400 with the field's path for what this server cannot honour. */
export function textRequest(body: Json): TextRequest {
  const fields = new FieldReader(body);
  const request = {
    ...sharedFields(fields),
    maxTokens: fields.whole('max_tokens', 1, 2 ** 31),
    prompt: promptText(fields),
  };
  fields.only('best_of', [1]);
  fields.only('echo', [false]);
  fields.only('logprobs', [0]);
  fields.only('suffix', ['']);
  fields.finish();
  return request;
}

function sharedFields(fields: FieldReader): Omit<CompletionRequest, 'maxTokens'> {
  const stream = fields.boolean('stream') ?? false;
  const shared = {
    model: fields.requiredText('model'),
    sampling: {
      temperature: fields.number('temperature', 0, 2),
      topP: fields.number('top_p', 0, 1),
      // As vLLM spells them; -1 and 0 both mean no limit.
      topK: fields.whole('top_k', -1, 1_000_000),
      minP: fields.number('min_p', 0, 1),
      seed: fields.whole('seed', Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    },
    stop: stopTexts(fields),
    // As vLLM spells it.
    ignoreEnd: fields.boolean('ignore_eos') ?? false,
    stream,
    includeUsage: includesUsage(fields, stream),
  };
  fields.only('n', [1]);
  fields.only('logit_bias', [{}]);
  fields.only('frequency_penalty', [0]);
  fields.only('presence_penalty', [0]);
  fields.only('store', [false]);
  // Names whoever asks, for those in front that share out; the answer does not depend on it.
  fields.text('user');
  return shared;
}

function includesUsage(fields: FieldReader, stream: boolean): boolean {
  const options = fields.object('stream_options');
  if (options === undefined) return false;
  if (!stream) throw invalidField('stream_options', 'is only allowed when stream is true');
  const include = options.boolean('include_usage') ?? false;
  options.finish();
  return include;
}

function stopTexts(fields: FieldReader): readonly string[] {
  const value = fields.value('stop');
  if (value === undefined) return [];
  const stops: unknown[] = Array.isArray(value) ? value : [value];
  if (stops.length > maxStops) throw invalidField('stop', `must be at most ${maxStops} texts`);
  for (const stop of stops) {
    if (typeof stop !== 'string' || stop === '' || stop.length > maxStopCharacters) {
      throw invalidField('stop', `must be texts of 1 to ${maxStopCharacters} characters`);
    }
  }
  return stops as string[];
}

function promptText(fields: FieldReader): string {
  const value = fields.value('prompt');
  const prompt: unknown = Array.isArray(value) && value.length === 1 ? value[0] : value;
  if (typeof prompt !== 'string') throw invalidField('prompt', 'must be one string');
  return prompt;
}

function chatMessage(value: unknown, path: string): ChatMessage {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw invalidField(path, 'must be an object');
  const fields = new FieldReader(value as Json, path);
  const role = fields.requiredText('role');
  const content = contentText(fields);
  fields.only('tool_calls', [[]]);
  fields.only('refusal', []);
  fields.finish();
  switch (role) {
    case 'user':
    case 'assistant':
    case 'system':
      return { role, content };
    case 'developer':
      return { role: 'system', content };
    default:
      throw invalidField(`${path}.role`, 'must be system, developer, user or assistant');
  }
}

/** A string, or OpenAI's list of parts when all are text. */
function contentText(fields: FieldReader): string {
  const path = fields.path('content');
  const content = fields.value('content');
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) throw invalidField(path, 'must be a string or an array of text parts');
  return content.map((part, i) => partText(part, `${path}[${i}]`)).join('');
}

function partText(part: unknown, path: string): string {
  if (typeof part !== 'object' || part === null || Array.isArray(part)) throw invalidField(path, 'must be an object');
  const fields = new FieldReader(part as Json, path);
  if (fields.requiredText('type') !== 'text') throw invalidField(`${path}.type`, 'only text is served here');
  const text = fields.requiredText('text');
  fields.finish();
  return text;
}
