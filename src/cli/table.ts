/** Left-aligned columns, two spaces apart, as kubectl prints them. Colour codes do not count as width. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = header.map((title, column) =>
    Math.max(...[title, ...rows.map((row) => row[column] ?? '')].map(visibleWidth)),
  );
  return [header, ...rows]
    .map((row) =>
      row
        .map((cell, column) =>
          column === row.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - visibleWidth(cell)),
        )
        .join('   ')
        .trimEnd(),
    )
    .join('\n');
}

// oxlint-disable-next-line no-control-regex -- the escape character is what it looks for
const sgr = /\x1b\[\d+m/g;

const visibleWidth = (text: string): number => text.replaceAll(sgr, '').length;
