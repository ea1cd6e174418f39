import { createPrivateKey, createPublicKey, generateKeyPairSync, X509Certificate, type KeyObject } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { issueCertificate, type CertificateRequest, type Issuer, type Subject } from './x509-certificate.ts';

/** PEM texts. */
export interface KeyPair {
  readonly certificate: string;
  readonly privateKey: string;
}

export interface Certificates {
  /** The authority's certificate; its key stays in its file. */
  readonly authority: string;
  readonly server: KeyPair;
  /** Of the user in `system:masters`. */
  readonly admin: KeyPair;
}

const dayMs = 86_400_000;
// kubeadm: ten years for the authority, one for what it issues; renewed well before.
const authorityDays = 3_650;
const leafDays = 365;
const renewalDays = 30;
/** Clocks differ a little. */
const backdateMs = 3_600_000;

const authoritySubject: Subject = { commonName: 'slipway-ca' };
const serverSubject: Subject = { commonName: 'kube-apiserver' };
const adminSubject: Subject = { commonName: 'kubernetes-admin', organization: 'system:masters' };

/** What the server is called by: on this machine, and inside a cluster as upstream's is. */
const serverHosts = [
  'localhost',
  'kubernetes',
  'kubernetes.default',
  'kubernetes.default.svc',
  'kubernetes.default.svc.cluster.local',
  '127.0.0.1',
  '::1',
];

/**
 * The engine's own certificates in `directory`: read when they are there and good for another month, made anew when
 * not. A new authority makes everything new, and old kubeconfigs worthless. Files are the owner's alone.
 */
export function ensureCertificates(directory: string, nowMs: number): Certificates {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700);
  const authority =
    goodPair(directory, 'ca', nowMs) ??
    write(directory, 'ca', makePair({ subject: authoritySubject, use: 'authority' }, undefined, nowMs, authorityDays));
  const issuer: Issuer = { subject: authoritySubject, privateKey: createPrivateKey(authority.privateKey) };
  const leaf = (name: string, request: Pick<CertificateRequest, 'subject' | 'use' | 'hosts'>): KeyPair => {
    const found = goodPair(directory, name, nowMs);
    const isOurs =
      found !== undefined && new X509Certificate(found.certificate).verify(createPublicKey(issuer.privateKey));
    return isOurs ? found : write(directory, name, makePair(request, issuer, nowMs, leafDays));
  };
  return {
    authority: authority.certificate,
    server: leaf('server', { subject: serverSubject, use: 'server', hosts: serverHosts }),
    admin: leaf('admin', { subject: adminSubject, use: 'client' }),
  };
}

function makePair(
  request: Pick<CertificateRequest, 'subject' | 'use' | 'hosts'>,
  issuer: Issuer | undefined,
  nowMs: number,
  days: number,
): KeyPair {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const certificate = issueCertificate(
    { ...request, publicKey, notBeforeMs: nowMs - backdateMs, notAfterMs: nowMs + days * dayMs },
    issuer ?? { subject: request.subject, privateKey },
  );
  return { certificate, privateKey: pemOf(privateKey) };
}

const pemOf = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

/** Undefined when a file is missing or unreadable, the two do not belong together, or the time is nearly over. */
function goodPair(directory: string, name: string, nowMs: number): KeyPair | undefined {
  try {
    const certificate = readFileSync(join(directory, `${name}.crt`), 'utf8');
    const privateKey = readFileSync(join(directory, `${name}.key`), 'utf8');
    const parsed = new X509Certificate(certificate);
    const isValid = Date.parse(parsed.validFrom) <= nowMs && Date.parse(parsed.validTo) > nowMs + renewalDays * dayMs;
    return isValid && parsed.checkPrivateKey(createPrivateKey(privateKey)) ? { certificate, privateKey } : undefined;
  } catch {
    return undefined;
  }
}

/** A crash between the two leaves a pair that does not fit, which is made anew. */
function write(directory: string, name: string, pair: KeyPair): KeyPair {
  writeWhole(join(directory, `${name}.key`), pair.privateKey);
  writeWhole(join(directory, `${name}.crt`), pair.certificate);
  return pair;
}

function writeWhole(path: string, text: string): void {
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, text, { mode: 0o600 });
  renameSync(fresh, path);
}
