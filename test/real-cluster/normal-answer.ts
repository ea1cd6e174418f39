/** An answer without what differs from run to run: identities, revisions, times, tokens, and what is not tracked here. */
export function normalAnswer(value: unknown): unknown {
  return normal(value, '');
}

function normal(value: unknown, key: string): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => normal(item, key));
    // On updates upstream looks at metadata twice, and says twice what is wrong with it.
    return key === 'causes' ? unique(items) : items;
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value)
        .filter(([name]) => !dropped.has(name))
        // Go writes null for a time or a list that is not there; so does nobody here.
        .filter(([, field]) => field !== null && !(Array.isArray(field) && field.length === 0))
        .map(([name, field]) => [name, normal(field, name)]),
    );
  }
  if (typeof value !== 'string') return value;
  if (key === 'resourceVersion') return 'RV';
  if (key === 'uid') return 'UID';
  if (key === 'continue') return 'TOKEN';
  return value
    .replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g, 'TIME')
    .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, 'UID')
    .replace(/(ResourceVersion in record \()\d+/, '$1RV')
    .replace(/^\d+s$/, 'AGE')
    .replace(/^\d+(\.\d+){3}:\d+$/, 'ADDRESS');
}

function unique(items: readonly unknown[]): readonly unknown[] {
  const texts = items.map((item) => JSON.stringify(item));
  return items.filter((_, index) => texts.indexOf(texts[index]!) === index);
}

/** Ownership of fields is not tracked yet; descriptions are upstream's prose. */
const dropped = new Set(['managedFields', 'description', 'storageVersionHash', 'observedGeneration']);
