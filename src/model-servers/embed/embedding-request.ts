import { FieldReader } from '../openai-http/field-reader.ts';
import { invalidField } from '../openai-http/request-error.ts';

export interface EmbeddingRequest {
  readonly model: string;
  readonly input: readonly string[];
  readonly base64: boolean;
}

/** As OpenAI's API. */
const maxInputs = 2048;

/** The body of POST /v1/embeddings. Throws 400 with the field's path for what this server cannot honour. */
export function embeddingRequest(body: Readonly<Record<string, unknown>>, dimensions: number): EmbeddingRequest {
  const fields = new FieldReader(body);
  const model = fields.requiredText('model');
  const value = fields.value('input');
  const input: unknown[] = Array.isArray(value) ? value : [value];
  if (input.length === 0 || input.length > maxInputs) throw invalidField('input', `must be 1 to ${maxInputs} texts`);
  input.forEach((text, i) => {
    const path = Array.isArray(value) ? `input[${i}]` : 'input';
    if (typeof text !== 'string') throw invalidField(path, 'must be a string; token ids are not accepted');
    if (text === '') throw invalidField(path, 'must not be empty');
  });
  const format = fields.text('encoding_format') ?? 'float';
  if (format !== 'float' && format !== 'base64') throw invalidField('encoding_format', 'must be float or base64');
  fields.only('dimensions', [dimensions]);
  // Names whoever asks, for those in front that share out; the answer does not depend on it.
  fields.text('user');
  fields.finish();
  return { model, input: input as string[], base64: format === 'base64' };
}
