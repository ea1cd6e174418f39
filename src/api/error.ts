import type { FieldError } from './field-error.ts';

/** Kubernetes' reasons with their HTTP codes (apimachinery pkg/apis/meta/v1/types.go). */
const codes = {
  BadRequest: 400,
  Unauthorized: 401,
  Forbidden: 403,
  NotFound: 404,
  MethodNotAllowed: 405,
  NotAcceptable: 406,
  AlreadyExists: 409,
  Conflict: 409,
  Gone: 410,
  Expired: 410,
  RequestEntityTooLarge: 413,
  UnsupportedMediaType: 415,
  Invalid: 422,
  TooManyRequests: 429,
  InternalError: 500,
  ServerTimeout: 500,
  ServiceUnavailable: 503,
  Timeout: 504,
} as const;

export type Reason = keyof typeof codes;

export interface StatusCause {
  readonly reason?: string | undefined;
  readonly message?: string | undefined;
  readonly field?: string | undefined;
}

export interface StatusDetails {
  readonly name?: string | undefined;
  readonly group?: string | undefined;
  readonly kind?: string | undefined;
  readonly uid?: string | undefined;
  readonly causes?: readonly StatusCause[] | undefined;
  readonly retryAfterSeconds?: number | undefined;
}

/** The wire form of a failure (meta/v1 Status). */
export interface Status {
  readonly kind: 'Status';
  readonly apiVersion: 'v1';
  readonly metadata: object;
  readonly status: 'Success' | 'Failure';
  readonly message?: string | undefined;
  readonly reason?: string | undefined;
  readonly details?: StatusDetails | undefined;
  readonly code?: number | undefined;
}

/** An expected failure of the Kubernetes API. Bugs are plain Errors whose message begins with `bug:`. */
export class ApiError extends Error {
  readonly reason: Reason;
  readonly code: number;
  readonly details: StatusDetails | undefined;

  constructor(
    reason: Reason,
    message: string,
    options: { details?: StatusDetails; code?: number; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause });
    this.name = 'ApiError';
    this.reason = reason;
    this.code = options.code ?? codes[reason];
    this.details = options.details;
  }

  toStatus(): Status {
    return {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: this.message,
      reason: this.reason,
      ...(this.details === undefined ? {} : { details: this.details }),
      code: this.code,
    };
  }

  /** The error that a Status from the wire stands for. */
  static fromStatus(status: Partial<Status>): ApiError {
    const reason =
      status.reason !== undefined && status.reason in codes ? (status.reason as Reason) : reasonOf(status.code ?? 500);
    return new ApiError(reason, status.message ?? 'unknown error', {
      ...(status.details === undefined ? {} : { details: status.details }),
      ...(status.code === undefined ? {} : { code: status.code }),
    });
  }
}

function reasonOf(code: number): Reason {
  for (const [reason, value] of Object.entries(codes)) if (value === code) return reason as Reason;
  return code >= 500 ? 'InternalError' : 'BadRequest';
}

/** What an error is about: the plural resource and its group, as Kubernetes words it. */
export interface Subject {
  readonly group: string;
  readonly resource: string;
}

const qualified = ({ group, resource }: Subject): string => (group === '' ? resource : `${resource}.${group}`);

export const notFound = (subject: Subject, name: string): ApiError =>
  new ApiError('NotFound', `${qualified(subject)} "${name}" not found`, {
    details: { name, ...groupOf(subject), kind: subject.resource },
  });

export const alreadyExists = (subject: Subject, name: string): ApiError =>
  new ApiError('AlreadyExists', `${qualified(subject)} "${name}" already exists`, {
    details: { name, ...groupOf(subject), kind: subject.resource },
  });

export const conflict = (subject: Subject, name: string, why: string): ApiError =>
  new ApiError('Conflict', `Operation cannot be fulfilled on ${qualified(subject)} "${name}": ${why}`, {
    details: { name, ...groupOf(subject), kind: subject.resource },
  });

export const forbidden = (subject: Subject, name: string, why: string, causes?: readonly StatusCause[]): ApiError =>
  new ApiError('Forbidden', `${qualified(subject)} ${name === '' ? '' : `"${name}" `}is forbidden: ${why}`, {
    details: {
      ...(name === '' ? {} : { name }),
      ...groupOf(subject),
      kind: subject.resource,
      ...(causes === undefined ? {} : { causes }),
    },
  });

export const badRequest = (message: string): ApiError => new ApiError('BadRequest', message);

/** 422 with one cause a field. `kind` is the object's kind, not the resource. */
export function invalid(kind: { group: string; kind: string }, name: string, errors: readonly FieldError[]): ApiError {
  const lines = [...new Set(errors.map((error) => `${error.field}: ${error.detail}`))];
  const list = lines.length === 1 ? lines[0] : `[${lines.join(', ')}]`;
  const qualifiedKind = kind.group === '' ? kind.kind : `${kind.kind}.${kind.group}`;
  return new ApiError('Invalid', `${qualifiedKind} "${name}" is invalid: ${list}`, {
    details: {
      ...(name === '' ? {} : { name }),
      ...(kind.group === '' ? {} : { group: kind.group }),
      kind: kind.kind,
      causes: errors.map(({ reason, detail, field }) => ({ reason, message: detail, field })),
    },
  });
}

function groupOf(subject: Subject): { group?: string } {
  return subject.group === '' ? {} : { group: subject.group };
}

const hasReason =
  (...reasons: readonly Reason[]) =>
  (error: unknown): error is ApiError =>
    error instanceof ApiError && reasons.includes(error.reason);

export const isNotFound: (error: unknown) => error is ApiError = hasReason('NotFound');
export const isAlreadyExists: (error: unknown) => error is ApiError = hasReason('AlreadyExists');
export const isConflict: (error: unknown) => error is ApiError = hasReason('Conflict');
/** The watch or list position is older than the history that the server keeps: list anew. */
export const isExpired: (error: unknown) => error is ApiError = hasReason('Gone', 'Expired');

/** Nothing can be made any more in a namespace that is being deleted; the refusal says so by its cause. */
export function isNamespaceTerminating(error: unknown): error is ApiError {
  return (
    error instanceof ApiError && (error.details?.causes ?? []).some((cause) => cause.reason === 'NamespaceTerminating')
  );
}
