import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { RuntimeError } from '../../node/container-runtime.ts';
import { builtInImages, resolveImage } from './images.ts';

const options = { nodeBinary: '/opt/node', searchPath: 'relative:/nowhere:/bin:/usr/bin', compileCache: '/cache' };
const resolve = (image: string, command: string[] = [], args: string[] = []): ReturnType<typeof resolveImage> =>
  resolveImage(image, { command, args }, options);

for (const [image, program] of Object.entries(builtInImages)) {
  test(`${image} is a program of this project, run by the engine's own Node`, () => {
    assert.deepEqual(resolve(image, [], ['--port', '1']), {
      argv: ['/opt/node', program, '--port', '1'],
      env: { NODE_COMPILE_CACHE: '/cache' },
    });
    assert.ok(existsSync(program), program);
  });
}

test('a command of the machine is found on the PATH, and a command in the spec replaces it', () => {
  assert.deepEqual(resolve('host/sh', [], ['-c', 'true']).argv.slice(1), ['-c', 'true']);
  assert.match(resolve('host/sh').argv[0] ?? '', /^\/(usr\/)?bin\/sh$/);
  assert.deepEqual(resolve('host/sh', ['/opt/tool', 'a'], ['b']).argv, ['/opt/tool', 'a', 'b']);
  assert.match(resolve('host/sh', ['cat']).argv[0] ?? '', /^\/(usr\/)?bin\/cat$/);
});

const refused: readonly { image: string; command?: string[]; reason: string; message: RegExp }[] = [
  { image: 'slipway/llm', command: ['/bin/sh'], reason: 'CreateContainerError', message: /fixed command/ },
  { image: 'host/no-such-command', reason: 'ErrImageNeverPull', message: /no command no-such-command on this machine/ },
  {
    image: 'host/sh',
    command: ['no-such-command'],
    reason: 'RunContainerError',
    message: /executable file not found in \$PATH/,
  },
  { image: 'host/sh', command: ['../sh'], reason: 'RunContainerError', message: /executable file not found/ },
  { image: 'host/../bin/sh', reason: 'InvalidImageName', message: /it runs slipway\/llm/ },
  { image: 'host//bin/sh', reason: 'InvalidImageName', message: /couldn't parse/ },
  { image: 'host/', reason: 'InvalidImageName', message: /couldn't parse/ },
  { image: '', reason: 'InvalidImageName', message: /couldn't parse/ },
  { image: 'Nginx Latest', reason: 'InvalidImageName', message: /couldn't parse/ },
  { image: 'nginx', reason: 'ErrImagePull', message: /no registry/ },
  { image: 'registry.example:5000/a/b:v1@sha256:abcd', reason: 'ErrImagePull', message: /no registry/ },
  { image: 'slipway/llm:latest', reason: 'ErrImagePull', message: /no registry/ },
  { image: 'constructor', reason: 'ErrImagePull', message: /no registry/ },
];
for (const { image, command = [], reason, message } of refused) {
  test(`image "${image}"${command.length > 0 ? ` with command ${command.join(' ')}` : ''} is refused with ${reason}`, () => {
    assert.throws(
      () => resolve(image, command),
      (error: unknown) => error instanceof RuntimeError && error.reason === reason && message.test(error.message),
    );
  });
}

test('a hostile image name is refused without a stall', () => {
  assert.throws(() => resolve(`${'a-'.repeat(50_000)}!`), RuntimeError);
});
