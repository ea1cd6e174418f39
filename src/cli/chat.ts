import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { CommandError, type Command } from './command.ts';
import { dataDirHelp, dataDirOption, runningEngine } from './running-engine.ts';
import type { Terminal } from './terminal.ts';

export const chat: Command = {
  summary: 'talk to a chat model',
  help: `usage: slipway chat INFERENCE [-m MESSAGE]

Without -m it asks line by line, and a pipe works too. An empty line or Ctrl-D ends it.

  -m, --message TEXT   one question; the answer goes to standard output
  --max-tokens N       the longest answer (256)
${dataDirHelp}

  slipway chat chat
  slipway chat chat -m "what is a pod ?"
  echo "what is a pod ?" | slipway chat chat`,
  async run(args, terminal) {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        ...dataDirOption,
        message: { type: 'string', short: 'm' },
        'max-tokens': { type: 'string', default: '256' },
      },
    });
    const [model] = positionals;
    if (model === undefined || positionals.length > 1) {
      throw new CommandError('name one Inference to talk to', 'slipway chat NAME; "slipway status" lists them', {
        exitCode: 2,
      });
    }
    const maxTokens = Number(values['max-tokens']);
    if (!Number.isInteger(maxTokens) || maxTokens < 1) {
      throw new CommandError(`--max-tokens ${values['max-tokens']} is no positive number`, 'try --max-tokens 256', {
        exitCode: 2,
      });
    }
    const { record } = runningEngine(values['data-dir']);
    const ask = (messages: readonly Message[]): Promise<string> =>
      answer({ gateway: record.gateway, model, maxTokens, messages });
    if (values.message !== undefined) {
      await ask([{ role: 'user', content: values.message }]);
      return 0;
    }
    return await converse(ask, terminal);
  },
};

interface Message {
  readonly role: 'user' | 'assistant';
  readonly content: string;
}

async function converse(ask: (messages: readonly Message[]) => Promise<string>, terminal: Terminal): Promise<number> {
  const interactive = process.stdin.isTTY && terminal.outIsTty;
  const lines = createInterface({
    input: process.stdin,
    ...(interactive ? { output: process.stdout } : {}),
    prompt: terminal.paint.cyan('you › '),
  });
  let messages: readonly Message[] = [];
  if (interactive) lines.prompt();
  for await (const line of lines) {
    if (line.trim() === '') break;
    const question: Message = { role: 'user', content: line };
    const reply = await ask([...messages, question]);
    // A very small model forgets what it was asked when the whole talk is before it: keep the last exchange.
    messages = [question, { role: 'assistant', content: reply }];
    if (interactive) lines.prompt();
  }
  lines.close();
  return 0;
}

interface Question {
  readonly gateway: string;
  readonly model: string;
  readonly maxTokens: number;
  readonly messages: readonly Message[];
}

/** Streams the answer to standard output and returns it whole. */
async function answer({ gateway, model, maxTokens, messages }: Question): Promise<string> {
  const response = await fetch(`${gateway}/v1/chat/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model, messages, stream: true, max_tokens: maxTokens, temperature: 0 }),
  }).catch((error: unknown) => {
    throw new CommandError(`the gateway at ${gateway} does not answer`, 'see "slipway status"', { cause: error });
  });
  if (!response.ok || response.body === null) throw refusal(response.status, await response.text());
  let reply = '';
  for await (const event of serverSentEvents(response.body)) {
    if (event === '[DONE]') {
      process.stdout.write('\n');
      return reply;
    }
    const chunk = JSON.parse(event) as { error?: { message: string }; choices?: { delta?: { content?: string } }[] };
    if (chunk.error !== undefined) throw new CommandError(`the answer broke off: ${chunk.error.message}`, 'ask again');
    const text = chunk.choices?.[0]?.delta?.content ?? '';
    reply += text;
    process.stdout.write(text);
  }
  throw new CommandError('the answer broke off without an end', 'ask again; "slipway status" shows the replicas');
}

function refusal(code: number, body: string): CommandError {
  let message = body;
  try {
    message = (JSON.parse(body) as { error: { message: string } }).error.message;
  } catch {
    // Not in OpenAI's shape: show it as it is.
  }
  const next =
    code === 404
      ? '"slipway status" lists the models'
      : code === 429 || code === 503
        ? 'try again in a moment; "slipway status" shows what it waits for'
        : 'see --help';
  return new CommandError(`${message} (HTTP ${code})`, next);
}

/** The `data:` payloads of a server-sent event stream. */
export async function* serverSentEvents(body: AsyncIterable<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let pending = '';
  for await (const bytes of body) {
    pending += decoder.decode(bytes, { stream: true });
    const parts = pending.split(/\r?\n\r?\n/);
    pending = parts.pop() ?? '';
    for (const part of parts) {
      const data = part
        .split(/\r?\n/)
        .filter((line) => line.startsWith('data:'))
        .map((line) => line.slice(5).trimStart());
      if (data.length > 0) yield data.join('\n');
    }
  }
}
