import { cutMachine, readMachine } from '../host/machine.ts';
import { systemNetworkProber } from '../host/network-prober.ts';
import type { ProcessRuntime } from '../host/process-runtime/process-runtime.ts';
import { slipwayVersion } from '../host/version.ts';
import type { Informers } from '../machinery/informers.ts';
import type { World } from '../machinery/world.ts';
import { NodeAgent } from '../node/agent.ts';
import { processTierErrors } from '../node/process-tier.ts';

export interface LocalNodesOptions {
  readonly names: readonly string[];
  readonly runtime: ProcessRuntime;
}

/** The kubelet's default of --max-pods. */
const maxPods = 110;

/** This machine, cut into nodes of equal size. */
export function localNodes(
  world: World,
  informers: Informers,
  { names, runtime }: LocalNodesOptions,
): readonly NodeAgent[] {
  const machine = readMachine();
  const shares = cutMachine(machine, names.length);
  return names.map((name, index) => {
    const { cpuMillis, memoryBytes } = shares[index] ?? machine;
    return new NodeAgent(world, informers, {
      node: {
        name,
        address: '127.0.0.1',
        capacity: { cpu: `${cpuMillis}m`, memory: `${Math.floor(memoryBytes / 1024)}Ki`, pods: String(maxPods) },
        system: {
          machineID: machine.machineID,
          systemUUID: machine.machineID,
          bootID: machine.bootID,
          kernelVersion: machine.kernelVersion,
          osImage: machine.osImage,
          operatingSystem: 'linux',
          architecture: machine.architecture,
        },
        kubeletVersion: `v1.36.3+slipway.${slipwayVersion}`,
      },
      runtime: runtime.forNode(name),
      network: systemNetworkProber,
      unsupported: (pod) => processTierErrors(pod.spec),
    });
  });
}
