import type { InferenceSpec } from '../api/slipway/v1alpha1/inference.ts';
import { builtinModels, modelServers, type ModelServer } from './catalogue.ts';

export type Choice = { readonly server: ModelServer } | { readonly refusal: string };

const builtinNames = [...builtinModels.keys()].map((name) => `builtin://${name}`).join(', ');
const accepted = `a .gguf file (file:///PATH, hf://OWNER/REPO/FILE.gguf, https://…) or one of ${builtinNames}`;

/**
 * Which model server serves a model, by its file. What its server would refuse at every start is refused here,
 * where it costs no pod.
 */
export function chooseServer({ model, runtime }: Pick<InferenceSpec, 'model' | 'runtime'>): Choice {
  // The simulated server takes any name; it only pretends.
  if (runtime === 'sim') return { server: modelServers.sim };
  const byFile = serverFor(model);
  if ('refusal' in byFile) return byFile;
  const { name } = byFile;
  if (runtime === 'auto')
    return name === undefined
      ? { refusal: `no model server for "${model}": spec.model may be ${accepted}` }
      : { server: modelServers[name] };
  if (name !== undefined && name !== runtime)
    return { refusal: `"${model}" is for the runtime ${name}, and spec.runtime says ${runtime}` };
  if (name === undefined && runtime === 'embed')
    return { refusal: `the runtime embed has no "${model}": spec.model may be builtin://use-lite` };
  return { server: modelServers[runtime] };
}

/** `name` is undefined when the address does not tell. */
function serverFor(model: string): { readonly name: ModelServer['name'] | undefined } | { readonly refusal: string } {
  const [, scheme = '', rest = ''] = /^([a-z]+):\/\/(.*)$/s.exec(model.replace(/#.*$/s, '')) ?? [];
  if (scheme === 'builtin') {
    const name = builtinModels.get(rest);
    return name === undefined ? { refusal: `there is no "${model}": spec.model may be ${accepted}` } : { name };
  }
  // Nothing but a name, for the simulated server.
  if (scheme === 'sim') return { name: 'sim' };
  if (scheme === 'http')
    return { refusal: `"${model}" would come unprotected over the network: spec.model may be https://…` };
  // A revision may follow a file of Hugging Face, a query one of a network address; a local path has neither.
  const path = scheme === 'hf' ? rest.replace(/@.*$/s, '') : scheme === 'https' ? rest.replace(/\?.*$/s, '') : rest;
  if (scheme === 'hf' && path.split('/').length < 3)
    return { refusal: `"${model}" names no file: spec.model may be hf://OWNER/REPO/FILE.gguf` };
  return { name: path.toLowerCase().endsWith('.gguf') ? 'llm' : undefined };
}
