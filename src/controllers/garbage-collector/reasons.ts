/** Event reasons (pkg/controller/garbagecollector). */
export const ownerRefInvalidNamespace = 'OwnerRefInvalidNamespace';
