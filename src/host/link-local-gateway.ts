/**
 * What leaves send to in IPv6. Nobody has it as an address, which a permanent neighbour makes possible: an address of its
 * own towards the Pods would be nearer to them than the node's, and masquerading would choose it as source.
 */
export const LINK_LOCAL_GATEWAY = 'fe80::1'
