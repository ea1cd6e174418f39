/** A metric that cannot be turned into a replica count; the message is the tail of the event's text. */
export class MetricFailure extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'MetricFailure';
  }
}
