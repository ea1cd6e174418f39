import assert from 'node:assert/strict';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { formatScript, parseScript } from './script.ts';
import { Stage } from './stage.ts';

/** `tools/node/run test/scenarios/scenarios.test.ts --rewrite` writes what the commands print now. */
const isRewriting = process.argv.includes('--rewrite');

for (const file of globSync('*.txt', { cwd: import.meta.dirname }).toSorted()) {
  test(file.replace(/\.txt$/, '').replaceAll('-', ' '), async () => {
    const path = join(import.meta.dirname, file);
    const script = parseScript(readFileSync(path, 'utf8'));
    await using stage = new Stage();
    const steps: (typeof script.steps)[number][] = [];
    for (const step of script.steps) {
      const printed = await stage.run(step);
      steps.push({ ...step, expected: printed });
      if (!isRewriting) assert.equal(printed, step.expected, `${file}:${step.line}: ${step.command}`);
    }
    if (isRewriting) writeFileSync(path, formatScript({ ...script, steps }));
  });
}

test('two runs with one seed give the same events, and another seed gives others', async () => {
  const run = async (seed: string): Promise<string> => {
    await using stage = new Stage();
    const step = (command: string, input = ''): Promise<string> => stage.run({ line: 0, command, input, expected: '' });
    await step(`twin nodes=3 seed=${seed}`);
    await step('apply', chat);
    await step('advance 30s');
    await step('traffic chat rate=20');
    await step('advance 2m');
    await step('lose n1');
    await step('advance 10m');
    await step('recover n1');
    await step('advance 2m');
    return step('hash');
  };
  const [first, again, other] = [await run('7'), await run('7'), await run('8')];
  assert.equal(first, again);
  assert.notEqual(first, other);
});

const chat = `
kind: Inference
metadata: {name: chat}
spec: {model: sim://chat, replicas: {min: 1, max: 8}, target: {concurrency: 8}}
`;
