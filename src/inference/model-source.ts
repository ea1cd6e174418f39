import type { InferenceSpec } from '../api/slipway/v1alpha1/inference.ts';
import { modelServers, type ModelServer } from './catalogue.ts';

export type Choice = { readonly server: ModelServer } | { readonly refusal: string };

const accepted =
  'a .gguf file (file:///PATH, hf://OWNER/REPO/FILE.gguf, https://…) or builtin://tiny-chat, builtin://use-lite';

/** Which model server serves a model, by its file. Network addresses count without query and fragment. */
export function chooseServer({ model, runtime }: Pick<InferenceSpec, 'model' | 'runtime'>): Choice {
  const byFile = serverFor(model);
  if (runtime === 'auto')
    return byFile === undefined
      ? { refusal: `no model server for "${model}": spec.model may be ${accepted}` }
      : { server: modelServers[byFile] };
  // The simulated server takes any name; it only pretends.
  if (runtime !== 'sim' && byFile !== undefined && byFile !== runtime)
    return { refusal: `"${model}" is for the runtime ${byFile}, and spec.runtime says ${runtime}` };
  return { server: modelServers[runtime] };
}

function serverFor(model: string): ModelServer['name'] | undefined {
  if (model === 'builtin://use-lite') return 'embed';
  if (model === 'builtin://sim') return 'sim';
  if (model.startsWith('builtin://')) return 'llm';
  const path = model.replace(/[?#].*$/, '').replace(/@[^/@]*$/, '');
  return path.toLowerCase().endsWith('.gguf') ? 'llm' : undefined;
}
