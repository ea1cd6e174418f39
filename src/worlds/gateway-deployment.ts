import type { Deployment } from '../api/schema/apps-v1.ts';
import type { Draft } from '../api/schema/draft.ts';

export const systemNamespace = 'slipway-system';
export const gatewayName = 'slipway-gateway';

export interface GatewayDeploymentOptions {
  /** Path of a kubeconfig that the gateway's process can read. */
  readonly kubeconfig: string;
  readonly port: number;
  /** Of the API server: another one needs another gateway process. */
  readonly server: string;
}

/**
 * The gateway as a Deployment like any other, so that probes, restarts and re-adoption are the node agent's.
 * It shares the node's address: its port is the one that users know. Recreate, since two cannot hold one port.
 */
export function gatewayDeployment({ kubeconfig, port, server }: GatewayDeploymentOptions): Draft<Deployment> {
  const labels = { 'app.kubernetes.io/name': gatewayName };
  const health = (periodSeconds: number, failureThreshold: number) => ({
    httpGet: { path: '/health', port, host: '127.0.0.1' },
    periodSeconds,
    failureThreshold,
    timeoutSeconds: 2,
  });
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: gatewayName, namespace: systemNamespace, labels },
    spec: {
      replicas: 1,
      strategy: { type: 'Recreate' },
      selector: { matchLabels: labels },
      template: {
        metadata: {
          labels,
          annotations: {
            'slipway.dev/api-server': server,
            'prometheus.io/scrape': 'true',
            'prometheus.io/port': String(port),
            'slipway.dev/metrics-on-loopback': 'true',
          },
        },
        spec: {
          hostNetwork: true,
          terminationGracePeriodSeconds: 10,
          containers: [
            {
              name: 'gateway',
              image: 'slipway/gateway',
              args: ['--kubeconfig', kubeconfig, '--listen', `127.0.0.1:${port}`],
              ports: [{ name: 'http', containerPort: port, hostPort: port, protocol: 'TCP' }],
              resources: { requests: { cpu: '100m', memory: '128Mi' } },
              // A gateway that is busy is not a gateway that is dead: only a long silence restarts it.
              readinessProbe: health(1, 3),
              livenessProbe: health(10, 6),
            },
          ],
        },
      },
    },
  };
}
