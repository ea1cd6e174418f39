import { FlagError } from '../openai-http/flags.ts';
import { serve, serverFlags } from '../openai-http/serve.ts';
import { EmbeddingServer } from './embedding-server.ts';
import { loadSentenceEncoder } from './sentence-encoder.ts';

const builtin = 'builtin://use-lite';

await serve({
  usage: `usage: embed [flags]

Serves sentence embeddings over OpenAI's API. The only model is ${builtin}
(models/use-lite/README.md). Environment: SLIPWAY_TERMINATION_LOG.`,
  flags: {
    ...serverFlags,
    parallel: { kind: 'whole', help: 'texts a batch', least: 1, most: 64, default: 8 },
    queue: { kind: 'whole', help: 'texts that may wait; more get 429', least: 0, most: 100_000, default: 4096 },
  },
  nameModel(values) {
    const { model = builtin } = values;
    if (model !== builtin) throw new FlagError(`--model ${model}: the embed server has only ${builtin}`);
    return values['model-name'] ?? 'use-lite';
  },
  async load(values, readiness) {
    const encoder = await loadSentenceEncoder();
    readiness.enter('warming');
    await encoder.embed([encoder.tokenizer.encode('warm')]);
    return new EmbeddingServer(encoder, {
      modelName: values['model-name'] ?? 'use-lite',
      batch: values.parallel,
      maxWaiting: values.queue,
    }).served();
  },
});
