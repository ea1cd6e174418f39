/**
 * How a model spells its text, when it is not as people write. A manifest names the form; models without one get
 * and give text as it is.
 */
export interface TextForm {
  /** What people write, as the model knows it. */
  readonly encode: (text: string) => string;
  /** Turns what the model writes into what people read, piece by piece. */
  readonly decoder: () => (piece: string) => string;
}

export type TextFormName = 'as-is' | 'spaced-lower-case';

export const textForms: Readonly<Record<TextFormName, TextForm>> = {
  'as-is': { encode: (text) => text, decoder: () => (piece) => piece },
  'spaced-lower-case': { encode: spacedLowerCase, decoder: closingUp },
};

/** Lower case but for "I", and spaces around punctuation that ends a word; a decimal point stays inside its number. */
function spacedLowerCase(text: string): string {
  return text
    .toLowerCase()
    .replaceAll(/[.,!?;:](?!\d)/g, ' $& ')
    .split(/\s+/)
    .filter((word) => word !== '')
    .map((word) => (word === 'i' ? 'I' : word))
    .join(' ');
}

/** Takes the space before punctuation away. A space is held back until what follows it is known. */
function closingUp(): (piece: string) => string {
  let held = '';
  return (piece) => {
    const text = held + piece;
    const trimmed = text.replace(/ +$/, '');
    held = text.slice(trimmed.length);
    return trimmed.replaceAll(/ +(?=[.,!?;:])/g, '');
  };
}
