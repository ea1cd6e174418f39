import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { playExchanges, type Exchange, type ExchangeAnswer } from '../../test/real-cluster/play-exchanges.ts';
import type { ExchangeRequest } from '../../test/real-cluster/exchange-requests.ts';
import { builtInKinds } from '../api/kinds.ts';
import { seededRandom } from '../std/random.ts';
import { ApiServer } from './api-server.ts';
import type { ApiResponse } from './exchange.ts';
import { memoryJournal } from './journal.ts';

/** What a real kube-apiserver 1.36.3 answered: test/real-cluster/record-exchanges.ts. */
const recorded = JSON.parse(
  readFileSync(new URL('./testdata/exchanges.json', import.meta.url), 'utf8'),
) as readonly Exchange[];

/** Where only the status is the same, and why. Found in the method, path and body of the request. */
const differences: readonly { readonly request: string; readonly why: string }[] = [
  { request: 'GET /api/v1/namespaces/play/configmaps {"accept":"text/html"}', why: 'JSON is the only form of answers' },
  { request: '"op":"test"', why: 'the cause says which operation failed, of which upstream tells nothing' },
  { request: '"restartPolicy":"Never"', why: 'the field is named, where upstream prints a diff of Go structs' },
  {
    request: '"storage":true,"subresources"',
    why: 'without a schema, a selectable field is an invalid path',
  },
  {
    request: 'widgets/w {"content-type":"application/strategic-merge-patch+json"}',
    why: 'server-side apply is not offered yet',
  },
];

test('the real API server’s answers are ours', async (context) => {
  const clock = { now: () => Date.parse('2026-01-01T00:00:00Z'), after: () => ({ cancel() {} }) };
  const api = new ApiServer({ clock, random: seededRandom(1), journal: memoryJournal(), kinds: builtInKinds });
  await api.start();
  const answers = await playExchanges(
    recorded.map(({ request }) => request),
    (request) => send(api, request),
  );
  for (const [index, { request, ...expected }] of recorded.entries()) {
    const { request: _request, ...actual } = answers[index]!;
    const text = [
      request.method,
      request.path,
      JSON.stringify(request.headers ?? {}),
      JSON.stringify(request.body ?? ''),
    ].join(' ');
    const difference = differences.find((one) => text.includes(one.request));
    await context.test(`${index} ${text.slice(0, 120)}`, () => {
      if (difference === undefined) assert.deepEqual(JSON.parse(JSON.stringify(actual)), expected);
      else assert.equal(actual.status, expected.status);
    });
  }
});

async function send(api: ApiServer, { method, path, headers = {}, body }: ExchangeRequest): Promise<ExchangeAnswer> {
  const { pathname, searchParams } = new URL(path, 'https://host');
  const response = await api.handle({
    method,
    path: pathname,
    query: searchParams,
    headers: { host: '127.0.0.1:6443', 'content-type': 'application/json', ...headers },
    body: body === undefined ? new Uint8Array() : new TextEncoder().encode(JSON.stringify(body)),
    user: { name: 'kubernetes-admin', groups: ['system:masters', 'system:authenticated'] },
    signal: new AbortController().signal,
  });
  return { status: response.status, text: await textOf(response), warning: response.headers['warning'] };
}

async function textOf({ body }: ApiResponse): Promise<string> {
  if (typeof body === 'string') return body;
  const decoder = new TextDecoder();
  if (body instanceof Uint8Array) return decoder.decode(body);
  let text = '';
  for await (const chunk of body) text += typeof chunk === 'string' ? chunk : decoder.decode(chunk);
  return text;
}
