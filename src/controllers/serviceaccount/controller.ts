import { isAlreadyExists, isNamespaceTerminating, isNotFound } from '../../api/error.ts';
import { namespaces, serviceAccounts } from '../../api/resources.ts';
import type { ServiceAccount } from '../../api/schema/core-v1.ts';
import { ControllerRunner, changesOf, requestsFrom } from '../../machinery/controller-runner.ts';
import { type Component, type Request, type Result, done } from '../../machinery/controller.ts';
import type { Change } from '../../machinery/informer.ts';
import type { Informers } from '../../machinery/informers.ts';
import type { World } from '../../machinery/world.ts';

const defaultName = 'default';

export function serviceAccountController({ client, clock, log }: World, informers: Informers): Component {
  const [known, accounts] = [informers.for(namespaces), informers.for(serviceAccounts)];

  async function reconcile({ name: namespace }: Request): Promise<Result> {
    if (known.lister.get({ name: namespace })?.status.phase !== 'Active') return done;
    const key = { namespace, name: defaultName };
    if (accounts.lister.get(key) !== undefined) return done;
    try {
      await client.create(serviceAccounts, { metadata: key });
    } catch (error) {
      if (!isAlreadyExists(error) && !isNotFound(error) && !isNamespaceTerminating(error)) throw error;
    }
    return done;
  }

  return new ControllerRunner(
    { clock, log },
    {
      name: 'service-account-controller',
      reconciler: { reconcile },
      sources: [changesOf(known), requestsFrom(accounts, namespaceOfDefault)],
    },
  );
}

function* namespaceOfDefault({ old, current }: Change<ServiceAccount>): Iterable<Request> {
  if (current !== undefined || old?.metadata.name !== defaultName) return;
  yield { namespace: '', name: old.metadata.namespace ?? '' };
}
