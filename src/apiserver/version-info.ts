/** The Kubernetes release whose API this is; helm and kubectl decide by it. */
export const kubernetesVersion = '1.36.3';

/** GET /version. Build facts that a checked-out program does not have are left empty. */
export function versionInfo(slipwayVersion: string): object {
  const [major, minor] = kubernetesVersion.split('.');
  return {
    major,
    minor,
    gitVersion: `v${kubernetesVersion}+slipway.${slipwayVersion}`,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: '',
    compiler: '',
    platform: '',
  };
}
