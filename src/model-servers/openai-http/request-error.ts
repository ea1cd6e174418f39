/** A request that is answered with an error in OpenAI's shape. The message goes to the client: no paths, no stacks. */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly status: number;
  readonly type: string;
  /** The field of the body that is at fault, as `messages[0].content`. */
  readonly param: string | null;
  readonly code: string | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, message: string, details: ErrorDetails = {}) {
    super(message);
    this.status = status;
    this.type = details.type ?? (status < 500 ? 'invalid_request_error' : 'server_error');
    this.param = details.param ?? null;
    this.code = details.code ?? null;
    this.headers = details.headers ?? {};
  }
}

interface ErrorDetails {
  readonly type?: string;
  readonly param?: string;
  readonly code?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** `{ error: { message, type, param, code } }`, as OpenAI's clients read it. */
export function errorBody({ message, type, param, code }: RequestError): object {
  return { error: { message, type, param, code } };
}

/** What was thrown, as an answer. Anything that is not a RequestError is our bug and says nothing about our insides. */
export function asRequestError(error: unknown): RequestError {
  return error instanceof RequestError ? error : new RequestError(500, 'the server failed on this request');
}

/** 400 for a field whose value cannot be honoured. */
export function invalidField(param: string, message: string, code = 'invalid_value'): RequestError {
  return new RequestError(400, `${param}: ${message}`, { param, code });
}
