import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Pod } from '../../api/schema/core-v1.ts';
import { silentLog } from '../../machinery/log.ts';
import { ObjectCache } from '../../machinery/object-cache.ts';
import { VirtualClock } from '../../std/virtual-clock.ts';
import { InFlightWindow } from './in-flight-window.ts';
import { MeasuredMetrics } from './measured-metrics.ts';
import { scrapeTarget } from './scrape-target.ts';
import { type HttpGet, Scraper } from './scraper.ts';
import { UsageStore } from './usage-store.ts';

const pod = (
  name: string,
  annotations: Record<string, string> = { 'prometheus.io/scrape': 'true' },
  more: Partial<Pod['spec']> = {},
): Pod => ({
  metadata: {
    name,
    namespace: 'default',
    uid: name,
    resourceVersion: '1',
    creationTimestamp: '',
    labels: { app: 'chat' },
    annotations,
  },
  spec: { containers: [{ name: 'server', resources: {}, ports: [{ containerPort: 8000, protocol: 'TCP' }] }], ...more },
  status: { phase: 'Running', podIP: `10.0.0.${name}` },
});

/** Answers by host; a missing answer hangs until the scraper gives up. */
class Net implements HttpGet {
  readonly answers = new Map<string, string | Error>();
  readonly asked: string[] = [];
  readonly clock: VirtualClock;
  underWay = 0;
  most = 0;

  constructor(clock: VirtualClock) {
    this.clock = clock;
  }

  get(
    { host, port, path }: { host: string; port: number; path: string },
    { timeoutMs, signal }: { timeoutMs: number; signal: AbortSignal },
  ): Promise<string> {
    this.asked.push(`${this.clock.now()} ${host}:${port}${path}`);
    this.most = Math.max(this.most, ++this.underWay);
    return new Promise<string>((resolve, reject) => {
      const answer = this.answers.get(host);
      signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
      if (answer === undefined) this.clock.after(timeoutMs, () => reject(new Error('timed out')));
      else if (answer instanceof Error) reject(answer);
      else resolve(answer);
    }).finally(() => this.underWay--);
  }
}

function setting(options: { concurrency?: number } = {}) {
  const clock = new VirtualClock({ drain: () => new Promise((resolve) => void setImmediate(resolve)) });
  const net = new Net(clock);
  const pods = new ObjectCache<Pod>();
  const scraper = new Scraper({ clock, log: silentLog }, { http: net, pods, ...options });
  const source = new MeasuredMetrics({
    usage: new UsageStore({ resolutionMs: 15_000 }),
    scraper,
    inFlight: new InFlightWindow({ windowMs: 10_000 }),
    pods,
    clock,
  });
  const metric = async (name: string) =>
    (await source.podMetric({ namespace: 'default', labelSelector: 'app=chat', metric: { name } })).map((one) => [
      one.pod,
      Number(one.value),
    ]);
  return { clock, net, pods, scraper, source, metric };
}

test('every pod that asks for it is read every two seconds', async () => {
  const { clock, net, pods, scraper, metric } = setting();
  pods.set(pod('1'));
  pods.set(pod('2', {}));
  net.answers.set('10.0.0.1', 'queue 5');
  await scraper.start();
  await clock.advance(4_500);
  assert.deepEqual(net.asked, ['0 10.0.0.1:8000/metrics', '2000 10.0.0.1:8000/metrics', '4000 10.0.0.1:8000/metrics']);
  assert.deepEqual(await metric('queue'), [['1', 5_000]]);
  await scraper.stop();
});

test('a pod that hangs delays no other, and is not asked twice at once', async () => {
  const { clock, net, pods, scraper, metric } = setting();
  pods.set(pod('1'));
  pods.set(pod('2'));
  net.answers.set('10.0.0.2', 'queue 1');
  await scraper.start();
  await clock.advance(10_500);
  const asked = (host: string) => net.asked.filter((line) => line.includes(host)).length;
  assert.equal(asked('10.0.0.2'), 6);
  assert.equal(asked('10.0.0.1'), 6, 'it gives up in time for the next round');
  assert.deepEqual(await metric('queue'), [['2', 1_000]]);
  await scraper.stop();
});

test('few are read at once, all are read', async () => {
  const { clock, net, pods, scraper } = setting({ concurrency: 2 });
  for (const name of ['1', '2', '3', '4', '5']) {
    pods.set(pod(name));
    net.answers.set(`10.0.0.${name}`, 'queue 1');
  }
  await scraper.start();
  await clock.advance(100);
  assert.equal(net.most, 2);
  assert.equal(net.asked.length, 5);
  assert.equal(scraper.fresh().length, 5);
  await scraper.stop();
});

test('what was read is believed for three rounds, and nonsense changes nothing', async () => {
  const { clock, net, pods, scraper, metric } = setting();
  pods.set(pod('1'));
  net.answers.set('10.0.0.1', 'queue 5');
  await scraper.start();
  await clock.advance(500);
  net.answers.set('10.0.0.1', '<html>');
  await clock.advance(5_000);
  assert.deepEqual(await metric('queue'), [['1', 5_000]]);
  net.answers.set('10.0.0.1', new Error('connection refused'));
  await clock.advance(2_000);
  assert.deepEqual(await metric('queue'), []);
  await scraper.stop();
});

test('counters become rates, and a restart does not make them negative', async () => {
  const { clock, net, pods, scraper, metric } = setting();
  pods.set(pod('1'));
  const tokens = (count: number) =>
    net.answers.set(
      '10.0.0.1',
      `# TYPE tokens_total counter\ntokens_total{m="a"} ${count}\ntokens_total{m="b"} ${count}`,
    );
  tokens(100);
  await scraper.start();
  await clock.advance(500);
  assert.deepEqual(await metric('tokens_per_second'), []);
  tokens(140);
  await clock.advance(2_000);
  assert.deepEqual(await metric('tokens_per_second'), [['1', 40_000]]);
  assert.deepEqual(await metric('tokens_total'), [], 'a counter itself is no measure of load');
  tokens(10);
  await clock.advance(2_000);
  assert.deepEqual(await metric('tokens_per_second'), [['1', 10_000]]);
  await scraper.stop();
});

test('a selector picks series', async () => {
  const { clock, net, pods, scraper, source } = setting();
  pods.set(pod('1'));
  net.answers.set('10.0.0.1', 'queue{p="high"} 5\nqueue{p="low"} 2');
  await scraper.start();
  await clock.advance(500);
  const [value] = await source.podMetric({
    namespace: 'default',
    labelSelector: 'app=chat',
    metric: { name: 'queue', selector: { matchLabels: { p: 'low' } } },
  });
  assert.equal(value?.value, 2_000n);
  await scraper.stop();
});

test('object and external metrics are not served, in words that tell so', async () => {
  const { source } = setting();
  await assert.rejects(source.objectMetric(), /could not find the requested resource/);
  await assert.rejects(source.externalMetric(), /could not find the requested resource/);
});

test('stopping ends what is under way', async () => {
  const { clock, net, pods, scraper } = setting();
  pods.set(pod('1'));
  await scraper.start();
  await clock.advance(500);
  assert.equal(net.underWay, 1);
  await scraper.stop();
  assert.equal(net.underWay, 0);
});

test("a pod may choose its port and path, and the node's loopback only where it has the node's address", () => {
  const scrape = { 'prometheus.io/scrape': 'true' };
  const at = (annotations: Record<string, string>, more: Partial<Pod['spec']> = {}) => {
    const target = scrapeTarget(pod('1', annotations, more));
    return target === undefined ? undefined : `${target.host}:${target.port}${target.path}`;
  };
  assert.equal(at(scrape), '10.0.0.1:8000/metrics');
  assert.equal(at({ ...scrape, 'prometheus.io/port': '9000', 'prometheus.io/path': '/m?x=1' }), '10.0.0.1:9000/m?x=1');
  assert.equal(at({ ...scrape, 'slipway.dev/metrics-on-loopback': 'true' }), '10.0.0.1:8000/metrics');
  assert.equal(
    at({ ...scrape, 'slipway.dev/metrics-on-loopback': 'true' }, { hostNetwork: true }),
    '127.0.0.1:8000/metrics',
  );
  assert.equal(at({ ...scrape, 'prometheus.io/path': '/m\r\nHost: x' }), undefined);
  assert.equal(at({ ...scrape, 'prometheus.io/path': '//' + 'x'.repeat(300) }), undefined);
  assert.equal(at({ ...scrape, 'prometheus.io/port': '99999' }), undefined);
  assert.equal(at({ ...scrape, 'prometheus.io/port': 'http' }), '10.0.0.1:8000/metrics');
  assert.equal(at({ 'prometheus.io/scrape': 'yes' }), undefined);
});
