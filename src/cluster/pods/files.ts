import { rmSync, writeFileSync } from 'node:fs'
import type { Pod } from '../../api/core.ts'
import { hasUsualDns, podResolvConf, type PodDnsConfig } from '../../dns/pod-dns.ts'
import { podHostname } from '../../model/container-env.ts'

/** What stands for /etc/resolv.conf and /etc/hosts in a Pod. */
export interface PodFiles {
  readonly resolvConf: string
  readonly hosts: string
  /** The kernel's host name in it. */
  readonly hostname: string
  /** What of dnsConfig is left out, a sentence each. */
  readonly problems: readonly string[]
}

/** As the kernel has it, in bytes. */
const LONGEST_HOSTNAME = 64

/** Writes a Pod's files into `directory`. `usual`: the resolv.conf that all Pods of its namespace share. Throws an Error. */
export function writePodFiles(
  directory: string,
  pod: Pod,
  podIPs: readonly string[],
  config: PodDnsConfig,
  usual: string,
): PodFiles {
  const namespace = pod.metadata.namespace ?? 'default'
  const hostname = podHostname(pod)
  const { subdomain = '', setHostnameAsFQDN, hostNetwork } = pod.spec
  const domain = `${namespace}.svc.${config.clusterDomain}`
  const full = subdomain === '' || hostNetwork === true ? '' : `${hostname}.${subdomain}.${domain}`
  if (setHostnameAsFQDN === true && full.length > LONGEST_HOSTNAME) {
    throw new Error(
      `failed to construct FQDN from Pod hostname and cluster domain, FQDN ${full} is too long (${LONGEST_HOSTNAME} characters is the max, ${full.length} characters requested)`,
    )
  }
  const hosts = podFile(directory, pod, 'hosts')
  writeFileSync(hosts, hostsText(pod, podIPs, full === '' ? hostname : `${full}\t${hostname}`))
  const named = setHostnameAsFQDN === true && full !== '' ? full : hostname
  if (hasUsualDns(pod.spec)) return { resolvConf: usual, hosts, hostname: named, problems: [] }
  const { text, problems } = podResolvConf(pod.spec, namespace, config)
  const resolvConf = podFile(directory, pod, 'resolv.conf')
  writeFileSync(resolvConf, text)
  return { resolvConf, hosts, hostname: named, problems }
}

export function removePodFiles(directory: string, pod: Pod): void {
  for (const name of ['hosts', 'resolv.conf'] as const) rmSync(podFile(directory, pod, name), { force: true })
}

function podFile(directory: string, { metadata }: Pod, name: 'hosts' | 'resolv.conf'): string {
  return `${directory}/${metadata.uid ?? `${metadata.namespace}-${metadata.name}`}.${name}`
}

const LOCAL = `# Kubernetes-managed hosts file.
127.0.0.1\tlocalhost
::1\tlocalhost ip6-localhost ip6-loopback
fe00::0\tip6-localnet
fe00::0\tip6-mcastprefix
fe00::1\tip6-allnodes
fe00::2\tip6-allrouters
`

function hostsText({ spec: { hostAliases = [] } }: Pod, podIPs: readonly string[], names: string): string {
  const own = podIPs.map((ip) => `${ip}\t${names}\n`).join('')
  if (hostAliases.length === 0) return `${LOCAL}${own}`
  const aliases = hostAliases.map(({ ip, hostnames = [] }) => `${[ip, ...hostnames].join('\t')}\n`)
  return `${LOCAL}${own}\n# Entries added by HostAliases.\n${aliases.join('')}`
}
