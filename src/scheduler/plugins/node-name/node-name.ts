import type { FilterPlugin } from '../../framework/plugin.ts';

export const nodeName: FilterPlugin = {
  name: 'NodeName',
  filter({ spec }, { metadata }) {
    const wanted = spec.nodeName ?? '';
    return wanted === '' || wanted === metadata.name ? [] : ["node(s) didn't match the requested node name"];
  },
};
