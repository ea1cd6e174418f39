import { invalid } from '../../api/error.ts';
import { invalidValue, type FieldError } from '../../api/field-error.ts';
import type { Mutable } from '../../api/kind.ts';
import { services } from '../../api/resources.ts';
import type { Service } from '../../api/schema/core-v1.ts';
import type { AdmissionPlugin } from '../admission.ts';
import { bucketName } from '../served-resource.ts';
import type { Store } from '../store/store.ts';
import { addressText, parseAddress, parseRange, type AddressRange } from './address-range.ts';

/** Loopback addresses, which nobody outside the machine can reach (host/service-proxy.ts answers there). */
const defaultRange = '127.128.0.0/12';

/** How long an address is kept from others while its service is on its way to the store. */
const reservationMs = 60_000;

/**
 * Gives services their cluster addresses (upstream pkg/registry/core/service/storage/alloc.go): the lowest free one
 * of the range, or the one that is asked for. An update that names none keeps the old one.
 */
export function serviceClusterIP(store: Store, nowMs: () => number, cidr: string = defaultRange): AdmissionPlugin {
  const range = parseRange(cidr);
  const bucket = store.bucket(bucketName(services));
  const reserved = new Map<string, number>();

  const isTaken = (address: string, owner: string): boolean => {
    const until = reserved.get(address);
    if (until !== undefined && until > nowMs()) return true;
    return bucket
      .list('')
      .some(({ key, object }) => key !== owner && (object as Service).spec.clusterIPs?.includes(address) === true);
  };
  const allocate = (): string | undefined => {
    const taken = new Set(bucket.list('').flatMap(({ object }) => (object as Service).spec.clusterIPs ?? []));
    for (let offset = 1; offset < range.size - 1; offset++) {
      const address = addressText(range.first + offset);
      if (!taken.has(address) && !isReserved(address)) return address;
    }
    return undefined;
  };
  const isReserved = (address: string): boolean => (reserved.get(address) ?? 0) > nowMs();
  const reserve = (address: string): void => {
    for (const [other, until] of reserved) if (until <= nowMs()) reserved.delete(other);
    reserved.set(address, nowMs() + reservationMs);
  };

  return {
    name: 'ServiceClusterIP',
    admit({ resource, subresource, object, old, namespace, name, dryRun }) {
      if (resource.group !== '' || resource.kind !== 'Service' || subresource !== '' || object === undefined) return;
      const service = object as Mutable<Service>;
      if (old !== undefined) keepAddresses(service, old as Service);
      const { spec } = service;
      if (spec.type === 'ExternalName') return;
      setFamilies(service);
      if (spec.clusterIP === 'None') return;
      const asked = spec.clusterIP ?? '';
      const before = (old as Service | undefined)?.spec.clusterIP ?? '';
      if (asked !== '' && asked === before) return;
      const address = asked === '' ? allocate() : asked;
      const problem =
        address === undefined
          ? 'failed to allocate a serviceIP: range is full'
          : asked === ''
            ? undefined
            : whyNot(asked, range, isTaken(asked, `${namespace}/${name}`));
      if (address === undefined || problem !== undefined) throw refused(name, spec.clusterIPs ?? [], problem ?? '');
      spec.clusterIP = address;
      spec.clusterIPs = [address];
      if (!dryRun) reserve(address);
    },
  };
}

function keepAddresses({ spec }: Mutable<Service>, old: Service): void {
  const isSameType = spec.type === old.spec.type || (spec.type !== 'ExternalName' && old.spec.type !== 'ExternalName');
  if (!isSameType || (spec.clusterIP ?? '') !== '') return;
  if (old.spec.clusterIP !== undefined) spec.clusterIP = old.spec.clusterIP;
  if (old.spec.clusterIPs !== undefined) spec.clusterIPs ??= [...old.spec.clusterIPs];
}

function setFamilies({ spec }: Mutable<Service>): void {
  if ((spec.clusterIP ?? '') === '' && spec.clusterIPs?.[0] !== undefined) spec.clusterIP = spec.clusterIPs[0];
  if ((spec.clusterIP ?? '') !== '') spec.clusterIPs ??= [spec.clusterIP!];
  spec.ipFamilyPolicy ??= 'SingleStack';
  spec.ipFamilies ??= ['IPv4'];
}

function whyNot(address: string, range: AddressRange, isTaken: boolean): string | undefined {
  const number = parseAddress(address);
  const failed = `failed to allocate IP ${address}`;
  if (number === undefined) return `${failed}: it is not an IPv4 address`;
  if (number <= range.first || number >= range.first + range.size - 1) {
    return `${failed}: the provided IP is not in the valid range. The range of valid IPs is ${range.text}`;
  }
  return isTaken ? `${failed}: provided IP is already allocated` : undefined;
}

function refused(name: string, addresses: readonly string[], problem: string): Error {
  const error: FieldError = invalidValue('spec.clusterIPs', addresses, problem);
  return invalid({ group: '', kind: 'Service' }, name, [error]);
}
