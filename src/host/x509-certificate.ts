import { createHash, createPublicKey, randomBytes, sign, type KeyObject } from 'node:crypto';
import { isIP } from 'node:net';
import { bits, context, objectIdentifier, octets, sequence, set, time, unsigned, utf8, yes } from './der.ts';

export interface CertificateRequest {
  readonly subject: Subject;
  readonly publicKey: KeyObject;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly use: 'authority' | 'server' | 'client';
  /** Names and addresses of a server. */
  readonly hosts?: readonly string[];
}

export interface Subject {
  readonly commonName: string;
  readonly organization?: string;
}

export interface Issuer {
  readonly subject: Subject;
  readonly privateKey: KeyObject;
}

const ecdsaWithSha256 = sequence(objectIdentifier('1.2.840.10045.4.3.2'));

/** A version 3 certificate (RFC 5280) in PEM, signed by an elliptic-curve key. */
export function issueCertificate(request: CertificateRequest, issuer: Issuer): string {
  const body = sequence(
    context(0, unsigned(Buffer.from([2])), true),
    unsigned(serialNumber()),
    ecdsaWithSha256,
    nameOf(issuer.subject),
    sequence(time(request.notBeforeMs), time(request.notAfterMs)),
    nameOf(request.subject),
    request.publicKey.export({ type: 'spki', format: 'der' }),
    context(3, sequence(...extensionsOf(request, createPublicKey(issuer.privateKey))), true),
  );
  const certificate = sequence(body, ecdsaWithSha256, bits(sign('sha256', body, issuer.privateKey)));
  const lines = certificate.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** Positive, unpredictable, and its first byte is not 0. */
function serialNumber(): Buffer {
  const bytes = randomBytes(16);
  bytes[0] = (bytes[0]! & 0x3f) | 0x40;
  return bytes;
}

function nameOf({ commonName, organization }: Subject): Buffer {
  const part = (type: string, value: string): Buffer => set(sequence(objectIdentifier(type), utf8(value)));
  return sequence(...(organization === undefined ? [] : [part('2.5.4.10', organization)]), part('2.5.4.3', commonName));
}

function extensionsOf({ use, hosts = [], publicKey }: CertificateRequest, issuerKey: KeyObject): readonly Buffer[] {
  const isAuthority = use === 'authority';
  const usage = isAuthority ? bits(Buffer.from([0b0000_0110]), 1) : bits(Buffer.from([0b1000_0000]), 7);
  const purpose = objectIdentifier(use === 'server' ? '1.3.6.1.5.5.7.3.1' : '1.3.6.1.5.5.7.3.2');
  return [
    critical('2.5.29.19', isAuthority ? sequence(yes) : sequence()),
    critical('2.5.29.15', usage),
    ...(isAuthority ? [] : [extension('2.5.29.37', sequence(purpose))]),
    extension('2.5.29.14', octets(keyIdentifier(publicKey))),
    extension('2.5.29.35', sequence(context(0, keyIdentifier(issuerKey), false))),
    ...(hosts.length === 0 ? [] : [extension('2.5.29.17', sequence(...hosts.map(hostName)))]),
  ];
}

const extension = (id: string, value: Buffer): Buffer => sequence(objectIdentifier(id), octets(value));
const critical = (id: string, value: Buffer): Buffer => sequence(objectIdentifier(id), yes, octets(value));

/** Only has to be the same wherever the same key is named. */
function keyIdentifier(key: KeyObject): Buffer {
  return createHash('sha256')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest()
    .subarray(0, 20);
}

function hostName(host: string): Buffer {
  if (isIP(host) === 0) return context(2, Buffer.from(host), false);
  return context(7, addressBytes(host), false);
}

function addressBytes(address: string): Buffer {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = address.split('::');
  const groups = (text: string): number[] =>
    text === ''
      ? []
      : text.split(':').flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]);
  const [before, after] = [groups(head), groups(tail ?? '')];
  return Buffer.from([...before, ...Array<number>(16 - before.length - after.length).fill(0), ...after]);
}
