/** Event reasons (pkg/controller/endpoint). */
export const failedToCreateEndpoint = 'FailedToCreateEndpoint';
export const failedToUpdateEndpoint = 'FailedToUpdateEndpoint';
