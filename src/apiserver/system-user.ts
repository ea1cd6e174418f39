import type { UserInfo } from './exchange.ts';

/** Who the components of the process are to the API server. */
export const systemUser: UserInfo = { name: 'system:apiserver', groups: ['system:masters', 'system:authenticated'] };
