import { ApiError } from '../api/error.ts';
import type { ApiRequest, UserInfo } from './exchange.ts';

/** Who comes without credentials. */
export const anonymous: UserInfo = { name: 'system:anonymous', groups: ['system:unauthenticated'] };

/**
 * The one place that says who may do what. Everybody authenticated may do everything, as a cluster's only user
 * may; without credentials there is nothing but health and the version. Throws Unauthorized.
 */
export function authorize({ method, path, user }: ApiRequest): void {
  if (user.name !== '' && !user.groups.includes('system:unauthenticated')) return;
  if ((method === 'GET' || method === 'HEAD') && isPublic(path)) return;
  throw new ApiError('Unauthorized', 'Unauthorized');
}

// RBAC's system:public-info-viewer.
const publicPaths = new Set(['/healthz', '/livez', '/readyz', '/version', '/version/']);

const isPublic = (path: string): boolean => publicPaths.has(path);
