import { searchDomains } from './search-path.ts'

/** The /etc/resolv.conf of a Pod in `namespace`: five dots, so that `_port._proto.service.namespace.svc` is still searched. */
export function resolvConf(
  namespace: string,
  config: { readonly clusterDomain: string },
  nameserver: string | readonly string[],
): string {
  const servers = [nameserver].flat().map((address) => `nameserver ${address}\n`)
  return `search ${searchDomains(namespace, config.clusterDomain).join(' ')}\n${servers.join('')}options ndots:5\n`
}
