/** Where the numbers of a Scale are in an object. */
export interface ScalePaths {
  readonly specReplicas: readonly string[];
  readonly statusReplicas: readonly string[];
  /** Of the selector: an object (LabelSelector) in built-in kinds, its text in custom ones. */
  readonly selector?: readonly string[] | undefined;
}

export const builtInScalePaths: ScalePaths = {
  specReplicas: ['spec', 'replicas'],
  statusReplicas: ['status', 'replicas'],
  selector: ['spec', 'selector'],
};
