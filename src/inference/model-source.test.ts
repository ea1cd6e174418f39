import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseServer } from './model-source.ts';

type Runtime = Parameters<typeof chooseServer>[0]['runtime'];

const served: readonly (readonly [model: string, runtime: Runtime, server: string])[] = [
  ['builtin://tiny-chat', 'auto', 'llm'],
  ['builtin://use-lite', 'auto', 'embed'],
  ['builtin://sim', 'auto', 'sim'],
  ['sim://anything', 'auto', 'sim'],
  ['file:///models/a.gguf', 'auto', 'llm'],
  ['file:///models/A.GGUF', 'auto', 'llm'],
  ['file:///models/who-knows?.gguf', 'auto', 'llm'],
  ['file:///models/a.gguf#sha256=00', 'auto', 'llm'],
  ['hf://owner/repo/a.gguf', 'auto', 'llm'],
  ['hf://owner/repo/folder/a.gguf@v1.0', 'auto', 'llm'],
  ['hf://owner/repo/a.gguf@refs/pr/1', 'auto', 'llm'],
  ['https://example.test/a.gguf', 'auto', 'llm'],
  ['https://example.test/a.gguf?download=true', 'auto', 'llm'],
  ['https://example.test/a@b.gguf', 'auto', 'llm'],
  ['https://example.test/models/17', 'llm', 'llm'],
  ['builtin://tiny-chat', 'llm', 'llm'],
  ['builtin://use-lite', 'embed', 'embed'],
  ['https://example.test/whatever', 'sim', 'sim'],
  ['hf://owner/repo', 'sim', 'sim'],
];

for (const [model, runtime, name] of served)
  test(`${model} with the runtime ${runtime} is served by ${name}`, () => {
    const choice = chooseServer({ model, runtime });
    assert.equal('server' in choice ? choice.server.name : choice.refusal, name);
  });

const accepted =
  'spec.model may be a .gguf file (file:///PATH, hf://OWNER/REPO/FILE.gguf, https://…) or one of builtin://tiny-chat, builtin://use-lite, builtin://sim';

const refused: readonly (readonly [model: string, runtime: Runtime, refusal: string])[] = [
  ['file:///models/a.safetensors', 'auto', `no model server for "file:///models/a.safetensors": ${accepted}`],
  ['https://example.test/?file=a.gguf', 'auto', `no model server for "https://example.test/?file=a.gguf": ${accepted}`],
  ['hf://owner/repo/model.bin@a.gguf', 'auto', `no model server for "hf://owner/repo/model.bin@a.gguf": ${accepted}`],
  ['builtin://nothing', 'auto', `there is no "builtin://nothing": ${accepted}`],
  ['builtin://nothing', 'llm', `there is no "builtin://nothing": ${accepted}`],
  ['hf://owner/repo', 'llm', '"hf://owner/repo" names no file: spec.model may be hf://OWNER/REPO/FILE.gguf'],
  [
    'http://example.test/a.gguf',
    'auto',
    '"http://example.test/a.gguf" would come unprotected over the network: spec.model may be https://…',
  ],
  ['builtin://use-lite', 'llm', '"builtin://use-lite" is for the runtime embed, and spec.runtime says llm'],
  ['file:///a.gguf', 'embed', '"file:///a.gguf" is for the runtime llm, and spec.runtime says embed'],
  [
    'https://example.test/x',
    'embed',
    'the runtime embed has no "https://example.test/x": spec.model may be builtin://use-lite',
  ],
];

for (const [model, runtime, refusal] of refused)
  test(`${model} with the runtime ${runtime} is refused, and told what is accepted`, () => {
    assert.deepEqual(chooseServer({ model, runtime }), { refusal });
  });
