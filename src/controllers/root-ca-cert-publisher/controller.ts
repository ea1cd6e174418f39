import { isNamespaceTerminating, isNotFound } from '../../api/error.ts';
import { configMaps, namespaces } from '../../api/resources.ts';
import type { ConfigMap } from '../../api/schema/core-v1.ts';
import { ControllerRunner, changesOf, requestsFrom } from '../../machinery/controller-runner.ts';
import { type Component, type Request, type Result, done } from '../../machinery/controller.ts';
import type { Change } from '../../machinery/informer.ts';
import type { Informers } from '../../machinery/informers.ts';
import type { World } from '../../machinery/world.ts';
import { isEqual } from '../../std/is-equal.ts';

export const rootCaConfigMapName = 'kube-root-ca.crt';
const descriptionAnnotation = 'kubernetes.io/description';
const description = 'The certificate authority of the API server, for clients inside the cluster.';

export interface RootCaCertPublisherOptions {
  /** PEM. */
  readonly rootCertificate: string;
}

export function rootCaCertPublisher(
  { client, clock, log }: World,
  informers: Informers,
  { rootCertificate }: RootCaCertPublisherOptions,
): Component {
  const [known, maps] = [informers.for(namespaces), informers.for(configMaps)];
  const data = { 'ca.crt': rootCertificate };

  async function reconcile({ name: namespace }: Request): Promise<Result> {
    if (known.lister.get({ name: namespace })?.status.phase !== 'Active') return done;
    const key = { namespace, name: rootCaConfigMapName };
    const current = maps.lister.get(key);
    const annotations = { ...current?.metadata.annotations, [descriptionAnnotation]: description };
    if (current === undefined) {
      await client.create(configMaps, { metadata: { ...key, annotations }, data }).catch((error: unknown) => {
        if (!isNotFound(error) && !isNamespaceTerminating(error)) throw error;
      });
    } else if (!isEqual(current.data, data) || !isEqual(current.metadata.annotations, annotations)) {
      await client.update(configMaps, { ...current, metadata: { ...current.metadata, annotations }, data });
    }
    return done;
  }

  return new ControllerRunner(
    { clock, log },
    {
      name: 'root-ca-cert-publisher',
      reconciler: { reconcile },
      sources: [changesOf(known), requestsFrom(maps, namespaceOfMap)],
    },
  );
}

function* namespaceOfMap({ old, current }: Change<ConfigMap>): Iterable<Request> {
  const { name, namespace = '' } = (current ?? old)!.metadata;
  // A new one was made here or will be seen when it changes.
  if (old !== undefined && name === rootCaConfigMapName) yield { namespace: '', name: namespace };
}
