import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import type { KeyPair } from './certificate-authority.ts';

/** How to reach a cluster, and as whom. */
export interface ClusterAccess {
  /** `https://127.0.0.1:6443`. */
  readonly server: string;
  /** PEM; undefined trusts what the machine trusts. */
  readonly authority?: string | undefined;
  readonly isVerificationOff?: boolean | undefined;
  readonly serverName?: string | undefined;
  readonly client?: KeyPair | undefined;
  readonly token?: string | undefined;
  /** Of the context; `default` without one. */
  readonly namespace: string;
}

/** Writes a kubeconfig with one cluster, user and context, for its owner's eyes only. */
export function writeKubeconfig(path: string, { server, authority, client, token, namespace }: ClusterAccess): void {
  const name = 'slipway';
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name,
        cluster: { server, ...(authority === undefined ? {} : { 'certificate-authority-data': base64(authority) }) },
      },
    ],
    users: [
      {
        name,
        user: {
          ...(client === undefined
            ? {}
            : {
                'client-certificate-data': base64(client.certificate),
                'client-key-data': base64(client.privateKey),
              }),
          ...(token === undefined ? {} : { token }),
        },
      },
    ],
    contexts: [{ name, context: { cluster: name, user: name, namespace } }],
    'current-context': name,
  };
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, stringify(config, { lineWidth: 0 }), { mode: 0o600 });
  renameSync(fresh, path);
}

const base64 = (text: string): string => Buffer.from(text).toString('base64');

interface Entry {
  readonly name?: string;
  readonly cluster?: Readonly<Record<string, unknown>>;
  readonly user?: Readonly<Record<string, unknown>>;
  readonly context?: Readonly<Record<string, unknown>>;
}

/**
 * Reads any kubeconfig: the current context, or the one named. Throws an Error that says what is missing.
 * Programs that fetch credentials (`exec`, `auth-provider`) are refused, not run.
 */
export function readKubeconfig(path: string, contextName?: string): ClusterAccess {
  const config = parse(readFileSync(path, 'utf8')) as Readonly<Record<string, unknown>> | null;
  const wanted = contextName ?? text(config?.['current-context']);
  if (wanted === undefined || wanted === '') throw new Error(`${path} has no current-context: name one`);
  const entry = (list: string, name: string | undefined): Entry => {
    const entries = config?.[list];
    const found = Array.isArray(entries) ? (entries as readonly Entry[]).find((one) => one.name === name) : undefined;
    if (found === undefined) throw new Error(`${path} has no entry ${JSON.stringify(name ?? '')} in ${list}`);
    return found;
  };
  const context = entry('contexts', wanted).context ?? {};
  const cluster = entry('clusters', text(context['cluster'])).cluster ?? {};
  const user = entry('users', text(context['user'])).user ?? {};
  const server = text(cluster['server']);
  if (server === undefined) throw new Error(`${path} names no server for the context ${JSON.stringify(wanted)}`);
  for (const program of ['exec', 'auth-provider']) {
    if (user[program] !== undefined) {
      throw new Error(
        `${path} fetches credentials through "${program}", which is not supported: use a token or a certificate`,
      );
    }
  }
  const pem = (from: Readonly<Record<string, unknown>>, field: string): string | undefined => {
    const data = text(from[`${field}-data`]);
    if (data !== undefined && data !== '') return Buffer.from(data, 'base64').toString('utf8');
    const file = text(from[field]);
    return file === undefined || file === '' ? undefined : readFileSync(resolve(dirname(path), file), 'utf8');
  };
  const certificate = pem(user, 'client-certificate');
  const privateKey = pem(user, 'client-key');
  if ((certificate === undefined) !== (privateKey === undefined)) {
    throw new Error(`${path} has a client certificate without its key, or the key alone`);
  }
  const tokenFile = text(user['tokenFile']);
  const token =
    tokenFile === undefined ? text(user['token']) : readFileSync(resolve(dirname(path), tokenFile), 'utf8').trim();
  return {
    server: server.replace(/\/+$/, ''),
    authority: pem(cluster, 'certificate-authority'),
    isVerificationOff: cluster['insecure-skip-tls-verify'] === true,
    serverName: text(cluster['tls-server-name']),
    client: certificate === undefined || privateKey === undefined ? undefined : { certificate, privateKey },
    token,
    namespace: text(context['namespace']) ?? 'default',
  };
}

const text = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);
