import { endpointSlices, services } from '../api/resources.ts';
import { ServiceProxy } from '../host/service-proxy.ts';
import type { Component } from '../machinery/controller.ts';
import type { Informers } from '../machinery/informers.ts';
import type { World } from '../machinery/world.ts';

/** Changes that come together, as in a rollout, are worth one look. */
const settleMs = 20;

/** Keeps the balancer of ClusterIPs in step with Services and their slices. */
export function localServiceProxy(world: World, informers: Informers): Component {
  const proxy = new ServiceProxy(world);
  const serviceInformer = informers.for(services);
  const sliceInformer = informers.for(endpointSlices);
  let isWaiting = false;
  const update = (): void => {
    isWaiting = false;
    proxy.update(serviceInformer.lister.list(), sliceInformer.lister.list());
  };
  const changed = (): void => {
    if (isWaiting) return;
    isWaiting = true;
    world.clock.after(settleMs, update);
  };
  let detach: readonly (() => void)[] = [];
  return {
    name: 'service-proxy',
    async start() {
      detach = [serviceInformer.onChange(changed), sliceInformer.onChange(changed)];
      await Promise.all([serviceInformer.whenSynced(), sliceInformer.whenSynced()]);
    },
    async stop() {
      for (const each of detach) each();
      await proxy.close();
    },
  };
}
