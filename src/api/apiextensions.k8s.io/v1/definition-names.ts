import { type FieldError, invalidValue, required } from '../../field-error.ts';
import { dns1035Label } from '../../names.ts';
import type { CustomResourceDefinitionNames } from '../../schema/apiextensions-v1.ts';

const mustHave = ['plural', 'singular', 'kind', 'listKind'] as const;

/** All of a definition's names are there and well (upstream ValidateCustomResourceDefinitionNames). */
export function validateDefinitionNames(names: CustomResourceDefinitionNames, path: string): readonly FieldError[] {
  return [
    ...mustHave.filter((name) => (names[name] ?? '') === '').map((name) => required(`${path}.${name}`)),
    ...validateGivenNames(names, path),
  ];
}

/** Of those that are there. */
export function validateGivenNames(names: CustomResourceDefinitionNames, path: string): readonly FieldError[] {
  const { plural, singular = '', kind, listKind = '', shortNames = [], categories = [] } = names;
  const mixed = 'may have mixed case, but should otherwise match: ';
  const label = (value: string, at: string, prefix = ''): readonly FieldError[] => {
    const wrong = dns1035Label(prefix === '' ? value : value.toLowerCase()).join(',');
    return value === '' || wrong === '' ? [] : [invalidValue(at, value, `${prefix}${wrong}`)];
  };
  const listed = (list: readonly string[], at: string): readonly FieldError[] =>
    list.flatMap((value, index) =>
      dns1035Label(value).length === 0 ? [] : [invalidValue(`${at}[${index}]`, value, dns1035Label(value).join(','))],
    );
  return [
    ...label(plural, `${path}.plural`),
    ...label(singular, `${path}.singular`),
    ...label(kind, `${path}.kind`, mixed),
    ...label(listKind, `${path}.listKind`, mixed),
    ...listed(shortNames, `${path}.shortNames`),
    ...(kind !== '' && kind === listKind
      ? [invalidValue(`${path}.listKind`, listKind, 'kind and listKind may not be the same')]
      : []),
    ...listed(categories, `${path}.categories`),
  ];
}
