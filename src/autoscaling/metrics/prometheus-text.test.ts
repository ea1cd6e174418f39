import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { parsePrometheusText, PrometheusTextError } from './prometheus-text.ts';

test('a scrape of a model server is read whole', () => {
  const { samples, types } =
    parsePrometheusText(`# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="tiny-chat"} 3.0
# TYPE vllm:time_to_first_token_seconds histogram
vllm:time_to_first_token_seconds_bucket{le="0.001",model_name="tiny-chat"} 0
vllm:time_to_first_token_seconds_bucket{le="+Inf",model_name="tiny-chat"} 12 1735732800000
vllm:time_to_first_token_seconds_sum{model_name="tiny-chat"} 1.25e-1

up 1
`);
  assert.equal(types.get('vllm:num_requests_running'), 'gauge');
  assert.deepEqual(samples, [
    { name: 'vllm:num_requests_running', labels: { engine: '0', model_name: 'tiny-chat' }, value: 3 },
    { name: 'vllm:time_to_first_token_seconds_bucket', labels: { le: '0.001', model_name: 'tiny-chat' }, value: 0 },
    { name: 'vllm:time_to_first_token_seconds_bucket', labels: { le: '+Inf', model_name: 'tiny-chat' }, value: 12 },
    { name: 'vllm:time_to_first_token_seconds_sum', labels: { model_name: 'tiny-chat' }, value: 0.125 },
    { name: 'up', labels: {}, value: 1 },
  ]);
});

test('each turn of the grammar', async (t) => {
  const rows: readonly (readonly [
    what: string,
    line: string,
    value: number | string,
    labels?: Record<string, string>,
  ])[] = [
    ['a trailing comma', 'a{x="1",} 2', 2, { x: '1' }],
    ['spaces within the braces', 'a{ x = "1" , y="2" } 2', 2, { x: '1', y: '2' }],
    ['escapes', 'a{x="q\\"b\\\\s\\nn"} 2', 2, { x: 'q"b\\s\nn' }],
    ['braces and hashes within a value', 'a{x="}# 5"} 2', 2, { x: '}# 5' }],
    ['empty braces', 'a{} 2', 2],
    ['not a number', 'a NaN', Number.NaN],
    ['infinity', 'a +Inf', Infinity],
    ['minus infinity', 'a -Inf', -Infinity],
    ['a tab', 'a\t2', 2],
    ['a time in OpenMetrics', 'a 2 1.5', 2],
    ['an exemplar', 'a_total 2 # {trace="x"} 0.67', 2],
    ['a timestamp and an exemplar', 'a_total 2 1.5 # {trace="x"} 0.67 1', 2],
    ['a label named __proto__', 'a{__proto__="1"} 2', 2, Object.fromEntries([['__proto__', '1']])],
    ['no value', 'a', 'line 1: no value'],
    ['no value after labels', 'a{x="1"}', 'line 1: no value'],
    ['a word for a value', 'a two', 'line 1: no value'],
    ['hexadecimal', 'a 0x10', 'line 1: no value'],
    ['no space before the value', 'a{x="1"}2', 'line 1: no value'],
    ['a digit first', '1a 2', 'line 1: a metric name was expected'],
    ['braces without an end', 'a{x="1" 2', 'line 1: no , or } after a label'],
    ['quotes without an end', 'a{x="1} 2', 'line 1: a label value without an end'],
    ['a bare label value', 'a{x=1} 2', 'line 1: a label value without quotes'],
    ['HTML', '<html><body>404</body></html>', 'line 1: a metric name was expected'],
  ];
  for (const [what, line, value, labels = {}] of rows) {
    await t.test(what, () => {
      if (typeof value === 'string')
        return assert.throws(
          () => parsePrometheusText(line),
          (error: Error) => error instanceof PrometheusTextError && error.message === value,
        );
      const [sample] = parsePrometheusText(line).samples;
      assert.ok(Object.is(sample?.value, value));
      assert.deepEqual(sample?.labels, labels);
      return undefined;
    });
  }
});

test('what follows the end of OpenMetrics is not read', () => {
  assert.equal(parsePrometheusText('a 1\n# EOF\nb 2\n').samples.length, 1);
});

test('limits hold against a pod that says too much', () => {
  const limits = { samples: 10, labelsPerSample: 3, word: 20 };
  const read = (text: string) => () => parsePrometheusText(text, limits);
  assert.throws(read('a 1\n'.repeat(11)), PrometheusTextError);
  assert.throws(read('a{b="",c="",d="",e=""} 1'), PrometheusTextError);
  assert.throws(read(`a{b="${'x'.repeat(21)}"} 1`), PrometheusTextError);
  assert.throws(read(`${'a'.repeat(21)} 1`), PrometheusTextError);
  assert.equal(parsePrometheusText('a 1\n'.repeat(10), limits).samples.length, 10);
});

test('long nonsense is refused in time linear in its length', () => {
  for (const piece of ['{', '"', '\\', ' ', '#', 'a{', 'a{x="', ', ', '1 ', '\t']) {
    const text = `a${piece.repeat(200_000)}`;
    try {
      parsePrometheusText(text);
    } catch (error) {
      assert.ok(error instanceof PrometheusTextError);
    }
  }
});

test('no text makes it fail in another way, and what it reads it reads again', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...'ab_:{}="\\,. 01e+-#\n\tN'.split('')) }), (text) => {
      try {
        for (const { name, value } of parsePrometheusText(text).samples) {
          assert.match(name, /^[a-zA-Z_:]/);
          assert.equal(typeof value, 'number');
        }
      } catch (error) {
        assert.ok(error instanceof PrometheusTextError, String(error));
      }
    }),
  );
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(word, fc.dictionary(word, fc.string()), fc.double(), (name, labels, value) => {
      const quoted = Object.entries(labels).map(
        ([key, text]) => `${key}="${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`,
      );
      const written = Number.isFinite(value) ? String(value) : String(value).replace('Infinity', 'Inf');
      const [sample] = parsePrometheusText(`${name}{${quoted.join(',')}} ${written}`).samples;
      assert.equal(sample?.name, name);
      assert.deepEqual(sample?.labels, { ...labels });
      assert.ok(sample?.value === value || Number.isNaN(value));
    }),
  );
});
