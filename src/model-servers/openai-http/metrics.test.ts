import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Metrics } from './metrics.ts';

test('counters, gauges and histograms are written as Prometheus reads them', () => {
  const metrics = new Metrics({ model_name: 'a "b"\\\n' });
  const requests = metrics.counters('requests_total', 'Requests.', 'reason', ['stop', 'length']);
  let level = 1;
  metrics.gauge('level', 'The level.', () => level);
  const latency = metrics.histogram('latency_seconds', 'Latency.', [0.5, 1]);
  requests('length').add();
  requests('length').add(2);
  level = 2.5;
  for (const seconds of [0.5, 0.6, 7]) latency.observe(seconds);
  assert.equal(
    metrics.text(),
    String.raw`# HELP requests_total Requests.
# TYPE requests_total counter
requests_total{model_name="a \"b\"\\\n",reason="stop"} 0.0
requests_total{model_name="a \"b\"\\\n",reason="length"} 3.0
# HELP level The level.
# TYPE level gauge
level{model_name="a \"b\"\\\n"} 2.5
# HELP latency_seconds Latency.
# TYPE latency_seconds histogram
latency_seconds_bucket{model_name="a \"b\"\\\n",le="0.5"} 1.0
latency_seconds_bucket{model_name="a \"b\"\\\n",le="1.0"} 2.0
latency_seconds_bucket{model_name="a \"b\"\\\n",le="+Inf"} 3.0
latency_seconds_sum{model_name="a \"b\"\\\n"} 8.1
latency_seconds_count{model_name="a \"b\"\\\n"} 3.0
`,
  );
});

test('buckets never shrink and the last is the count', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0, max: 20, noNaN: true })), (values) => {
      const metrics = new Metrics({});
      const histogram = metrics.histogram('x', 'X.', [1, 5, 10]);
      for (const value of values) histogram.observe(value);
      const buckets = [...metrics.text().matchAll(/^x_bucket\S+ (\S+)$/gm)].map(([, count]) => Number(count));
      assert.deepEqual(
        buckets,
        [1, 5, 10, Infinity].map((bound) => values.filter((value) => value <= bound).length),
      );
    }),
  );
});
