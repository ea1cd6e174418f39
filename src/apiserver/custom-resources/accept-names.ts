import type {
  CustomResourceDefinition,
  CustomResourceDefinitionCondition,
  CustomResourceDefinitionNames,
} from '../../api/schema/apiextensions-v1.ts';

export interface NamesDecision {
  readonly acceptedNames: CustomResourceDefinitionNames;
  readonly condition: CustomResourceDefinitionCondition;
}

/**
 * Which of the names that a definition asks for it may have: those that no other definition of its group has
 * (apiextensions-apiserver pkg/controller/status/naming_controller.go).
 */
export function acceptNames(
  definition: CustomResourceDefinition,
  others: readonly CustomResourceDefinition[],
): NamesDecision {
  const inGroup = others.filter(
    ({ spec, metadata }) => spec.group === definition.spec.group && metadata.name !== definition.metadata.name,
  );
  const resources = new Set(
    inGroup.flatMap(
      ({
        status: {
          acceptedNames: { plural, singular = '', shortNames = [] },
        },
      }) => [plural, singular, ...shortNames],
    ),
  );
  const kinds = new Set(
    inGroup.flatMap(
      ({
        status: {
          acceptedNames: { kind, listKind = '' },
        },
      }) => [kind, listKind],
    ),
  );
  const wanted = definition.spec.names;
  const had = definition.status.acceptedNames;
  let problem: { readonly reason: string; readonly message: string } | undefined;
  const accept = (asked: string, before: string, used: ReadonlySet<string>, reason: string): string => {
    if (asked === before || !used.has(asked)) return asked;
    problem = { reason, message: `${JSON.stringify(asked)} is already in use` };
    return before;
  };
  const plural = accept(wanted.plural, had.plural, resources, 'PluralConflict');
  const singular = accept(wanted.singular ?? '', had.singular ?? '', resources, 'SingularConflict');
  const taken = (wanted.shortNames ?? []).filter(
    (name) => had.shortNames?.includes(name) !== true && resources.has(name),
  );
  if (taken.length > 0) {
    const all = taken.map((name) => `${JSON.stringify(name)} is already in use`);
    problem = { reason: 'ShortNamesConflict', message: all.length === 1 ? all[0]! : `[${all.join(', ')}]` };
  }
  const shortNames = taken.length > 0 ? had.shortNames : wanted.shortNames;
  const kind = accept(wanted.kind, had.kind, kinds, 'KindConflict');
  const listKind = accept(wanted.listKind ?? '', had.listKind ?? '', kinds, 'ListKindConflict');
  return {
    acceptedNames: {
      plural,
      ...(singular === '' ? {} : { singular }),
      ...(shortNames === undefined ? {} : { shortNames }),
      kind,
      ...(listKind === '' ? {} : { listKind }),
      ...(wanted.categories === undefined ? {} : { categories: wanted.categories }),
    },
    condition:
      problem === undefined
        ? { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' }
        : { type: 'NamesAccepted', status: 'False', ...problem },
  };
}
