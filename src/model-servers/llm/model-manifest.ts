import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { textForms, type TextFormName } from './text-form.ts';

/** What a server must know of a model beside its GGUF. */
export interface ModelManifest {
  readonly name?: string | undefined;
  readonly textForm: TextFormName;
  /** Texts that end every answer of the model. */
  readonly stop: readonly string[];
  /** Used where a request does not say. */
  readonly sampling: { readonly temperature?: number | undefined };
}

const plain: ModelManifest = { textForm: 'as-is', stop: [], sampling: {} };

/**
 * The `model.json` beside a model file, when there is one and it names this file; else a plain manifest. Throws when it
 * cannot be understood: a model served in the wrong form answers nonsense.
 */
export function readManifest(modelPath: string): ModelManifest {
  const path = join(dirname(modelPath), 'model.json');
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return plain;
  }
  const { file, name, textForm = 'as-is', stop = [], sampling = {} } = parsed(path, text);
  if (file !== basename(modelPath)) return plain;
  if (typeof textForm !== 'string' || !Object.hasOwn(textForms, textForm)) {
    throw new Error(`${path}: textForm must be one of ${Object.keys(textForms).join(', ')}`);
  }
  if (!Array.isArray(stop) || !stop.every((one) => typeof one === 'string' && one !== '')) {
    throw new Error(`${path}: stop must be an array of texts`);
  }
  const temperature = (sampling as { temperature?: unknown }).temperature;
  if (temperature !== undefined && typeof temperature !== 'number') {
    throw new Error(`${path}: sampling.temperature must be a number`);
  }
  return {
    name: typeof name === 'string' ? name : undefined,
    textForm: textForm as TextFormName,
    stop: stop as string[],
    sampling: { temperature },
  };
}

function parsed(path: string, text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // Said below, without the parser's quotation.
  }
  throw new Error(`${path} is no JSON object`);
}
