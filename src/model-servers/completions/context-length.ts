import { RequestError } from '../openai-http/request-error.ts';

/** The error for a prompt that leaves no room for an answer. `atLeast` when the prompt was too long to be counted. */
export function contextLengthExceeded(contextTokens: number, promptTokens: number, atLeast = false): RequestError {
  return new RequestError(
    400,
    `This model's maximum context length is ${contextTokens} tokens; the prompt has ${atLeast ? 'at least ' : ''}${promptTokens}.`,
    { code: 'context_length_exceeded', param: 'messages' },
  );
}
