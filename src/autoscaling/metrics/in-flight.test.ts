import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../../api/schema/core-v1.ts';
import { inferenceLabel } from '../../api/slipway/v1alpha1/inference.ts';
import { inFlightByPod } from './in-flight.ts';
import { InFlightWindow } from './in-flight-window.ts';
import { parsePrometheusText } from './prometheus-text.ts';
import type { PodScrape } from './scraper.ts';

interface PodShape {
  readonly ready?: boolean;
  readonly namespace?: string;
  readonly deleting?: boolean;
  readonly phase?: string;
}

const pod = (
  name: string,
  { ready = true, namespace = 'default', deleting = false, phase = 'Running' }: PodShape = {},
): Pod => ({
  metadata: {
    name,
    namespace,
    uid: name,
    resourceVersion: '1',
    creationTimestamp: '2026-01-01T00:00:00Z',
    labels: { [inferenceLabel]: 'chat' },
    ...(deleting ? { deletionTimestamp: '2026-01-01T00:00:00Z' } : {}),
  },
  spec: { containers: [] },
  status: { phase, conditions: [{ type: 'Ready', status: ready ? 'True' : 'False' }] },
});

const scrape = (of: Pod, text: string): PodScrape => ({
  pod: of,
  ...parsePrometheusText(text),
  at: 0,
  rates: new Map(),
});
const gateway = (text: string, name = 'gateway', namespace = 'slipway-system'): PodScrape =>
  scrape(pod(name, { namespace }), text);
const sent = (name: string, count: number): string =>
  `slipway_gateway_in_flight{namespace="default",inference="chat",pod="${name}"} ${count}`;
const held = (count: number): string => `slipway_gateway_held{namespace="default",inference="chat"} ${count}`;
const server = (of: Pod, running: number, waiting: number): PodScrape =>
  scrape(
    of,
    `vllm:num_requests_running{model_name="m"} ${running}\nvllm:num_requests_waiting{model_name="m"} ${waiting}`,
  );

const measure = (pods: readonly Pod[], scrapes: readonly PodScrape[]): Record<string, number> =>
  Object.fromEntries(inFlightByPod(scrapes, pods, { gatewayNamespace: 'slipway-system' }));

const a = pod('a');
const b = pod('b');
const loading = pod('b', { ready: false });

test('what is in flight', async (t) => {
  const rows: readonly (readonly [
    what: string,
    pods: readonly Pod[],
    scrapes: readonly PodScrape[],
    expect: Record<string, number>,
  ])[] = [
    ["the gateway's number when the server says nothing", [a], [gateway(sent('a', 3))], { 'default/a': 3 }],
    [
      "the server's running and waiting when they are more",
      [a],
      [gateway(sent('a', 3)), server(a, 4, 2)],
      { 'default/a': 6 },
    ],
    ["the gateway's number when it is more", [a], [gateway(sent('a', 9)), server(a, 4, 2)], { 'default/a': 9 }],
    ["the server's number without a gateway", [a], [server(a, 1, 0)], { 'default/a': 1 }],
    ['the sum of two gateways', [a], [gateway(sent('a', 3), 'g1'), gateway(sent('a', 2), 'g2')], { 'default/a': 5 }],
    ['zero for a ready pod that is known to be idle', [a], [gateway(sent('a', 0))], { 'default/a': 0 }],
    ['nothing for a ready pod that nobody speaks of', [a], [], {}],
    [
      'nothing for a pod that loads, though its server answers',
      [a, loading],
      [server(a, 4, 0), server(loading, 0, 0)],
      { 'default/a': 4 },
    ],
    [
      'held requests in equal parts, loading pods included',
      [a, loading],
      [gateway(`${sent('a', 1)}\n${held(4)}`)],
      { 'default/a': 3, 'default/b': 2 },
    ],
    ['held requests alone', [loading], [gateway(held(7))], { 'default/b': 7 }],
    [
      'nothing for pods that end',
      [a, pod('b', { deleting: true })],
      [gateway(`${sent('a', 1)}\n${sent('b', 5)}`)],
      { 'default/a': 1 },
    ],
    ['nothing for pods that failed', [pod('a', { phase: 'Failed' })], [gateway(sent('a', 1))], {}],
    ['nobody but the gateway is believed', [a], [gateway(sent('a', 1_000), 'liar', 'default')], {}],
    [
      'no negative or endless numbers',
      [a],
      [gateway(`${sent('a', -5)}\n${held(Infinity)}`), server(a, 2, Number.NaN)],
      { 'default/a': 2 },
    ],
    [
      "llama.cpp's names",
      [b],
      [scrape(b, 'llamacpp:requests_processing 1\nllamacpp:requests_deferred 2')],
      { 'default/b': 3 },
    ],
    [
      "SGLang's names",
      [b],
      [scrape(b, 'sglang:num_running_reqs{e="0"} 1\nsglang:num_running_reqs{e="1"} 1\nsglang:num_queue_reqs 2')],
      { 'default/b': 4 },
    ],
  ];
  for (const [what, pods, scrapes, expect] of rows)
    await t.test(what, () => assert.deepEqual(measure(pods, scrapes), expect));
});

test('the window smooths what it knows and forgets what has gone', () => {
  const window = new InFlightWindow({ windowMs: 10_000 });
  for (const [second, value] of [
    [0, 8],
    [2, 0],
    [4, 8],
    [6, 0],
    [8, 8],
  ] as const)
    window.record(new Map([['a', value]]), second * 1000);
  assert.deepEqual(window.read('a', 8_000), { mean: 24 / 5, timestamp: 8_000, windowMs: 8_000 });
  assert.equal(window.read('b', 8_000), undefined);
  window.record(new Map([['a', 0]]), 10_000);
  assert.deepEqual(window.read('a', 10_000), { mean: 16 / 5, timestamp: 10_000, windowMs: 8_000 });
  assert.equal(window.read('a', 21_000), undefined, 'a window that nobody fills is no news');
  window.record(new Map(), 22_000);
  assert.equal(window.read('a', 22_000), undefined, 'a pod that has gone is not remembered');
});
