/** By itself, because whoever starts a network reads the file before anything else of DNS is loaded. */
export { parseHosts, type Hosts } from '../../dns/hosts.ts'
