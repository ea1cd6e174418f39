/** Event reasons (pkg/controller/endpointslice). */
export const failedToUpdateEndpointSlices = 'FailedToUpdateEndpointSlices';
