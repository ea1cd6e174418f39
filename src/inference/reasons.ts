/** Event reasons of the operator. */
export const created = 'Created';
export const updated = 'Updated';
export const scaledToZero = 'ScaledToZero';
export const woken = 'Woken';
export const notOurs = 'NotOurs';
