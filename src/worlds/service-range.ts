import { hash } from '../host/process-runtime/pod-addresses.ts';

/**
 * The ClusterIPs of one engine: one of the 256 /20 parts of 127.128.0.0/12, by its folder, so that two engines
 * of one machine do not give out the same address.
 */
export function serviceRange(folder: string): string {
  const part = hash(folder) & 0xff;
  return `127.${128 + (part >> 4)}.${(part & 0xf) << 4}.0/20`;
}
