import { ApiError, type Status } from '../../api/error.ts';

/** A failure that upstream never gave a reason: code 500 and the bare message. */
export class UnclassifiedError extends ApiError {
  constructor(message: string) {
    super('InternalError', message);
  }

  override toStatus(): Status {
    const { reason: _reason, ...status } = super.toStatus();
    return status;
  }
}
