import { ApiError } from '../../api/error.ts';

/** 410: the history that the caller wants to go on from is no longer kept. Clients list anew. */
export const expiredRevision = (message: string): ApiError => new ApiError('Expired', message);
