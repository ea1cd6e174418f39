/** `AppsV1`, `CoreV1`, `SlipwayDevV1alpha1`, as upstream's operation ids contain the group-version. */
export function groupVersionWord({ group, version }: { readonly group: string; readonly version: string }): string {
  return `${groupParts(group).map(capital).join('')}${capital(version)}`;
}

/** `apps_v1`, `slipwayDev_v1alpha1`. */
export function groupVersionTag({ group, version }: { readonly group: string; readonly version: string }): string {
  const [first = '', ...rest] = groupParts(group);
  return `${first}${rest.map(capital).join('')}_${version}`;
}

export function capital(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** Kubernetes' own groups go by what stands before `.k8s.io`. */
function groupParts(group: string): string[] {
  return (group === '' ? 'core' : group.replace(/\.k8s\.io$/, '')).split(/[.-]/);
}
