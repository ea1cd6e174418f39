import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Container, Pod, Probe } from '../../api/schema/core-v1.ts';
import type { ExecResult } from '../container-runtime.ts';
import type { ProbeResult } from '../prober.ts';
import { runProbe, type ProbeMeans } from './run-probe.ts';

const pod = { metadata: { uid: 'u', namespace: 'n', name: 'p' } } as unknown as Pod;
const container = {
  name: 'c',
  ports: [{ name: 'http', containerPort: 8080 }],
  env: [
    { name: 'FILE', value: '/ready' },
    { name: 'SECRET', valueFrom: {} },
  ],
} as unknown as Container;

/** What was asked, each time, and what it led to. */
async function run(probe: Probe, answers: readonly (Partial<ExecResult> | ProbeResult | Error)[]) {
  const asked: unknown[] = [];
  const next = (what: unknown): Promise<never> => {
    const answer = answers[Math.min(asked.length, answers.length - 1)];
    asked.push(what);
    return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer as never);
  };
  const means: ProbeMeans = {
    network: {
      httpGet: (request) => next(request),
      tcpSocket: (host, port, timeoutMs) => next({ host, port, timeoutMs }),
    },
    runtime: { exec: (_uid, name, command, timeoutMs) => next({ name, command, timeoutMs }) },
  };
  const result = await runProbe(probe, { pod, container, podIP: '10.0.0.2' }, means);
  return { asked, result };
}

const success: ProbeResult = { outcome: 'success', output: '' };

test('an HTTP probe goes to the pod by its port’s name, with defaults of path, scheme and time', async () => {
  const { asked, result } = await run({ httpGet: { port: 'http' } }, [success]);
  assert.deepEqual(asked, [{ scheme: 'HTTP', host: '10.0.0.2', port: 8080, path: '/', headers: [], timeoutMs: 1000 }]);
  assert.equal(result.outcome, 'success');
});

test('an HTTP probe goes where it is told', async () => {
  const httpHeaders = [{ name: 'A', value: 'b' }];
  const httpGet = { port: '81', host: 'other', path: '/x', scheme: 'HTTPS', httpHeaders };
  const { asked } = await run({ httpGet, timeoutSeconds: 3 }, [success]);
  assert.deepEqual(asked, [
    { scheme: 'HTTPS', host: 'other', port: 81, path: '/x', headers: httpHeaders, timeoutMs: 3000 },
  ]);
});

test('a TCP probe opens the port', async () => {
  const { asked } = await run({ tcpSocket: { port: 9 } }, [success]);
  assert.deepEqual(asked, [{ host: '10.0.0.2', port: 9, timeoutMs: 1000 }]);
});

test('a command sees only the variables that the pod spells out', async () => {
  const command = ['cat', '$(FILE)', '$(OTHER)'];
  const { asked, result } = await run({ exec: { command } }, [{ exitCode: 0, output: 'ok', timedOut: false }]);
  assert.deepEqual(asked, [{ name: 'c', command: ['cat', '/ready', '$(OTHER)'], timeoutMs: 1000 }]);
  assert.deepEqual(result, { outcome: 'success', output: 'ok' });
});

test('a command that fails or takes too long is a failure', async () => {
  const exec = { command: ['sleep', '9'] };
  const failed = await run({ exec }, [{ exitCode: 1, output: 'no', timedOut: false }]);
  assert.deepEqual(failed.result, { outcome: 'failure', output: 'no' });
  const late = await run({ exec, timeoutSeconds: 2 }, [{ exitCode: 0, output: '', timedOut: true }]);
  assert.deepEqual(late.result, {
    outcome: 'failure',
    output: 'command timed out: "sleep 9" timed out after 2s',
  });
});

test('what could not be tried is tried three times, and then says nothing of the container', async () => {
  const exec = { command: ['x'] };
  const { asked, result } = await run({ exec }, [new Error('no runtime')]);
  assert.equal(asked.length, 3);
  assert.deepEqual(result, { outcome: 'unknown', output: 'no runtime' });
  const recovered = await run({ exec }, [new Error('no runtime'), { exitCode: 0, output: '', timedOut: false }]);
  assert.deepEqual([recovered.asked.length, recovered.result.outcome], [2, 'success']);
});

for (const port of ['nothing', 0, 70_000])
  test(`a port "${port}" that does not exist says nothing of the container`, async () => {
    const { asked, result } = await run({ httpGet: { port } }, [success]);
    assert.deepEqual([asked.length, result.outcome], [0, 'unknown']);
  });
