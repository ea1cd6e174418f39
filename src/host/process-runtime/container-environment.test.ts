import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RuntimeError } from '../../node/container-runtime.ts';
import { containerEnvironment } from './container-environment.ts';

const place = { home: '/h', tmp: '/t', terminationLog: '/l', podName: 'web-0' };

test('a container has a few variables of its own, then those of the image, then those of the pod', () => {
  assert.deepEqual(containerEnvironment([], {}, place), {
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: '/h',
    TMPDIR: '/t',
    HOSTNAME: 'web-0',
    SLIPWAY_TERMINATION_LOG: '/l',
  });
  const env = [
    { name: 'HOME', value: '/mine' },
    { name: 'A', value: '1' },
    { name: 'my.dotted-name', value: '' },
    { name: 'A', value: '2' },
  ];
  const all = containerEnvironment(env, { A: 'image', B: 'image' }, place);
  assert.deepEqual([all['HOME'], all['A'], all['B'], all['my.dotted-name']], ['/mine', '2', 'image', '']);
});

for (const variable of [
  { name: '', value: 'a' },
  { name: 'A=B', value: 'a' },
  { name: 'A\0', value: 'a' },
  { name: 'A', value: 'a\0' },
]) {
  test(`${JSON.stringify(variable)} is refused`, () => {
    assert.throws(
      () => containerEnvironment([variable], {}, place),
      (error: unknown) => error instanceof RuntimeError && error.reason === 'CreateContainerConfigError',
    );
  });
}
