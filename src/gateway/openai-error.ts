/** An error in the shape that OpenAI's clients read. */
export interface OpenAiError {
  readonly status: number;
  readonly code: string;
  readonly type: 'invalid_request_error' | 'rate_limit_error' | 'server_error';
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export function errorBody({ code, type, message }: OpenAiError): string {
  return JSON.stringify({ error: { message, type, code, param: null } });
}

export const invalidRequest = (message: string, code = 'invalid_request', status = 400): OpenAiError => ({
  status,
  code,
  type: 'invalid_request_error',
  message,
});

export const unknownModel = (model: string, known: readonly string[]): OpenAiError => ({
  status: 404,
  code: 'model_not_found',
  type: 'invalid_request_error',
  message: `the model "${model}" does not exist; ${known.length === 0 ? 'no model is deployed' : `there are: ${known.join(', ')}`}`,
});

/** There is nothing that could answer. */
export const noCapacity = (
  message: string,
  reason: string,
  retryAfterSeconds: number,
  headers: Readonly<Record<string, string>> = {},
): OpenAiError => ({
  status: 503,
  code: reason,
  type: 'server_error',
  message,
  headers: { ...headers, 'retry-after': String(Math.max(1, Math.ceil(retryAfterSeconds))), 'x-slipway-reason': reason },
});

/** There is something, but too many want it. */
export const contended = (message: string, reason: string, retryAfterSeconds: number): OpenAiError => ({
  status: 429,
  code: reason,
  type: 'rate_limit_error',
  message,
  headers: { 'retry-after': String(Math.max(1, Math.ceil(retryAfterSeconds))), 'x-slipway-reason': reason },
});
