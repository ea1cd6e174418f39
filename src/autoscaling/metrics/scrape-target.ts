import type { Pod } from '../../api/schema/core-v1.ts';

/** Where a pod tells its metrics. */
export interface ScrapeTarget {
  /** The pod's uid: a pod that was made anew begins anew. */
  readonly uid: string;
  readonly pod: Pod;
  readonly host: string;
  readonly port: number;
  readonly path: string;
}

/** The annotations that Prometheus setups have used for years, so that one of those scrapes the same pods. */
export const scrapeAnnotation = 'prometheus.io/scrape';
export const scrapePortAnnotation = 'prometheus.io/port';
export const scrapePathAnnotation = 'prometheus.io/path';
/** For pods with the node's address that listen on loopback only, such as the local gateway. */
export const scrapeLoopbackAnnotation = 'slipway.dev/metrics-on-loopback';

/** Undefined when the pod does not ask to be scraped, does not run yet, or asks for what no pod may. */
export function scrapeTarget(pod: Pod): ScrapeTarget | undefined {
  const { annotations = {}, deletionTimestamp, uid } = pod.metadata;
  if (annotations[scrapeAnnotation] !== 'true' || pod.status.phase !== 'Running') return undefined;
  const { hostNetwork = false } = pod.spec;
  // Draining servers still have requests in flight, but those are nobody's reason to scale.
  if (deletionTimestamp !== undefined && !hostNetwork) return undefined;
  const onLoopback = hostNetwork && annotations[scrapeLoopbackAnnotation] === 'true';
  const host = onLoopback ? '127.0.0.1' : pod.status.podIP;
  const portText = annotations[scrapePortAnnotation] ?? '';
  const path = annotations[scrapePathAnnotation] ?? '/metrics';
  const port = /^[0-9]{1,5}$/.test(portText) ? Number(portText) : firstPort(pod);
  if (host === undefined || host === '' || port === undefined || port < 1 || port > 65_535) return undefined;
  if (!/^\/[\x21-\x7e]*$/.test(path) || path.length > 256) return undefined;
  return { uid, pod, host, port, path };
}

function firstPort({ spec: { containers } }: Pod): number | undefined {
  return containers.flatMap(({ ports = [] }) => ports).at(0)?.containerPort;
}
