import { readFileSync } from 'node:fs'
import { dnsSubdomain } from '../../api/syntax.ts'
import type { Forwarding } from '../../cluster/dns/forwarding.ts'
import { parseUpstream, resolvConfServers, type UpstreamAddress } from '../../cluster/dns/upstream.ts'
import { UsageError, type Context } from '../context.ts'
import { hostsOfFile } from './hosts-file.ts'

/** The values of the three options, whose names begin with `--` and `prefix`. */
export interface ForwardingTexts {
  readonly prefix: '' | 'dns-'
  readonly upstream: readonly string[] | undefined
  readonly stubDomain: readonly string[] | undefined
  readonly hosts: string | undefined
}

/** Throws a UsageError for what is no server and no domain, and for a hosts file that cannot be read. */
export function forwardingOptions(
  { prefix, upstream, stubDomain = [], hosts }: ForwardingTexts,
  context: Context,
): Forwarding {
  const servers =
    upstream?.flatMap((text) => serversOf(text, `--${prefix}upstream`, 'say IP:PORT or none')) ?? hostServers()
  const stubs = new Map<string, readonly UpstreamAddress[]>()
  for (const text of stubDomain) {
    const [name = '', server = ''] = text.split('=', 2)
    const domain = name.toLowerCase().replace(/\.$/, '')
    const wanted = 'say DOMAIN=IP:PORT, such as corp.example=192.0.2.1:53'
    if (dnsSubdomain(domain).length > 0) {
      throw new UsageError(`--${prefix}stub-domain ${JSON.stringify(text)}: ${wanted}`)
    }
    const found = serversOf(server, `--${prefix}stub-domain`, wanted, text)
    stubs.set(`${domain}.`, [...(stubs.get(`${domain}.`) ?? []), ...found])
  }
  return { servers, stubs, ...(hosts === undefined ? {} : { hosts: hostsOfFile(hosts, context) }) }
}

function serversOf(text: string, option: string, wanted: string, whole: string = text): readonly UpstreamAddress[] {
  const servers = parseUpstream(text)
  if (servers === undefined) throw new UsageError(`${option} ${JSON.stringify(whole)}: ${wanted}`)
  return servers
}

function hostServers(): readonly UpstreamAddress[] {
  try {
    return resolvConfServers(readFileSync('/etc/resolv.conf', 'utf8'))
  } catch {
    // A machine without resolver: names that are not the cluster's fail at once.
    return []
  }
}
